// SPDX-License-Identifier: MIT
#pragma once
// While it lives, the process is somebody without rights: to root, no file is unreadable.

#include <unistd.h>

#include <stdexcept>

namespace minhttp::test {

class Nobody {
 public:
  Nobody() : was_(geteuid()) {
    constexpr uid_t nobody = 65534;
    if (was_ == 0 && seteuid(nobody) != 0) throw std::runtime_error("seteuid");
  }
  ~Nobody() {
    if (seteuid(was_) != 0) std::abort();
  }
  Nobody(const Nobody&) = delete;
  Nobody& operator=(const Nobody&) = delete;

 private:
  uid_t was_;
};

} // namespace minhttp::test
