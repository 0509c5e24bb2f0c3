// SPDX-License-Identifier: MIT
#include "app/sandbox.h"

#include "app/log_file.h"
#include "app/message.h"
#include "app/protected_path.h"
#include "guard/filter.h"
#include "guard/guard.h"
#include "sys/file.h"
#include "sys/process.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

int fail(Text what, Errno error) {
  named_message(2) << "sandbox: cannot " << what << ": " << describe(error)
                   << "; --sandbox off starts without protection";
  return 1;
}

bool is_required(const Config& config) { return config.sandbox == static_cast<uint64_t>(Protection::require); }

} // namespace

uint16_t Sandbox::phases() const {
  using namespace guard;
  unsigned phases = is_plain(config_) ? PLAIN : EPOLL;
  if (config_.is_secure()) phases |= TLS;
  if (config_.has_site()) phases |= SITE;
  if (config_.has_files()) phases |= FILES;
  if (config_.auth.count > 0) phases |= PASSWORDS;
  if (config_.listing && config_.has_files()) phases |= LISTING;
  if (!config_.hosts.empty()) phases |= HOSTS;
  for (const site::Site& site : setup_.server().context.sites.all) {
    if (site.files.walks()) phases |= WALK; // if one does, all do: the kernel lacks openat2
  }
  return static_cast<uint16_t>(phases);
}

// Allows the sites, and for SIGHUP the directory of hosts and the password files.
Result<int> Sandbox::limit_files() {
  std::array<int, limits::hosts_max + 1 + limits::previous_max> directories;
  size_t directory_count = 0;
  for (const site::Site& site : setup_.server().context.sites.all) {
    if (site.files.pack() != nullptr) break;
    directories[directory_count++] = site.files.root();
    for (const site::Files& files : site.previous) {
      if (files.is_open()) directories[directory_count++] = files.root();
    }
  }
  sys::Fd hosts;
  if (!config_.hosts.empty()) {
    auto opened = sys::openat(AT_FDCWD, config_.hosts.data(), O_PATH | O_DIRECTORY);
    if (opened.ok()) { // missing at the moment; only SIGHUP needs it, and the rest of the sandbox must be built
      hosts = sys::Fd(opened.value());
      directories[directory_count++] = hosts.number();
    }
  }
  std::array<sys::Fd, limits::guarded_max> secrets;
  std::array<int, limits::guarded_max> files;
  size_t file_count = 0;
  for (uint32_t i = 0; i < config_.auth.count; i++) {
    auto opened = sys::openat(AT_FDCWD, parse_auth_option(config_.auth.texts[i]).file.data(), O_PATH);
    if (!opened.ok()) continue; // it was read already; if it is gone, SIGHUP will report that
    secrets[file_count] = sys::Fd(opened.value());
    struct statx facts = {};
    bool file = sys::fstat(opened.value(), facts).ok() && (facts.stx_mode & sys::abi::type_mask) == sys::abi::type_file;
    if (file) files[file_count++] = opened.value(); // Landlock cannot allow a pipe, nor can it be read again
  }
  guard::Readable readable = {{directories.data(), directory_count}, {files.data(), file_count}};
  return guard::limit_files(&readable);
}

std::optional<int> Sandbox::report(const Result<int>& landlock, const Result<>& filter) const {
  bool whole = landlock.ok() && filter.ok();
  bool required = is_required(config_);
  bool walks = (phases() & guard::WALK) != 0;
  bool complete = landlock.ok() && landlock.value() >= guard::landlock_complete;
  if (whole && complete && !walks) return {};
  Message message = named_message(2);
  message << (required && !whole ? "--sandbox require"sv : "sandbox"sv) << ": this system has ";
  if (!filter.ok()) {
    message << "no seccomp filter (" << describe(filter.error()) << "), so any system call can be made";
    if (!complete || walks) message << "; and ";
  }
  if (!landlock.ok()) {
    message << "no Landlock (" << describe(landlock.error()) << "), so that only "
            << (walks ? "this program"sv : "openat2"sv) << " keeps names inside the site";
  } else if (!complete) {
    message << "Landlock " << static_cast<uint64_t>(landlock.value()) << ", which limits files, not "
            << (landlock.value() < 4 ? "TCP (4) or signals (6)"sv : "signals (6)"sv);
    if (filter.ok()) message << "; the filter of system calls forbids those anyway";
    // O_TRUNC is a flag in memory that openat2 is given a pointer to, where a seccomp filter cannot see it.
    if (landlock.value() < 3) message << "; files of the site that this user may write could be emptied (3)";
  }
  if (walks)
    message << (complete ? ""sv : "; and "sv) << "no openat2, so that each directory of a name is opened by itself";
  if (whole || !required) return {};
  return 1;
}

std::optional<int> Sandbox::enter() {
  if (!is_fenced(config_)) return {};
  auto given_up = guard::give_up_rights();
  if (!given_up.ok()) return fail("give up rights"sv, given_up.error());
  auto landlock = limit_files();
  auto filter = guard::limit_calls(phases(), nullptr);
  return report(landlock, filter);
}

std::optional<int> Sandbox::enter_as_supervisor() {
  if (!is_fenced(config_)) return {};
  auto given_up = guard::give_up_rights();
  if (!given_up.ok()) return fail("give up rights"sv, given_up.error());
  sys::Fd logs;
  if (!config_.log_file.empty()) {
    char name[limits::path_max];
    auto opened = sys::openat(AT_FDCWD, log_directory(config_, name), O_PATH | O_DIRECTORY);
    if (opened.ok()) logs = sys::Fd(opened.value());
  }
  auto landlock = guard::limit_files(nullptr, logs.number());
  unsigned phases = this->phases() | guard::SUPERVISE | guard::WORKER;
  if (!config_.log_file.empty()) phases |= guard::LOG_FILE;
  if (!config_.config_file.empty()) phases |= guard::CONFIG_FILE;
  auto filter = guard::limit_calls(static_cast<uint16_t>(phases), nullptr);
  return report(landlock, filter);
}

std::optional<int> Sandbox::enter_as_worker(SharedWord& refused) {
  if (!is_fenced(config_)) return {};
  auto alone = sys::set_limit(sys::abi::rlimit_nproc, 0);
  if (!alone.ok()) return fail("forbid processes to a worker"sv, alone.error());
  auto landlock = limit_files();
  auto filter = guard::limit_calls(static_cast<uint16_t>(phases() | guard::WORKER), &refused);
  bool require = is_required(config_);
  if (require && !landlock.ok()) return fail("limit a worker's files"sv, landlock.error());
  if (require && !filter.ok()) return fail("limit a worker's system calls"sv, filter.error());
  return {};
}

} // namespace minhttp::app
