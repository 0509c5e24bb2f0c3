// SPDX-License-Identifier: MIT
#pragma once
// A password file: a line for each user, `name:$6$salt$hash`. Empty lines and lines that begin with '#' are skipped.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "crypto/sha512_crypt.h"
#include "tables/limits.h"

namespace minhttp::auth {

struct Account {
  std::array<uint8_t, limits::user_max> name; // zero behind its end
  uint8_t name_size;
  uint32_t line;
  CryptHash hash;
};

struct PasswordMistake {
  uint32_t line = 0;       // 0: the file as a whole
  std::string_view what;   // what is wrong and what to do
  uint32_t other_line = 0; // the line to compare with, or 0
};

class Passwords {
 public:
  Passwords() = default; // nobody may come in
  // memory: for as many accounts as can be kept, limits::users_max in the server. Its contents do not matter.
  explicit Passwords(std::span<Account> memory) : memory_(memory) {}

  // Reads a whole file, which may hold any bytes, and replaces what was read before. Returns the number of mistakes, of
  // which the first ones are stored; where it is not 0, nobody may come in.
  size_t read(std::string_view text, std::span<PasswordMistake> mistakes);

  struct Lookup {
    const CryptHash& hash; // to check the password against, also where nobody is known
    uint32_t account;
    bool known;
  };
  // The user's hash. For an unknown user it is the hash of another account, so that a refusal takes as long as for a
  // known user. stand_in, a keyed hash of the name, chooses that account, the same one every time. Takes the same time
  // for every name. There must be an account.
  Lookup look_up(std::string_view user, uint64_t stand_in) const;

  size_t size() const { return size_; }
  std::string_view name(uint32_t account) const;

 private:
  class Reader;

  std::span<Account> memory_;
  size_t size_ = 0;
};

} // namespace minhttp::auth
