#include "http/date.h"

#include "base/bytes.h"

namespace minhttp::http {
namespace {

bool is_leap(uint32_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

uint32_t days_in_month(uint32_t year, uint32_t month) {
  if (month == 2) return is_leap(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

} // namespace

Civil to_civil(int64_t seconds) {
  CHECK(seconds >= 0 && seconds <= last_second);
  auto days = static_cast<uint32_t>(seconds / 86400);
  auto rest = static_cast<uint32_t>(seconds % 86400);
  Civil civil = {.year = 1970,
                 .month = 1,
                 .day = 1,
                 .weekday = (days + 4) % 7, // 1970-01-01 was a Thursday
                 .hour = rest / 3600,
                 .minute = rest / 60 % 60,
                 .second = rest % 60};
  civil.year += days / 146097 * 400; // the calendar repeats every 400 years
  days %= 146097;
  for (uint32_t length = is_leap(civil.year) ? 366 : 365; days >= length; length = is_leap(civil.year) ? 366 : 365) {
    days -= length;
    civil.year++;
  }
  while (days >= days_in_month(civil.year, civil.month)) {
    days -= days_in_month(civil.year, civil.month);
    civil.month++;
  }
  civil.day += days;
  return civil;
}

std::string_view month_name(uint32_t month) {
  CHECK(month >= 1 && month <= 12);
  return take(drop("JanFebMarAprMayJunJulAugSepOctNovDec", (month - 1) * 3), 3);
}

void write_date(int64_t seconds, std::span<char, date_bytes> out) {
  Civil civil = to_civil(seconds);
  Writer writer(out);
  writer.text(take(drop("SunMonTueWedThuFriSat", civil.weekday * 3), 3)).text(", ");
  writer.two_digits(civil.day).byte(' ').text(month_name(civil.month)).byte(' ');
  writer.two_digits(civil.year / 100).two_digits(civil.year % 100).byte(' ');
  writer.two_digits(civil.hour).byte(':').two_digits(civil.minute).byte(':').two_digits(civil.second);
  writer.text(" GMT");
}

} // namespace minhttp::http
