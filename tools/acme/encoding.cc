// SPDX-License-Identifier: MIT
#include "acme/encoding.h"

#include <chrono>

namespace minhttp::acme {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Digits and other characters of a fixed form, taken from the front of a text. Failed once, it stays so.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : left_(text) {}
  int number(size_t digits) {
    int value = 0;
    for (size_t i = 0; i < digits; i++) {
      if (i >= left_.size() || !is_digit(left_[i])) return fail();
      value = value * 10 + (left_[i] - '0');
    }
    left_.remove_prefix(digits);
    return value;
  }
  void one_of(std::string_view characters) {
    if (left_.empty() || characters.find(left_[0]) == std::string_view::npos) {
      (void)fail();
    } else {
      left_.remove_prefix(1);
    }
  }
  bool begins_with(char c) const { return left_.starts_with(c); }
  void digits() {
    (void)number(1);
    while (!left_.empty() && is_digit(left_[0])) left_.remove_prefix(1);
  }
  bool at_end() const { return good_ && left_.empty(); }

 private:
  int fail() {
    good_ = false;
    left_ = {};
    return 0;
  }
  std::string_view left_;
  bool good_ = true;
};

} // namespace

std::string base64url(std::string_view bytes) {
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (char c : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(c);
    count += 8;
    while (count >= 6) out += alphabet[(bits >> (count -= 6)) & 63];
  }
  if (count > 0) out += alphabet[(bits << (6 - count)) & 63];
  return out;
}

bool is_base64url(std::string_view text) {
  return !text.empty() && text.find_first_not_of(alphabet) == std::string_view::npos;
}

std::optional<int64_t> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  Scanner in(text);
  int year = in.number(4);
  in.one_of("-");
  int month = in.number(2);
  in.one_of("-");
  int day = in.number(2);
  in.one_of("Tt ");
  int hour = in.number(2);
  in.one_of(":");
  int minute = in.number(2);
  in.one_of(":");
  int second = in.number(2);
  if (in.begins_with('.')) {
    in.one_of(".");
    in.digits();
  }
  int64_t offset_s = 0;
  if (in.begins_with('+') || in.begins_with('-')) {
    int sign = in.begins_with('-') ? -1 : 1;
    in.one_of("+-");
    int hours = in.number(2);
    in.one_of(":");
    int minutes = in.number(2);
    if (hours > 23 || minutes > 59) return {};
    offset_s = sign * (hours * 3'600 + minutes * 60);
  } else {
    in.one_of("Zz");
  }
  year_month_day date(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                      std::chrono::day(static_cast<unsigned>(day)));
  if (!in.at_end() || !date.ok() || hour > 23 || minute > 59 || second > 60) return {};
  int64_t days = sys_days(date).time_since_epoch().count();
  return days * 86'400 + hour * 3'600 + minute * 60 + second - offset_s;
}

} // namespace minhttp::acme
