// Accept-Encoding: any value, as one line and cut into two, with a coding or two missing.

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "fuzz/demand.h"
#include "http/coding.h"
#include "http/parse.h"

namespace {

using minhttp::fuzz::demand;
using minhttp::http::AcceptedCodings;
using minhttp::http::Coding;

// Nothing where the head is not a good one.
bool ask(const std::string& lines, AcceptedCodings& accepted) {
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";
  minhttp::http::Progress progress;
  minhttp::http::Request request;
  auto outcome = minhttp::http::parse_head(head, progress, request);
  if (outcome.kind != minhttp::http::Outcome::Kind::done || outcome.length != head.size()) return false;
  accepted = minhttp::http::accepted_codings(request);
  return true;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string value(reinterpret_cast<const char*>(data), size);
  if (value.find_first_of("\r\n") != value.npos) return 0; // that would be another field
  AcceptedCodings one;
  if (!ask("Accept-Encoding: " + value + "\r\n", one)) return 0;
  unsigned seen = 0;
  demand(one.count <= minhttp::http::coding_count, "no more than there are");
  for (uint8_t i = 0; i < one.count; i++) {
    unsigned bit = 1U << static_cast<unsigned>(one.order[i]);
    demand((seen & bit) == 0, "none twice");
    seen |= bit;
    demand((one.order[i] == Coding::identity) == (one.identity && i + 1 == one.count), "identity stands last");
  }
  if (size > 0 && value.find("gzip") == value.npos && value.find('*') == value.npos) {
    std::string lower = value;
    for (char& c : lower) c = minhttp::to_lower(c);
    if (lower.find("gzip") == lower.npos)
      demand((seen & 1U << static_cast<unsigned>(Coding::gzip)) == 0, "not asked for");
  }
  size_t comma = value.find(',');
  if (comma == value.npos) return 0;
  AcceptedCodings two;
  if (!ask("Accept-Encoding: " + value.substr(0, comma) + "\r\nAccept-Encoding: " + value.substr(comma + 1) + "\r\n",
           two)) {
    return 0;
  }
  demand(one.order == two.order && one.count == two.count && one.identity == two.identity, "two lines are one list");
  return 0;
}
