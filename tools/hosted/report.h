// SPDX-License-Identifier: MIT
#pragma once
// What the hosted programs say when something is wrong: minhttp-pack and minhttps-acme.

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace minhttp::hosted {

// Ends the program with a line on standard error, and with this status.
class Failure : public std::runtime_error {
 public:
  explicit Failure(const std::string& why, int status = 1) : std::runtime_error(why), status_(status) {}
  int status() const { return status_; } // 1: something is wrong with the files or the machine; 2: wrong usage

 private:
  int status_;
};

// text with bytes that a terminal could interpret written as \x1b, cut off behind max bytes. Bytes of UTF-8 stay.
std::string printable(std::string_view text, size_t max = std::string_view::npos);

// "what: why", with the words of errno for why.
std::string with_errno(const std::string& what);

} // namespace minhttp::hosted
