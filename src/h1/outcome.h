// SPDX-License-Identifier: MIT
#pragma once
// A parser's result for the bytes so far: done, more are needed, or rejected.

#include <cstddef>
#include <cstdint>

#include "http/status.h"

namespace minhttp::h1 {

struct Outcome {
  enum class Kind : uint8_t { done, more, reject };
  Kind kind;
  http::Status status; // for reject
  size_t length;       // bytes consumed

  static constexpr Outcome done(size_t length) { return {Kind::done, http::Status::ok, length}; }
  static constexpr Outcome more(size_t length = 0) { return {Kind::more, http::Status::ok, length}; }
  static constexpr Outcome reject(http::Status status) { return {Kind::reject, status, 0}; }
  constexpr bool operator==(const Outcome&) const = default;
};

} // namespace minhttp::h1
