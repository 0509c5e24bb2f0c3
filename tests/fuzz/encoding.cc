// SPDX-License-Identifier: MIT
// Accept-Encoding: the input is the field's value; a line feed begins another line of it.

#include <cstdint>
#include <string>

#include "fuzz/cost.h"
#include "fuzz/demand.h"
#include "h1/parse.h"
#include "http/character.h"
#include "http/coding.h"
#include "tables/limits.h"

namespace {

using minhttp::fuzz::demand;
using minhttp::http::AcceptedCodings;
using minhttp::http::Coding;

AcceptedCodings accepted(const std::string& lines) {
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding:" + lines + "\r\n\r\n";
  minhttp::h1::Progress progress;
  minhttp::http::Request request;
  auto outcome = minhttp::h1::parse_head(head, progress, request);
  demand(outcome.kind == minhttp::h1::Outcome::Kind::done, "a head");
  minhttp::test::Cost cost;
  AcceptedCodings codings = minhttp::http::accepted_codings(request);
  minhttp::fuzz::check_cost("Accept-Encoding", head.size(), minhttp::test::bound::accept_encoding(head.size()));
  return codings;
}

bool same(const AcceptedCodings& a, const AcceptedCodings& b) {
  if (a.count != b.count || a.identity != b.identity) return false;
  for (size_t i = 0; i < a.count; i++) {
    if (a.order[i] != b.order[i]) return false;
  }
  return true;
}

// With another text for each c.
std::string replace(const std::string& text, char c, const std::string& by) {
  std::string out;
  for (char other : text) out += other == c ? by : std::string(1, other);
  return out;
}

void check(const AcceptedCodings& codings) {
  demand(codings.count <= minhttp::http::coding_count, "bounded");
  unsigned seen = 0;
  for (size_t i = 0; i < codings.count; i++) {
    auto number = static_cast<unsigned>(codings.order[i]);
    demand(number < minhttp::http::coding_count, "a coding that there is");
    demand((seen & 1U << number) == 0, "none twice");
    seen |= 1U << number;
    demand(codings.order[i] != Coding::identity || i + 1U == codings.count, "identity ends the list");
  }
  demand(((seen & 1U) != 0) == codings.identity, "identity is in the list where it is acceptable");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Each byte may become the beginning of a field line below, and a head has a limit.
  if (size > minhttp::limits::head_max / 20) return 0;
  std::string value;
  for (size_t i = 0; i < size; i++) {
    char c = static_cast<char>(data[i]);
    value += c == '\n' || minhttp::http::is(c, minhttp::http::Class::field) ? c : ' ';
  }
  const std::string line_break = "\r\naccept-Encoding:";
  AcceptedCodings codings = accepted(replace(value, '\n', line_break));
  check(codings);
  std::string list = replace(value, '\n', ",");
  demand(same(codings, accepted(list)), "several lines are one list");
  demand(same(codings, accepted(replace(list, ',', line_break))), "each member on a line of its own");
  demand(same(codings, accepted(replace(list, ',', " ,,\t"))), "space and empty members mean nothing");
  demand(same(codings, accepted(list + ",xgzip,br;q=2,gzip;x=y,identity;q")), "what is not understood means nothing");
  AcceptedCodings first = accepted("br;q=0,zstd;q=0.5,gzip;q=0.25,identity;q=0," + list);
  demand(first.count == 2 && first.order[0] == Coding::zstd && first.order[1] == Coding::gzip && !first.identity,
         "the first time counts");
  return 0;
}
