// SPDX-License-Identifier: MIT
// The fields of a request: byte 1 stands between name and value, byte 2 between fields; the first byte chooses whether
// the request ends, and where the fields begin that are too long. What is accepted, HTTP/1's parser accepts as well,
// and reads the same from the text.

#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/cost.h"
#include "fuzz/demand.h"
#include "h2/request.h"
#include "unit/h1/parsed.h"

namespace {

using minhttp::fuzz::demand;
using minhttp::h2::HeadOutcome;
using minhttp::http::Framing;
using minhttp::http::Request;

// What both wires know of a request; without the line, which names the version.
void demand_same(Request a, Request b) {
  a.line = b.line = {};
  if (a.framing == Framing::chunked) a.framing = Framing::none; // a body that HTTP/1 would have announced
  demand(minhttp::test::describe(a) == minhttp::test::describe(b), "the request that HTTP/1 reads");
}

void demand_as_http1(const Request& request) {
  std::string_view version = " HTTP/2.0";
  demand(request.line.ends_with(version), "the version");
  const char* begin = request.line.data();
  std::string text(begin, static_cast<size_t>(request.fields.data() + request.fields.size() + 2 - begin));
  demand(text.size() <= minhttp::limits::head_max, "heads are bounded");
  text.replace(request.line.size() - 3, 3, "1.1");
  minhttp::h1::Progress progress;
  Request same;
  auto outcome = minhttp::h1::parse_head(text, progress, same);
  demand(outcome == minhttp::h1::Outcome::done(text.size()), "HTTP/1 accepts it");
  demand_same(request, same);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  bool ends = (data[0] & 1) != 0;
  size_t oversized_at = data[0] / 2U;
  std::vector<char> memory(minhttp::limits::head_max);
  Request request;
  minhttp::h2::RequestReader reader(memory, request);
  minhttp::h2::TrailerReader trailers;
  minhttp::test::Cost cost;
  for (size_t number = 0; !rest.empty(); number++) {
    std::string_view one = rest.substr(0, rest.find('\2'));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    std::vector<char> name(one.begin(), one.begin() + static_cast<ptrdiff_t>(std::min(one.find('\1'), one.size())));
    std::vector<char> value(one.begin() + static_cast<ptrdiff_t>(std::min(name.size() + 1, one.size())), one.end());
    std::string_view name_text(name.data(), name.size());
    bool more = false;
    if (number == oversized_at && oversized_at != 127) {
      more = reader.oversized(name_text);
    } else {
      more = reader.field(name_text, {value.data(), value.size()});
      (void)trailers.field(name_text, {value.data(), value.size()});
    }
    demand(more || reader.finish(ends).kind != HeadOutcome::Kind::ok, "who wants no more has a reason");
  }
  HeadOutcome outcome = reader.finish(ends);
  minhttp::fuzz::check_cost("HTTP/2 request", size, minhttp::test::bound::h2_request(size));
  demand((outcome.kind == HeadOutcome::Kind::refused) == (outcome.status != minhttp::http::Status::ok), "a status");
  for (char c : request.line) demand(c >= ' ' && c != '"' && c != '\x7f', "the log takes the line");
  if (outcome.kind == HeadOutcome::Kind::ok) demand_as_http1(request);
  return 0;
}
