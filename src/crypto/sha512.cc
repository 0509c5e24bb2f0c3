// SPDX-License-Identifier: MIT
// A tour: add() collects blocks of 128 bytes, compress() mixes one into the state, finish() appends the end mark and
// the length. Of the 80 words of a block's schedule only the last 16 are kept, because no word depends on an older one.

#include "crypto/sha512.h"

#include <bit>

#include "base/cost.h"
#include "crypto/secret.h"

namespace minhttp {
namespace {

// Section 4.2.3: the first 64 bits of the fractional parts of the cube roots of the first 80 primes.
constexpr std::array<uint64_t, 80> constants = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538,
    0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
    0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
    0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab,
    0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
    0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
    0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
    0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53,
    0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
    0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b, 0xca273eceea26619c,
    0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
    0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
    0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817};

using Word = uint64_t;

// Big endian, by shifts: __builtin_bswap64 is a call to a library on riscv64. If the machine has an instruction for
// this, compilers recognise it.
Word load(const uint8_t* from) {
  Word word = 0;
  for (size_t i = 0; i < 8; i++) word = word << 8 | from[i];
  return word;
}

void store(uint8_t* to, Word word) {
  for (size_t i = 0; i < 8; i++) to[i] = static_cast<uint8_t>(word >> (56 - 8 * i));
}

// The functions of section 4.1.3.
Word choice(Word x, Word y, Word z) { return z ^ (x & (y ^ z)); }
Word majority(Word x, Word y, Word z) { return (x & y) | (z & (x | y)); }
Word sum0(Word x) { return std::rotr(x, 28) ^ std::rotr(x, 34) ^ std::rotr(x, 39); }
Word sum1(Word x) { return std::rotr(x, 14) ^ std::rotr(x, 18) ^ std::rotr(x, 41); }
Word mix0(Word x) { return std::rotr(x, 1) ^ std::rotr(x, 8) ^ x >> 7; }
Word mix1(Word x) { return std::rotr(x, 19) ^ std::rotr(x, 61) ^ x >> 6; }

// One of the 80 steps of section 6.4.2. Instead of moving eight words along, the caller passes them in another order in
// the next step.
[[gnu::always_inline]] inline void turn(Word a, Word b, Word c, Word& d, Word e, Word f, Word g, Word& h, Word input) {
  Word t = h + sum1(e) + choice(e, f, g) + input;
  d += t;
  h = t + sum0(a) + majority(a, b, c);
}

void compress(std::array<Word, 8>& state, const uint8_t* block) {
  cost::add(cost::Kind::blocks);
  std::array<Word, 16> w;
  for (size_t i = 0; i < 16; i++) w[i] = load(block + 8 * i);
  auto [a, b, c, d, e, f, g, h] = state;
  for (size_t step = 0; step < 80; step += 8) {
    size_t half = step % 16; // the eight words of w for these steps
    if (step >= 16) {
      for (size_t i = half; i < half + 8; i++) {
        w[i] += mix1(w[(i + 14) % 16]) + w[(i + 9) % 16] + mix0(w[(i + 1) % 16]);
      }
    }
    const Word* x = w.data() + half;
    const Word* k = constants.data() + step;
    turn(a, b, c, d, e, f, g, h, k[0] + x[0]);
    turn(h, a, b, c, d, e, f, g, k[1] + x[1]);
    turn(g, h, a, b, c, d, e, f, k[2] + x[2]);
    turn(f, g, h, a, b, c, d, e, k[3] + x[3]);
    turn(e, f, g, h, a, b, c, d, k[4] + x[4]);
    turn(d, e, f, g, h, a, b, c, k[5] + x[5]);
    turn(c, d, e, f, g, h, a, b, k[6] + x[6]);
    turn(b, c, d, e, f, g, h, a, k[7] + x[7]);
  }
  const Word sums[] = {a, b, c, d, e, f, g, h};
  for (size_t i = 0; i < 8; i++) state[i] += sums[i];
}

} // namespace

Sha512& Sha512::add(std::string_view bytes) {
  return add(std::span(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
}

Sha512& Sha512::add(std::span<const uint8_t> bytes) {
  const uint8_t* from = bytes.data();
  size_t left = bytes.size();
  size_t used = size_ % block_bytes;
  size_ += left;
  while (left >= block_bytes - used) {
    if (used == 0) {
      compress(state_, from);
    } else {
      __builtin_memcpy(block_.data() + used, from, block_bytes - used);
      compress(state_, block_.data());
    }
    from += block_bytes - used;
    left -= block_bytes - used;
    used = 0;
  }
  if (left > 0) __builtin_memcpy(block_.data() + used, from, left);
  return *this;
}

Sha512::Digest Sha512::finish() {
  size_t used = size_ % block_bytes;
  block_[used++] = 0x80;
  __builtin_memset(block_.data() + used, 0, block_bytes - used);
  if (used > block_bytes - 16) { // no room for the length: it gets a block of its own
    compress(state_, block_.data());
    block_ = {};
  }
  store(block_.data() + block_bytes - 16, size_ >> 61);
  store(block_.data() + block_bytes - 8, size_ << 3);
  compress(state_, block_.data());
  Digest digest;
  for (size_t i = 0; i < 8; i++) store(digest.data() + 8 * i, state_[i]);
  *this = Sha512();
  return digest;
}

void Sha512::wipe() {
  minhttp::wipe(state_);
  minhttp::wipe(block_);
  *this = Sha512();
}

} // namespace minhttp
