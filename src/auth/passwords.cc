// SPDX-License-Identifier: MIT
// A tour: Passwords::read cuts the file into lines, Reader::line makes an account of each,
// and the texts above it say what is wrong with those that are none.

#include "auth/passwords.h"

#include "base/bytes.h"
#include "base/check.h"
#include "crypto/secret.h"

namespace minhttp::auth {
namespace {

using Text = std::string_view;

// What a hash is that we cannot check. Each kind is named, because the remedy is the same:
// a password that is hashed anew.
Text name_the_kind(Text hash) {
  if (hash.empty()) return "there is no hash behind the colon; write one with: openssl passwd -6"sv;
  if (starts_with(hash, "$apr1$")) return "this hash is Apache's MD5 ($apr1$); write one with: openssl passwd -6"sv;
  if (starts_with(hash, "$1$")) return "this hash is MD5 ($1$); write one with: openssl passwd -6"sv;
  if (starts_with(hash, "$2")) return "this hash is bcrypt ($2y$ or alike); write one with: openssl passwd -6"sv;
  if (starts_with(hash, "$5$")) return "this hash is SHA-256 ($5$); write one with: openssl passwd -6"sv;
  if (starts_with(hash, "$y$")) return "this hash is yescrypt ($y$); write one with: openssl passwd -6"sv;
  if (starts_with(hash, "$7$")) return "this hash is scrypt ($7$); write one with: openssl passwd -6"sv;
  if (starts_with(hash, "$argon2")) return "this hash is Argon2; write one with: openssl passwd -6"sv;
  if (starts_with(hash, "{")) return "this hash is of the {SHA} kind; write one with: openssl passwd -6"sv;
  if (starts_with(hash, "$"))
    return "this kind of hash is unknown, only $6$ is taken; write one with: openssl passwd -6"sv;
  if (hash[0] == '!' || hash[0] == '*') return "this account is locked; remove the line"sv;
  return "this is no hash (a plain password, or DES); write one with: openssl passwd -6"sv;
}

Text explain(CryptMistake mistake, Text hash) {
  switch (mistake) {
    case CryptMistake::none: return {};
    case CryptMistake::kind: return name_the_kind(hash);
    case CryptMistake::rounds: return "rounds= takes 1000 to 999999999, without leading zeros"sv;
    case CryptMistake::salt: return "the salt must be 16 printable characters at most, and end with $"sv;
    case CryptMistake::hash: break;
  }
  return "the hash must be exactly 86 characters of ./0-9A-Za-z behind the salt, and the line's end"sv;
}

// The name stands in log lines and in the challenge's answer: no spaces, no quotes.
bool good_name(Text name) {
  for (char c : name) {
    auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == 0x7f || c == '"' || c == '\\') return false;
  }
  return !name.empty() && name.size() <= limits::user_max;
}

std::array<uint8_t, limits::user_max> padded(Text name) {
  std::array<uint8_t, limits::user_max> bytes = {};
  __builtin_memcpy(bytes.data(), name.data(), name.size());
  return bytes;
}

} // namespace

// What is known while a file is read.
class Passwords::Reader {
 public:
  Reader(Passwords& to, std::span<PasswordMistake> mistakes) : to_(to), stored_(mistakes) {}

  void line(uint32_t number, Text text) {
    if (text.empty() || text[0] == '#') return;
    size_t colon = find(text, ':');
    if (colon == text.size()) return mistake(number, "a line is name:$6$salt$hash, and this one has no colon"sv);
    Text name = take(text, colon);
    Text hash = drop(text, colon + 1);
    if (!good_name(name)) {
      return mistake(number, "a name is 1 to 64 bytes without spaces, quotes, backslashes and control characters"sv);
    }
    CryptHash parsed;
    CryptMistake wrong = parse_crypt(hash, parsed);
    if (wrong != CryptMistake::none) return mistake(number, explain(wrong, hash));
    if (parsed.rounds > limits::password_rounds_max) {
      return mistake(number, "rounds= above 1000000 would keep the server busy for too long; choose fewer"sv);
    }
    for (const Account& other : to_.memory_.first(to_.size_)) {
      if (!equal(name_of(other), name)) continue;
      return mistake(number, "this user is there already; keep one of the two lines"sv, other.line);
    }
    if (to_.size_ == to_.memory_.size()) {
      if (!full_) mistake(number, "from this line on there are more users than the server keeps"sv);
      full_ = true;
      return;
    }
    to_.memory_[to_.size_++] = {
        .name = padded(name), .name_size = static_cast<uint8_t>(name.size()), .line = number, .hash = parsed};
  }

  void mistake(uint32_t number, Text what, uint32_t other_line = 0) {
    if (mistakes_ < stored_.size()) stored_[mistakes_] = {.line = number, .what = what, .other_line = other_line};
    mistakes_++;
  }

  size_t mistakes() const { return mistakes_; }

  static Text name_of(const Account& account) {
    return {reinterpret_cast<const char*>(account.name.data()), account.name_size};
  }

 private:
  Passwords& to_;
  std::span<PasswordMistake> stored_;
  size_t mistakes_ = 0;
  bool full_ = false;
};

size_t Passwords::read(std::string_view text, std::span<PasswordMistake> mistakes) {
  size_ = 0;
  Reader reader(*this, mistakes);
  if (text.size() > limits::password_file_max) {
    reader.mistake(0, "the file is longer than 256 KiB"sv);
    return reader.mistakes();
  }
  if (starts_with(text, "\xef\xbb\xbf")) {
    reader.mistake(1, "the file begins with a byte order mark; save it as UTF-8 without one"sv);
    text = drop(text, 3);
  }
  for (uint32_t number = 1; !text.empty(); number++) {
    Text line = take_until(text, '\n');
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    reader.line(number, line);
  }
  if (reader.mistakes() == 0 && size_ == 0) reader.mistake(0, "the file has no user, so nobody could come in"sv);
  if (reader.mistakes() > 0) size_ = 0;
  return reader.mistakes();
}

Passwords::Lookup Passwords::look_up(std::string_view user, uint64_t stand_in) const {
  CHECK(size_ > 0 && user.size() <= limits::user_max);
  auto wanted = padded(user);
  auto index = static_cast<uint32_t>(stand_in % size_);
  bool known = false;
  cost::add(cost::Kind::probes, size_);
  for (uint32_t i = 0; i < size_; i++) { // all of them: time must not say where a name is
    bool same = equal_in_constant_time(memory_[i].name, wanted);
    index = choose(same, i, index);
    known |= same;
  }
  return {.hash = memory_[index].hash, .account = index, .known = known};
}

std::string_view Passwords::name(uint32_t account) const {
  CHECK(account < size_);
  return Reader::name_of(memory_[account]);
}

} // namespace minhttp::auth
