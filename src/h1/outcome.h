// SPDX-License-Identifier: MIT
#pragma once
// A parser's result for the bytes so far: done, more are needed, or rejected.

#include <cstddef>
#include <cstdint>

#include "http/refusal.h"

namespace minhttp::h1 {

struct Outcome {
  enum class Kind : uint8_t { done, more, reject };
  Kind kind;
  http::Refusal refusal; // for reject
  size_t length;         // bytes consumed

  static constexpr Outcome done(size_t length) { return {Kind::done, http::Refusal::none, length}; }
  static constexpr Outcome more(size_t length = 0) { return {Kind::more, http::Refusal::none, length}; }
  static constexpr Outcome reject(http::Refusal refusal) { return {Kind::reject, refusal, 0}; }

  constexpr http::Status status() const { return http::status_of(refusal); }
  constexpr bool operator==(const Outcome&) const = default;
};

} // namespace minhttp::h1
