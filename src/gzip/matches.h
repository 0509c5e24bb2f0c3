// SPDX-License-Identifier: MIT
#pragma once
// The last 32 KiB of the input, the input that follows, and a hash table of earlier occurrences.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "gzip/block.h"
#include "tables/limits.h"

namespace minhttp::gzip {

struct Match {
  uint32_t length = 0; // 0: none
  uint32_t distance = 0;
};

// Positions are offsets into bytes_; the current one is between lowest and highest. A match can only refer to bytes
// before it. When it reaches highest, everything moves down by 32 KiB. Position 0 is always too far away for a match,
// so in the tables 0 means none.
class Window {
 public:
  static constexpr uint32_t half = 32 * 1024;
  // Only with so much input ahead, a match at the current position, and at the next one, can have its full length.
  static constexpr uint32_t lookahead = match_max + 2;
  static constexpr uint32_t highest = 2 * half - lookahead; // a match that begins before it ends within 64 KiB
  static constexpr uint32_t lowest = highest - half;

  void begin();

  std::span<char> room() { return {bytes_.data() + filled_, window_bytes - filled_}; }
  void add(size_t count) {
    CHECK(count <= window_bytes - filled_);
    filled_ += static_cast<uint32_t>(count);
  }

  uint32_t position() const { return position_; }
  uint32_t left() const { return filled_ - position_; }
  const char* at(uint32_t position) const { return bytes_.data() + position; }

  bool has_to_slide() const { return position_ >= highest; }
  void slide();

  // Notes the current position, and returns the longest match that is longer than best; of several, the nearest. best:
  // 0, or the length of a match. Adds to work one unit for each candidate, and for each eight bytes compared; at most
  // work_max.
  Match search(uint32_t best, uint32_t work_max, uint64_t& work) {
    uint32_t most = left() < match_max ? left() : match_max;
    if (most < hashed_bytes) return {};
    const char* here = at(position_);
    uint32_t first = load<uint32_t>(here);
    uint32_t candidate = note(first, position_);
    uint32_t limit = position_ - lowest; // positions up to this one are too far away
    Match match;
    if (best == 0) best = hashed_bytes - 1;
    if (best >= most) return match;
    uint32_t tail = load<uint32_t>(here + best - 3);
    uint32_t left_work = work_max;
    while (candidate > limit && left_work > 0) {
      left_work--;
      const char* there = at(candidate);
      if (load<uint32_t>(there + best - 3) == tail && load<uint32_t>(there) == first) {
        uint32_t length = 4 + same_bytes(here + 4, there + 4, most - 4, left_work);
        if (length > best) {
          match = {length, position_ - candidate};
          best = length;
          if (length >= limits::gzip_nice || length >= most) break;
          tail = load<uint32_t>(here + best - 3);
        }
      }
      candidate = previous_[candidate % half];
    }
    work += work_max - left_work;
    return match;
  }

  void pass() { position_++; }

  // Notes positions without a search, and passes them.
  void note_and_pass(uint32_t count) {
    uint32_t end = position_ + count;
    uint32_t hashed = end + 3 <= filled_ ? end : filled_ - 3; // a hash needs four bytes
    for (uint32_t i = position_; i < hashed; i++) note(load<uint32_t>(at(i)), i);
    position_ = end;
  }

 private:
  static constexpr uint32_t window_bytes = 2 * half;
  static constexpr uint32_t hashed_bytes = 4; // a match of three saves little, and without them the output is smaller
  static constexpr uint32_t hash_bits = 15;

  // Makes position the head of the chain of these bytes; returns the previous head.
  uint32_t note(uint32_t bytes, uint32_t position) {
    uint16_t& head = heads_[bytes * 0x9e37'79b1U >> (32 - hash_bits)];
    uint32_t before = head;
    previous_[position % half] = head;
    head = static_cast<uint16_t>(position);
    return before;
  }

  // The number of equal bytes, at most `most`; it may be less than there are if the work is used up.
  static uint32_t same_bytes(const char* a, const char* b, uint32_t most, uint32_t& work) {
    for (uint32_t i = 0; i < most; i += 8) {
      if (work == 0) return i;
      work--;
      uint64_t difference = load<uint64_t>(a + i) ^ load<uint64_t>(b + i); // reads up to 7 bytes past most
      if (difference != 0) {
        i += zero_bytes(difference);
        return i < most ? i : most;
      }
    }
    return most;
  }

  // The number of zero bytes at the low end of a word that is not 0.
  static uint32_t zero_bytes(uint64_t word) {
#ifdef __riscv // without Zbb the compiler would call a library
    uint32_t count = 0;
    for (; (word & 255) == 0; word >>= 8) count++;
    return count;
#else
    return static_cast<uint32_t>(std::countr_zero(word)) / 8;
#endif
  }

  uint32_t position_;
  uint32_t filled_;                                                // end of the input
  alignas(16) std::array<uint16_t, size_t{1} << hash_bits> heads_; // the latest position with this hash
  alignas(16) std::array<uint16_t, half> previous_; // the previous position with the same hash, at position % half
  std::array<char, window_bytes + 8> bytes_;        // and room to compare whole words
};

} // namespace minhttp::gzip
