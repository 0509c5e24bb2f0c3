// SPDX-License-Identifier: MIT
// A tour: parse_crypt() reads a hash of a password file; start() does steps 1 to 20 of the specification, advance() as
// many rounds of its step 21 as it is told, and matches() compares.

#include "crypto/sha512_crypt.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/number.h"
#include "crypto/secret.h"

namespace minhttp {
namespace {

// Functions, because a view in memory would contain a pointer, which needs a relocation.
constexpr std::string_view kind() { return "$6$"sv; }
constexpr std::string_view rounds_name() { return "rounds="sv; }
constexpr uint64_t rounds_least = 1000;
constexpr uint64_t rounds_most = 999'999'999;
constexpr size_t hash_digits = 86;

// The value of one of crypt's digits, "./0-9A-Za-z", or -1.
constexpr int digit_value(char c) {
  if (c >= '.' && c <= '9') return c - '.';
  if (c >= 'A' && c <= 'Z') return c - 'A' + 12;
  if (c >= 'a' && c <= 'z') return c - 'a' + 38;
  return -1;
}

// Four digits are 24 bits, the lowest first. The three bytes of a group are 21 apart in the digest, and change places
// from group to group. The 64th byte has no group.
bool parse_digest(std::string_view digits, Sha512::Digest& digest) {
  if (digits.size() != hash_digits) return false;
  size_t high = 0;
  size_t middle = 21;
  size_t low = 42;
  for (size_t at = 0; at < hash_digits; at += 4) {
    uint32_t group = 0;
    size_t count = hash_digits - at < 4 ? hash_digits - at : 4;
    for (size_t i = 0; i < count; i++) {
      int value = digit_value(digits[at + i]);
      if (value < 0) return false;
      group |= static_cast<uint32_t>(value) << 6 * i;
    }
    if (count < 4) {
      digest[63] = static_cast<uint8_t>(group);
      return group < 256; // unused bits must be zero
    }
    digest[high] = static_cast<uint8_t>(group >> 16);
    digest[middle] = static_cast<uint8_t>(group >> 8);
    digest[low] = static_cast<uint8_t>(group);
    size_t first = high;
    high = middle + 1;
    middle = low + 1;
    low = first + 1;
  }
  return true;
}

bool parse_salt(std::string_view text, CryptHash& hash) {
  if (text.size() > hash.salt.size()) return false;
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] <= ' ' || text[i] > '~' || text[i] == ':') return false;
    hash.salt[i] = text[i];
  }
  hash.salt_size = static_cast<uint8_t>(text.size());
  return true;
}

// Fills the sequence with repetitions of the digest.
template <size_t capacity>
void repeat(const Sha512::Digest& digest, std::array<uint8_t, capacity>& sequence, size_t size) {
  for (size_t i = 0; i < size; i++) sequence[i] = digest[i % digest.size()];
}

} // namespace

CryptMistake parse_crypt(std::string_view text, CryptHash& hash) {
  hash = {};
  if (!starts_with(text, kind())) return CryptMistake::kind;
  text = drop(text, kind().size());
  if (starts_with(text, rounds_name())) {
    text = drop(text, rounds_name().size());
    size_t end = find(text, '$');
    auto rounds = parse_decimal(take(text, end));
    if (!rounds || text[0] == '0' || *rounds < rounds_least || *rounds > rounds_most) return CryptMistake::rounds;
    if (end == text.size()) return CryptMistake::salt;
    hash.rounds = static_cast<uint32_t>(*rounds);
    text = drop(text, end + 1);
  }
  size_t end = find(text, '$');
  if (end == text.size() || !parse_salt(take(text, end), hash)) return CryptMistake::salt;
  return parse_digest(drop(text, end + 1), hash.digest) ? CryptMistake::none : CryptMistake::hash;
}

void CryptCheck::start(std::string_view password, const CryptHash& hash) {
  CHECK(password.size() <= password_.size());
  std::string_view salt(hash.salt.data(), hash.salt_size);
  password_size_ = static_cast<uint32_t>(password.size());
  salt_size_ = hash.salt_size;
  rounds_ = hash.rounds;
  round_ = 0;
  wanted_ = hash.digest;

  Sha512 sha;
  Sha512::Digest b = sha.add(password).add(salt).add(password).finish(); // steps 4 to 8
  sha.add(password).add(salt);
  size_t left = password.size();
  for (; left > b.size(); left -= b.size()) sha.add(b); // steps 9 and 10
  sha.add(std::span(b).first(left));
  for (size_t bits = password.size(); bits > 0; bits >>= 1) { // step 11
    if ((bits & 1) != 0) {
      sha.add(b);
    } else {
      sha.add(password);
    }
  }
  digest_ = sha.finish();

  for (size_t i = 0; i < password.size(); i++) sha.add(password); // steps 13 to 16
  b = sha.finish();
  repeat(b, password_, password.size());
  for (size_t i = 0; i < 16U + digest_[0]; i++) sha.add(salt); // steps 17 to 20
  b = sha.finish();
  repeat(b, salt_, salt_size_);
  minhttp::wipe(b);
  sha.wipe();
}

bool CryptCheck::advance(uint32_t rounds) {
  auto password = std::span<const uint8_t>(password_).first(password_size_);
  auto salt = std::span<const uint8_t>(salt_).first(salt_size_);
  Sha512 sha;
  for (; rounds > 0 && round_ < rounds_; rounds--, round_++) {
    bool odd = round_ % 2 == 1;
    if (odd) {
      sha.add(password);
    } else {
      sha.add(digest_);
    }
    if (round_ % 3 != 0) sha.add(salt);
    if (round_ % 7 != 0) sha.add(password);
    if (odd) {
      sha.add(digest_);
    } else {
      sha.add(password);
    }
    digest_ = sha.finish();
  }
  sha.wipe();
  return done();
}

bool CryptCheck::matches() const {
  CHECK(done() && rounds_ > 0);
  return equal_in_constant_time(digest_, wanted_);
}

uint32_t CryptCheck::blocks_a_round() const {
  size_t bytes = 2 * password_size_ + salt_size_ + digest_.size() + 17; // with the end mark and the length
  return static_cast<uint32_t>((bytes + Sha512::block_bytes - 1) / Sha512::block_bytes);
}

void CryptCheck::wipe() {
  minhttp::wipe(password_);
  minhttp::wipe(digest_);
  minhttp::wipe(wanted_);
  rounds_ = round_ = 0;
}

} // namespace minhttp
