// SPDX-License-Identifier: MIT
#pragma once
// One line to standard output or standard error, cut where it is too long.

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
    if (fd_ < 0) return; // to nobody
    line_[out_.size()] = '\n';
    rt::say(fd_, {line_, out_.size() + 1}); // dropped where nobody reads: no client waits for a reader
  }
  Message& operator<<(std::string_view text) {
    for (char c : text) {
      if (out_.room() == 0) break;
      bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
      out_.byte(control ? '?' : c); // a name may hold what a terminal would obey
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

// What an error is, in the words of tables/errno.def.
std::string_view words(Errno error);

} // namespace minhttp::app
