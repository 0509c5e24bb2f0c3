// SPDX-License-Identifier: MIT
// Request bodies. The first two bytes say framing, limit and pieces; the rest is the body
// with whatever comes behind it.

#include <cstdint>
#include <vector>

#include "fuzz/cost.h"
#include "fuzz/demand.h"
#include "h1/body.h"
#include "tables/limits.h"

namespace {

using minhttp::fuzz::demand;
using minhttp::h1::BodyProgress;
using minhttp::h1::Outcome;

struct Dropped {
  Outcome::Kind kind = Outcome::Kind::more;
  minhttp::http::Refusal refusal = minhttp::http::Refusal::none;
  size_t used = 0; // of a body that is done

  bool operator==(const Dropped&) const = default;
};

Dropped drop(std::string_view input, size_t step, BodyProgress progress, uint64_t limit) {
  size_t used = 0;
  minhttp::test::Cost cost;
  for (size_t end = 0, calls = 1;; end = std::min(end + step, input.size()), calls++) {
    // A copy of the exact size: AddressSanitizer sees a byte too far.
    std::vector<char> copy(input.begin() + static_cast<long>(used), input.begin() + static_cast<long>(end));
    Outcome outcome = minhttp::h1::drop_body({copy.data(), copy.size()}, progress, limit);
    minhttp::fuzz::check_cost(step == 1 ? "body, byte by byte" : "body", end, minhttp::test::bound::body(end, calls));
    if (outcome.kind == Outcome::Kind::reject) return {outcome.kind, outcome.refusal, 0};
    demand(outcome.length <= copy.size(), "no more is used up than is there");
    used += outcome.length;
    if (outcome.kind == Outcome::Kind::done) return {outcome.kind, outcome.refusal, used};
    demand(end - used < minhttp::limits::body_window, "what waits for more has room for it");
    if (end == input.size()) return {};
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  size_t step = 1 + data[1];
  uint64_t limit = (data[0] & 2) != 0 ? 64 : minhttp::limits::body_max;
  minhttp::http::Request request;
  request.framing = (data[0] & 1) != 0 ? minhttp::http::Framing::length : minhttp::http::Framing::chunked;
  request.content_length = 1 + (data[0] >> 2);
  std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);

  BodyProgress start = minhttp::h1::start_body(request);
  Dropped expected = drop(input, input.size() + 1, start, limit);
  demand(drop(input, step, start, limit) == expected, "the same in pieces");
  if (input.size() < 4096) demand(drop(input, 1, start, limit) == expected, "the same byte by byte");
  return 0;
}
