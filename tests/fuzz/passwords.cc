// SPDX-License-Identifier: MIT
// Password files of any bytes: every line is a user, a remark or a mistake with its number.

#include <cstdint>
#include <string>
#include <vector>

#include "auth/passwords.h"
#include "fuzz/cost.h"
#include "fuzz/demand.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using minhttp::fuzz::demand;
  using namespace minhttp;
  std::vector<char> text(data, data + size); // of the exact size
  std::vector<auth::Account> accounts(4);    // few, so that they run out
  std::vector<auth::PasswordMistake> mistakes(3);
  auth::Passwords passwords(accounts);
  minhttp::test::Cost cost;
  size_t count = passwords.read({text.data(), text.size()}, mistakes);
  fuzz::check_cost("passwords, read", size, 8 * size + 1024);

  size_t lines = 1;
  for (char c : text) lines += c == '\n' ? 1 : 0;
  demand(count <= lines + 2, "a mistake belongs to a line, or to the file");
  for (size_t i = 0; i < count && i < mistakes.size(); i++) {
    demand(mistakes[i].line <= lines && mistakes[i].other_line <= lines, "the line exists");
    demand(!mistakes[i].what.empty(), "every mistake says what to do");
  }
  demand((count == 0) == (passwords.size() > 0), "all or nothing");
  if (count > 0) return 0;
  std::string whole(text.begin(), text.end());
  for (uint32_t account = 0; account < passwords.size(); account++) {
    std::string name(passwords.name(account));
    demand(whole.find(name + ":$6$") != whole.npos, "the name stands in the file");
    auto found = passwords.look_up(name, size);
    demand(found.known && found.account == account, "a user is found");
    demand(found.hash.rounds >= 1000 && found.hash.rounds <= limits::password_rounds_max, "the cost is bounded");
    demand(found.hash.salt_size <= 16, "so is the salt");
  }
  demand(!passwords.look_up("", size).known, "nobody has no name");
  return 0;
}
