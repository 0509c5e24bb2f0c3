// SPDX-License-Identifier: MIT
#pragma once
// --log-file: the file takes the place of standard output.

#include <optional>

#include "app/config.h"

namespace minhttp::app {

// Opens the file, after the server has become its user. Nothing: continue. Else the exit status, after a message.
std::optional<int> open_log_file(const Config& config);

// SIGUSR1, in the supervisor: opens it again, as it may have been renamed. If that fails, a message says why, and the
// old file stays, and it returns false.
bool reopen_log_file(const Config& config);

// The directory of the file, for the sandbox: name is a buffer for its path, which ends with a NUL.
const char* log_directory(const Config& config, std::span<char> name);

} // namespace minhttp::app
