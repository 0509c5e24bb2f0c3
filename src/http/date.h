// SPDX-License-Identifier: MIT
#pragma once
// HTTP dates (RFC 9110 section 5.6.7).

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace minhttp::http {

constexpr size_t date_bytes = 29;                // "Sun, 06 Nov 1994 08:49:37 GMT"
constexpr int64_t last_second = 253'402'300'799; // 9999-12-31 23:59:59: the format has four digits for the year

// Writes an IMF-fixdate. seconds: since 1970, up to the end of the year 9999.
void write_date(int64_t seconds, std::span<char, date_bytes> out);

// Seconds since 1970 of an HTTP-date in any of its three forms, which must match exactly, case and spaces included. The
// weekday must be a weekday, but need not be the right one; a leap second counts as the second after it. now: 0 to the
// end of the year 9999, to complete the two-digit year of the obsolete form; the result may be after 9999 if now is
// less than 50 years before. Nothing: it is no date.
std::optional<int64_t> parse_date(std::string_view text, int64_t now);

// The parts of a date; the log uses them too.
struct Civil {
  uint32_t year;
  uint32_t month;   // 1..12
  uint32_t day;     // 1..31
  uint32_t weekday; // 0 is Sunday
  uint32_t hour;
  uint32_t minute;
  uint32_t second;
};
Civil to_civil(int64_t seconds);

// "Jan" to "Dec" for 1..12.
std::string_view month_name(uint32_t month);

} // namespace minhttp::http
