// SPDX-License-Identifier: MIT
#pragma once
// One line to standard output or standard error, truncated if it is too long.

#include <string_view>

#include "base/bytes.h"
#include "base/errno_text.h"
#include "rt/output.h"

namespace minhttp::app {

class Message {
 public:
  // fd: -1: no output is wanted. begin: what the line begins with.
  explicit Message(int fd, std::string_view begin = {});
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;
  ~Message(); // prints the line, or drops it if nobody reads: no client waits for a reader of messages
  // Control bytes become '?': a name may contain control sequences for a terminal.
  Message& operator<<(std::string_view text);
  Message& operator<<(const char* text);
  Message& operator<<(uint64_t number);

 private:
  int fd_;
  char line_[1024];
  Writer out_;
};

// A line that begins with the name of this program, as those of errors and warnings do: in a journal or a container's
// log it stands among the lines of others.
Message named_message(int fd);

} // namespace minhttp::app
