// SPDX-License-Identifier: MIT
#pragma once
// A file descriptor with one owner, and closed with it.

#include "sys/call.h"

namespace minhttp::sys {

class Fd {
 public:
  constexpr Fd() = default;
  explicit constexpr Fd(int number) : number_(number) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  constexpr Fd(Fd&& other) noexcept : number_(other.release()) {}
  constexpr Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      close();
      number_ = other.release();
    }
    return *this;
  }
  constexpr ~Fd() { close(); }

  constexpr bool open() const { return number_ >= 0; }
  constexpr int number() const { return number_; }
  constexpr int release() {
    int number = number_;
    number_ = -1;
    return number;
  }
  // close(2). Its error is ignored: the descriptor is gone in any case, and nothing that we write to reports a loss
  // only at its close.
  constexpr void close() {
    if (number_ >= 0) (void)call(Call::close, release());
  }

 private:
  int number_ = -1;
};

} // namespace minhttp::sys
