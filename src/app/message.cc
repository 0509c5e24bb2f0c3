// SPDX-License-Identifier: MIT
#include "app/message.h"

#include "tables/program.h"

namespace minhttp::app {

Message::Message(int fd, std::string_view begin) : fd_(fd), out_({line_, sizeof line_ - 1}) { out_.text(begin); }

Message::~Message() {
  if (fd_ < 0) return;
  line_[out_.size()] = '\n';
  rt::print(fd_, {line_, out_.size() + 1});
}

Message& Message::operator<<(std::string_view text) {
  for (char c : text) {
    if (out_.room() == 0) break;
    bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    out_.byte(control ? '?' : c);
  }
  return *this;
}

Message& Message::operator<<(const char* text) { return *this << std::string_view(text); }

Message& Message::operator<<(uint64_t number) {
  char digits[20];
  return *this << Writer(digits).decimal(number).view();
}

Message named_message(int fd) { return Message(fd, MINHTTP_NAME ": "sv); }

} // namespace minhttp::app
