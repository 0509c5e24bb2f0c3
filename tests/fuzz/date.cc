// SPDX-License-Identifier: MIT
// HTTP dates: the first eight bytes say what time it is, the rest is a date or is none.

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "fuzz/demand.h"
#include "http/date.h"

namespace {

using minhttp::fuzz::demand;

constexpr int64_t first_second = -62'167'219'200; // of the year 0
constexpr int64_t last_second = 253'402'300'799;  // of the year 9999
constexpr int64_t fifty_years = 50LL * 366 * 86400;

std::string write(int64_t seconds) {
  char out[minhttp::http::date_bytes];
  minhttp::http::write_date(seconds, out);
  return {out, sizeof out};
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 8) return 0;
  uint64_t clock = 0;
  std::memcpy(&clock, data, sizeof clock);
  auto now = static_cast<int64_t>(clock % (last_second + 1));
  std::vector<char> text(data + 8, data + size); // of the exact size
  std::string_view view(text.data(), text.size());
  auto seconds = minhttp::http::parse_date(view, now);
  if (!seconds) return 0;

  bool four_digits = view.size() == minhttp::http::date_bytes || view.size() == 24;
  demand(!four_digits || (*seconds >= first_second && *seconds <= last_second + 1), "a time that four digits can say");
  bool leap = view.find(":60") != view.npos;
  if (view.size() == minhttp::http::date_bytes && view[3] == ',') {
    demand(leap || *seconds < 0 || write(*seconds).substr(3) == view.substr(3), "written again, it is the same");
  } else if (view.size() == 24) {
    auto another = minhttp::http::parse_date(view, 0);
    demand(another == seconds, "four digits of a year need no clock");
  } else {
    demand(*seconds <= now + fifty_years && *seconds >= now - fifty_years, "two digits mean a year nearby");
  }
  if (*seconds < 0 || *seconds > last_second) return 0;
  demand(minhttp::http::parse_date(write(*seconds), now) == seconds, "what we write we can read");
  return 0;
}
