// Request heads: the same verdict and the same request in one piece, byte by byte, and in
// pieces of a size that the first byte says. Views must point into the input.

#include <cstdint>

#include "fuzz/demand.h"
#include "tables/limits.h"
#include "unit/http/parsed.h"

namespace {

using minhttp::fuzz::demand;
using minhttp::http::Outcome;
using minhttp::test::Parsed;

void demand_inside(std::string_view view, std::string_view input) {
  // "/" of an absolute target without a path is the parser's own.
  if (view.empty() || view == "/") return;
  demand(view.data() >= input.data() && view.data() + view.size() <= input.data() + input.size(),
         "a view of the input");
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

  minhttp::http::Progress progress;
  minhttp::http::Request request;
  Outcome outcome = minhttp::http::parse_head(input, progress, request);
  demand(outcome.length <= input.size(), "no more is used up than is there");
  demand(outcome.kind != Outcome::Kind::done || outcome.length <= minhttp::limits::head_max, "heads are bounded");
  for (std::string_view view :
       {request.line, request.path, request.query, request.host, request.range, request.if_range}) {
    demand_inside(view, input);
  }
  if (outcome.kind == Outcome::Kind::done) {
    demand(request.path.empty() || request.path[0] == '/', "a path begins with a slash");
    demand(request.query.empty() || request.query[0] == '?', "a query with its mark");
    demand(request.minor == 0 || !request.host.empty(), "HTTP/1.1 has a host");
  }

  Parsed expected = {outcome, minhttp::test::describe(request)};
  demand(minhttp::test::parse_in_pieces(input, every(step, input.size())) == expected, "the same in pieces");
  demand(minhttp::test::parse_in_pieces(input, every(1, input.size())) == expected, "the same byte by byte");
  return 0;
}
