// SPDX-License-Identifier: MIT
#pragma once
// In tests a CHECK that fails is an exception: a test can expect it, and any other test
// that meets one fails.

#include <stdexcept>

namespace minhttp::test {

struct Panic : std::logic_error {
  using std::logic_error::logic_error;
};

} // namespace minhttp::test
