// SPDX-License-Identifier: MIT
#pragma once
// Why a request is refused, from tables/refusals.def: more exact than its status.

#include <array>
#include <cstdint>
#include <string_view>

#include "http/status.h"

namespace minhttp::http {

enum class Refusal : uint8_t {
  none,
#define REFUSAL(name, status, text) name,
#include "tables/refusals.def"
#undef REFUSAL
};

// The status of each refusal; of none, 200.
constexpr auto refusal_statuses = std::to_array<Status>({
    Status::ok,
#define REFUSAL(name, status, text) Status::status,
#include "tables/refusals.def"
#undef REFUSAL
});

constexpr Status status_of(Refusal refusal) { return refusal_statuses[static_cast<size_t>(refusal)]; }

// The first refusal with this status; none: it is no status of a refusal.
constexpr Refusal refusal_of(Status status) {
  if (static_cast<uint16_t>(status) < 400) return Refusal::none;
  for (size_t i = 1; i < refusal_statuses.size(); i++) {
    if (refusal_statuses[i] == status) return static_cast<Refusal>(i);
  }
  return Refusal::none;
}

#define STATUS(code, name, reason) \
  static_assert((code) < 400 || refusal_of(Status::name) != Refusal::none, "a row of tables/refusals.def is missing");
#include "tables/status.def"
#undef STATUS

// "malformed-field", as in the access log; empty for none.
constexpr std::string_view refusal_text(Refusal refusal) {
  switch (refusal) {
    case Refusal::none: break;
#define REFUSAL(name, status, text) \
  case Refusal::name:               \
    return text;
#include "tables/refusals.def"
#undef REFUSAL
  }
  return {};
}

} // namespace minhttp::http
