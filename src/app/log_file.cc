// SPDX-License-Identifier: MIT
#include "app/log_file.h"

#include "app/message.h"
#include "app/options.h"
#include "rt/output.h"
#include "sys/file.h"
#include "sys/process.h"

namespace minhttp::app {
namespace {

bool fail(const Config& config, Errno error, std::string_view consequence) {
  named_message(2) << setting(config, "--log-file"sv) << " " << config.log_file << ": " << describe(error)
                   << consequence;
  return false;
}

// Appends, so that lines of several processes never overwrite each other.
Result<> replace(Result<int> opened) {
  rt::replace_output(sys::Fd(TRY(opened)));
  return {};
}

} // namespace

std::optional<int> open_log_file(const Config& config) {
  if (config.log_file.empty()) return {};
  const char* name = config.log_file.data();
  auto opened = replace(sys::open_log(name));
  if (opened.is(Errno::ENOSYS_) || opened.is(Errno::EPERM_)) opened = replace(sys::open_log_at_start(name));
  if (opened.ok()) return {};
  fail(config, opened.error(), "; the user that the server runs as must be able to write there"sv);
  return 1;
}

bool reopen_log_file(const Config& config) {
  auto opened = replace(sys::open_log(config.log_file.data()));
  return opened.ok() || fail(config, opened.error(), "; the log goes on in the old file"sv);
}

const char* log_directory(const Config& config, std::span<char> name) {
  size_t slash = config.log_file.size();
  while (slash > 0 && config.log_file[slash - 1] != '/') slash--;
  if (slash == 0) return ".";
  Writer(name).text(take(config.log_file, slash)).byte('\0');
  return name.data();
}

} // namespace minhttp::app
