// SPDX-License-Identifier: MIT
#pragma once
// One line to standard output or standard error, truncated if it is too long.

#include <string_view>

#include "base/bytes.h"
#include "rt/output.h"

namespace minhttp::app {

class Message {
 public:
  explicit Message(int fd) : fd_(fd), out_({line_, sizeof line_ - 1}) {}
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;
  ~Message() {
    if (fd_ < 0) return; // no output is wanted
    line_[out_.size()] = '\n';
    rt::say(fd_, {line_, out_.size() + 1}); // dropped if nobody reads: no client waits for a reader of messages
  }
  Message& operator<<(std::string_view text) {
    for (char c : text) {
      if (out_.room() == 0) break;
      bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
      out_.byte(control ? '?' : c); // a name may contain control sequences for a terminal
    }
    return *this;
  }
  Message& operator<<(uint64_t number) {
    char digits[20];
    Writer writer(digits);
    writer.decimal(number);
    return *this << writer.view();
  }

 private:
  int fd_;
  char line_[1024];
  Writer out_;
};

// The text of an error, from tables/errno.def.
std::string_view words(Errno error);

} // namespace minhttp::app
