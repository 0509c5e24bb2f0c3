// SPDX-License-Identifier: MIT
#include "crypto/content_hash.h"

#include "base/bytes.h"
#include "crypto/fold.h"

namespace minhttp {

namespace {

struct Lanes {
  uint64_t a;
  uint64_t b;
};

// A lane's old value is added once more: a product is 0 if one factor is 0, and the lane's old value would be lost.
Lanes step(Lanes lanes, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3) {
  return {.a = fold(w0 ^ lanes.a, w1 ^ hash_keys[0]) + std::rotl(lanes.a, 23) + (w2 ^ std::rotl(w3, 29)),
          .b = fold(w2 ^ lanes.b, w3 ^ hash_keys[1]) + std::rotl(lanes.b, 41) + (w0 ^ std::rotl(w1, 29))};
}

// Eight bytes in the order of the file, on every machine.
uint64_t word(const char* from) {
  static_assert(std::endian::native == std::endian::little, "swap the bytes here");
  return load<uint64_t>(from);
}

Lanes take_block(Lanes lanes, const char* block) {
  return step(lanes, word(block), word(block + 8), word(block + 16), word(block + 24));
}

} // namespace

void ContentHash::mix(const char* block) {
  Lanes lanes = take_block({a_, b_}, block);
  a_ = lanes.a;
  b_ = lanes.b;
}

void ContentHash::add(std::string_view bytes) {
  cost::add(cost::Kind::hashed, bytes.size());
  size_t held = length_ % block_bytes;
  length_ += bytes.size();
  if (held > 0) {
    size_t count = block_bytes - held < bytes.size() ? block_bytes - held : bytes.size();
    __builtin_memcpy(rest_ + held, bytes.data(), count);
    if (held + count < block_bytes) return;
    mix(rest_);
    bytes.remove_prefix(count);
  }
  Lanes lanes = {a_, b_};
  size_t whole = bytes.size() / block_bytes * block_bytes;
  for (size_t i = 0; i < whole; i += block_bytes) lanes = take_block(lanes, bytes.data() + i);
  a_ = lanes.a;
  b_ = lanes.b;
  if (whole < bytes.size()) __builtin_memcpy(rest_, bytes.data() + whole, bytes.size() - whole);
}

Digest ContentHash::digest() const {
  Lanes lanes = {a_, b_};
  size_t held = length_ % block_bytes;
  if (held > 0) { // zeros after the last bytes; the length tells them from zeros in the file
    char last[block_bytes] = {};
    __builtin_memcpy(last, rest_, held);
    lanes = take_block(lanes, last);
  }
  // Mixes each lane into the other, until every bit has reached all.
  lanes = step(lanes, length_, hash_keys[2], length_, hash_keys[3]);
  for (int i = 0; i < 3; i++) lanes = step({lanes.b, lanes.a}, lanes.a, hash_keys[2], lanes.b, hash_keys[3]);
  return {.high = lanes.a, .low = lanes.b};
}

Digest digest_of(std::string_view bytes) {
  ContentHash hash;
  hash.add(bytes);
  return hash.digest();
}

} // namespace minhttp
