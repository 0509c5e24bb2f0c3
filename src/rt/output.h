// SPDX-License-Identifier: MIT
#pragma once
// Writes to standard output and standard error without ever waiting for their readers: the log, every message, and the
// last words of a panic go through here.

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "sys/fd.h"

namespace minhttp::rt {

// Finds out what descriptors 1 and 2 are, and prepares them for writing without blocking. Call it once, while
// descriptors 0 to 2 are all open, before the user changes and before the sandbox is closed. It never fails: for a
// descriptor that cannot be prepared, poll is asked before each write.
void prepare_output();

// From now on standard output is this open file: one that was opened for us alone, so that writing never waits.
void replace_output(sys::Fd&& file);

// From now on a write to fd waits for its reader: for commands that only print (--help, check).
void wait_for_reader(int fd);

// The most bytes that one write may have. Up to PIPE_BUF, a pipe takes all of them or nothing.
size_t write_max(int fd);

// Writes at most write_max(fd) bytes of text; returns how many were taken. EAGAIN: there is no room now.
Result<size_t> write_without_blocking(int fd, std::string_view text);

// Writes all of text, or drops what does not fit.
void print(int fd, std::string_view text);

} // namespace minhttp::rt
