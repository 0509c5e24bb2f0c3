// SPDX-License-Identifier: MIT
#include "app/user.h"

#include "app/message.h"
#include "app/options.h"
#include "base/number.h"
#include "sys/confine.h"
#include "sys/file.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

constexpr const char* passwd_file = "/etc/passwd";

std::optional<uint32_t> id_of(Text text) {
  auto number = parse_decimal(text);
  if (!number || *number >= UINT32_MAX) return {}; // for setresuid(2) this means "unchanged"
  return static_cast<uint32_t>(*number);
}

// Reads as much of the file as fits.
Result<size_t> read_passwd(std::span<char> to) {
  sys::Fd fd(TRY(sys::openat(AT_FDCWD, passwd_file, O_NONBLOCK)));
  size_t used = 0;
  while (used < to.size()) {
    size_t count = TRY(sys::read(fd.number(), to.data() + used, to.size() - used));
    if (count == 0) break;
    used += count;
  }
  return used;
}

// Not inlined, or the text would occupy the stack as long as we serve. With a small limit (ulimit -s, ulimit -v), a
// request that needs more stack would end the process.
[[gnu::noinline]] std::optional<User> named(Text name, Text what) {
  if (auto numbers = parse_user(name)) return numbers;
  char text[limits::passwd_max];
  auto size = read_passwd(text);
  if (size.ok()) {
    if (auto found = find_user({text, size.value()}, name)) return found;
  }
  Message message = named_message(2);
  message << "the user of " << what << " " << name << ": ";
  if (size.ok()) {
    message << "no such user in " << passwd_file;
  } else {
    message << passwd_file << ": " << describe(size.error());
  }
  message << "; a number always works";
  return {};
}

Result<> change_to(const User& user, uint64_t kept) {
  TRY(sys::keep_capabilities());
  TRY(sys::set_groups({}));
  TRY(sys::set_group(user.group));
  TRY(sys::set_user(user.user));
  return sys::set_capabilities(kept);
}

} // namespace

std::optional<User> parse_user(Text text) {
  Text rest = text;
  auto user = id_of(take_until(rest, ':'));
  if (!user) return {};
  auto group = find(text, ':') == text.size() ? user : id_of(rest);
  if (!group) return {};
  return User{.user = *user, .group = *group};
}

std::optional<User> find_user(Text passwd, Text name) {
  while (!passwd.empty()) {
    Text line = take_until(passwd, '\n');
    if (!equal(take_until(line, ':'), name)) continue;
    take_until(line, ':'); // skips the password
    auto user = id_of(take_until(line, ':'));
    auto group = id_of(take_until(line, ':'));
    if (!user || !group) return {};
    return User{.user = *user, .group = *group};
  }
  return {};
}

std::optional<User> look_up_user(Text name, Text what) { return named(name, what); }

std::optional<int> become_user(const Config& config, uint64_t kept) {
  if (config.user.empty()) return {};
  auto user = named(config.user, "--user"sv);
  if (!user) return 2;
  sys::Capabilities had;
  auto changed = sys::get_capabilities(had);
  if (changed.ok()) changed = change_to(*user, had.permitted & kept);
  if (changed.ok()) return {};
  named_message(2) << setting(config, "--user"sv) << " " << config.user << ": " << describe(changed.error())
                   << "; only root can switch users";
  return 1;
}

} // namespace minhttp::app
