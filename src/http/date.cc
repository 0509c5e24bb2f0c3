// SPDX-License-Identifier: MIT
#include "http/date.h"

#include "base/bytes.h"

namespace minhttp::http {
namespace {

bool is_leap(uint32_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

// Arrays instead of views: a view in memory holds a pointer, which would need a relocation.
constexpr char weekdays[] = "SunMonTueWedThuFriSat";
constexpr char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

// The rest of a weekday's long name after the first three letters.
constexpr char long_ends[7][7] = {"day", "day", "sday", "nesday", "rsday", "day", "urday"};

// Days from the first day of the year 0, which was a leap year, to that of this year.
uint32_t days_before_year(uint32_t year) {
  uint32_t last = year - 1; // the leap years up to this one are counted, without the year 0
  return year == 0 ? 0 : year * 365 + last / 4 - last / 100 + last / 400 + 1;
}
constexpr uint32_t days_before_1970 = 719'528;

// Days from the first day of the year to that of the month, 1..12.
uint32_t days_before_month(uint32_t year, uint32_t month) {
  constexpr uint16_t days[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  return days[month - 1] + (month > 2 && is_leap(year) ? 1U : 0U);
}

uint32_t days_in_month(uint32_t year, uint32_t month) {
  if (month == 2) return is_leap(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

// Parses a date from its start. After an error all further values are meaningless, and done() is false.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  void literal(std::string_view text) {
    good_ = good_ && starts_with(rest_, text);
    if (good_) rest_ = drop(rest_, text.size());
  }
  uint32_t digits(size_t count) {
    uint32_t value = 0;
    while (count-- > 0) {
      good_ = good_ && !rest_.empty() && is_digit(rest_[0]);
      if (!good_) return 0;
      value = value * 10 + static_cast<uint32_t>(rest_[0] - '0');
      rest_ = drop(rest_, 1);
    }
    return value;
  }
  // 1..12
  uint32_t month() {
    for (uint32_t i = 1; i <= 12; i++) {
      if (!starts_with(rest_, month_name(i))) continue;
      rest_ = drop(rest_, 3);
      return i;
    }
    good_ = false;
    return 1;
  }
  void time(Civil& civil) {
    civil.hour = digits(2);
    literal(":"sv);
    civil.minute = digits(2);
    literal(":"sv);
    civil.second = digits(2);
  }
  bool begins(char c) const { return !rest_.empty() && rest_[0] == c; }
  bool done() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

// Parses "Sun, 06 Nov 1994 08:49:37 GMT" after its weekday.
bool read_imf(Reader& in, Civil& civil) {
  in.literal(", "sv);
  civil.day = in.digits(2);
  in.literal(" "sv);
  civil.month = in.month();
  in.literal(" "sv);
  civil.year = in.digits(4);
  in.literal(" "sv);
  in.time(civil);
  in.literal(" GMT"sv);
  return in.done();
}

// Parses "Sun Nov  6 08:49:37 1994" after its weekday.
bool read_asctime(Reader& in, Civil& civil) {
  in.literal(" "sv);
  civil.month = in.month();
  in.literal(" "sv);
  bool one_digit = in.begins(' ');
  if (one_digit) in.literal(" "sv);
  civil.day = in.digits(one_digit ? 1 : 2);
  in.literal(" "sv);
  in.time(civil);
  in.literal(" "sv);
  civil.year = in.digits(4);
  return in.done();
}

// Whether a is later within its year than b.
bool later_in_year(const Civil& a, const Civil& b) {
  auto place = [](const Civil& c) { return (((c.month * 32 + c.day) * 32 + c.hour) * 64 + c.minute) * 64 + c.second; };
  return place(a) > place(b);
}

// Parses "Sunday, 06-Nov-94 08:49:37 GMT" after its first three letters. The year is the latest one with these two
// digits for which the time is at most 50 years ahead (RFC 9110 section 5.6.7).
bool read_rfc850(Reader& in, std::string_view end_of_weekday, Civil& civil, int64_t now) {
  in.literal(end_of_weekday);
  in.literal(", "sv);
  civil.day = in.digits(2);
  in.literal("-"sv);
  civil.month = in.month();
  in.literal("-"sv);
  uint32_t year = in.digits(2);
  in.literal(" "sv);
  in.time(civil);
  in.literal(" GMT"sv);
  Civil limit = to_civil(now);
  limit.year += 50;
  civil.year = limit.year - (limit.year - year) % 100;
  if (civil.year == limit.year && later_in_year(civil, limit)) civil.year -= 100;
  return in.done();
}

bool is_possible(const Civil& c) {
  return c.day >= 1 && c.day <= days_in_month(c.year, c.month) && c.hour <= 23 && c.minute <= 59 && c.second <= 60;
}

// Years before 1970 give negative seconds.
int64_t to_seconds(const Civil& civil) {
  int64_t days = days_before_year(civil.year) + days_before_month(civil.year, civil.month) + civil.day - 1;
  days -= days_before_1970;
  return ((days * 24 + civil.hour) * 60 + civil.minute) * 60 + civil.second;
}

} // namespace

Civil to_civil(int64_t seconds) {
  CHECK(seconds >= 0 && seconds <= last_second);
  auto days = static_cast<uint32_t>(seconds / 86400);
  auto rest = static_cast<uint32_t>(seconds % 86400);
  Civil civil = {.weekday = (days + 4) % 7, // 1970-01-01 was a Thursday
                 .hour = rest / 3600,
                 .minute = rest / 60 % 60,
                 .second = rest % 60};
  days += days_before_1970;
  // 400 years have 146,097 days: the guess is wrong by at most one year.
  civil.year = static_cast<uint32_t>(uint64_t{days} * 400 / 146'097);
  if (days_before_year(civil.year) > days) civil.year--;
  if (days_before_year(civil.year + 1) <= days) civil.year++;
  days -= days_before_year(civil.year);
  // A month counted as 32 days gives a guess that is too early by at most one month.
  civil.month = days / 32 + 1;
  if (civil.month < 12 && days_before_month(civil.year, civil.month + 1) <= days) civil.month++;
  civil.day = days - days_before_month(civil.year, civil.month) + 1;
  return civil;
}

std::string_view month_name(uint32_t month) {
  CHECK(month >= 1 && month <= 12);
  return {months + (month - 1) * 3, 3};
}

void write_date(int64_t seconds, std::span<char, date_bytes> out) {
  Civil civil = to_civil(seconds);
  Writer writer(out);
  writer.text({weekdays + civil.weekday * 3, 3}).text(", ");
  writer.two_digits(civil.day).byte(' ').text(month_name(civil.month)).byte(' ');
  writer.two_digits(civil.year / 100).two_digits(civil.year % 100).byte(' ');
  writer.two_digits(civil.hour).byte(':').two_digits(civil.minute).byte(':').two_digits(civil.second);
  writer.text(" GMT");
}

std::optional<int64_t> parse_date(std::string_view text, int64_t now) {
  size_t weekday = 0;
  while (weekday < 7 && !starts_with(text, {weekdays + weekday * 3, 3})) weekday++;
  if (weekday == 7) return {};
  Reader in(drop(text, 3));
  Civil civil = {};
  bool read = in.begins(',')   ? read_imf(in, civil)
              : in.begins(' ') ? read_asctime(in, civil)
                               : read_rfc850(in, long_ends[weekday], civil, now);
  if (!read || !is_possible(civil)) return {};
  return to_seconds(civil);
}

} // namespace minhttp::http
