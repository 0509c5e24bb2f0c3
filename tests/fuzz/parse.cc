// SPDX-License-Identifier: MIT
// Request heads: the same verdict and the same request in one piece, byte by byte, and in
// pieces of a size that the first byte says. Views must point into the input. And the fast
// way of finding a run's end agrees with the plain one.

#include <cstdint>

#include "fuzz/cost.h"
#include "fuzz/demand.h"
#include "http/scan.h"
#include "tables/limits.h"
#include "unit/h1/parsed.h"

namespace {

using minhttp::fuzz::demand;
using minhttp::h1::Outcome;
using minhttp::test::Parsed;

void demand_inside(std::string_view view, std::string_view input) {
  // "/" of an absolute target without a path is the parser's own.
  if (view.empty() || view == "/") return;
  demand(view.data() >= input.data() && view.data() + view.size() <= input.data() + input.size(),
         "a view of the input");
}

// Runs of a class end where the plain way says.
template <minhttp::http::Class kind>
void demand_run(std::string_view input, size_t from) {
  demand(minhttp::http::skip<kind>(input, from) == minhttp::http::skip_plain<kind>(input, from), "the same run");
}

std::vector<size_t> every(size_t step, size_t size) {
  std::vector<size_t> places;
  for (size_t at = 0; at < size; at += step) places.push_back(at);
  return places;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  size_t step = 1 + data[0];
  // A copy of the exact size: AddressSanitizer sees a byte too far.
  std::vector<char> copy(data + 1, data + size);
  std::string_view input(copy.data(), copy.size());

  using minhttp::http::Class;
  for (size_t from = 0; from <= input.size() && from < 64; from++) {
    demand_run<Class::token>(input, from);
    demand_run<Class::field>(input, from);
    demand_run<Class::target>(input, from);
    demand_run<Class::path>(input, from);
    demand_run<Class::host>(input, from);
  }

  minhttp::h1::Progress progress;
  minhttp::http::Request request;
  minhttp::test::Cost cost;
  Outcome outcome = minhttp::h1::parse_head(input, progress, request);
  minhttp::fuzz::check_cost("head", input.size(), minhttp::test::bound::head(input.size()));
  demand(outcome.length <= input.size(), "no more is used up than is there");
  demand(outcome.kind != Outcome::Kind::done || outcome.length <= minhttp::limits::head_max, "heads are bounded");
  for (std::string_view view :
       {request.line, request.path, request.query, request.host, request.range, request.if_range,
        request.if_modified_since, request.if_unmodified_since, request.fields}) {
    demand_inside(view, input);
  }
  if (outcome.kind == Outcome::Kind::done) {
    demand(request.path.empty() || request.path[0] == '/', "a path begins with a slash");
    demand(request.query.empty() || request.query[0] == '?', "a query with its mark");
    demand(request.minor == 0 || !request.host.empty(), "HTTP/1.1 has a host");
  }

  Parsed expected = {outcome, minhttp::test::describe(request)};
  demand(minhttp::test::parse_in_pieces(input, every(step, input.size())) == expected, "the same in pieces");
  cost = {};
  Parsed bytes = minhttp::test::parse_in_pieces(input, every(1, input.size()));
  minhttp::fuzz::check_cost("head, byte by byte", input.size(),
                            minhttp::test::bound::head(input.size(), input.size() + 1));
  demand(bytes == expected, "the same byte by byte");
  return 0;
}
