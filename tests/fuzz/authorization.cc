// SPDX-License-Identifier: MIT
// Values of Authorization: what is accepted is strict base 64 of a user and a password.

#include <cstdint>
#include <string>
#include <vector>

#include "auth/basic.h"
#include "fuzz/cost.h"
#include "fuzz/demand.h"
#include "unit/encode.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using minhttp::fuzz::demand;
  using namespace minhttp;
  std::vector<char> value(data, data + size); // of the exact size, as is the output
  std::vector<char> decoded(auth::credentials_max);
  minhttp::test::Cost cost;
  auto given = auth::parse_basic({value.data(), value.size()},
                                 std::span<char, auth::credentials_max>(decoded.data(), auth::credentials_max));
  minhttp::fuzz::check_cost("Authorization", size, test::bound::authorization(size));
  if (!given) return 0;
  std::string user(given->user);
  std::string password(given->password);
  demand(!user.empty() && user.size() <= limits::user_max, "a user that may exist");
  demand(user.find(':') == user.npos, "without a colon");
  demand(password.size() <= limits::password_max, "a password that may be right");
  for (char c : user + password) demand(static_cast<unsigned char>(c) >= ' ' && c != 0x7f, "no control characters");
  std::string text(value.begin(), value.end());
  std::string digits = test::base64(user + ":" + password);
  demand(text.size() > digits.size() && text.substr(text.size() - digits.size()) == digits, "written in one way only");
  return 0;
}
