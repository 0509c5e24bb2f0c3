// SPDX-License-Identifier: MIT
#include "site/tag_table.h"

#include "base/check.h"

namespace minhttp::site {
namespace {

// The smallest power of two that is not less than number (1 to 2^31). std::bit_ceil calls the compiler's library on
// RISC-V.
uint32_t power_of_two(uint32_t number) {
  number--;
  for (uint32_t shift = 1; shift < 32; shift *= 2) number |= number >> shift;
  return number + 1;
}

} // namespace

// There are as many buckets as entries. The highest bit of the hash counts only if that bucket exists.
uint32_t TagTable::bucket_of(const Digest& version) const {
  uint32_t size = power_of_two(used_);
  uint32_t bucket = static_cast<uint32_t>(version.low) & (size - 1);
  return bucket < used_ ? bucket : bucket - size / 2;
}

const Digest* TagTable::find(const Digest& version) const {
  if (used_ == 0) return nullptr;
  for (uint32_t next = entries_[bucket_of(version)].first; next != 0; next = entries_[next - 1].next) {
    cost::add(cost::Kind::probes);
    if (entries_[next - 1].version == version) return &entries_[next - 1].content;
  }
  return nullptr;
}

void TagTable::link(uint32_t number) {
  uint32_t& first = entries_[bucket_of(entries_[number - 1].version)].first;
  entries_[number - 1].next = first;
  first = number;
}

void TagTable::unlink(uint32_t number) {
  uint32_t* link = &entries_[bucket_of(entries_[number - 1].version)].first;
  while (*link != number) {
    CHECK(*link != 0);
    link = &entries_[*link - 1].next;
  }
  *link = entries_[number - 1].next;
}

// Moves the new bucket's entries out of the bucket whose number lacks the highest bit.
void TagTable::split_for(uint32_t bucket) {
  if (bucket == 0) return;
  uint32_t& first = entries_[bucket ^ power_of_two(bucket + 1) / 2].first;
  uint32_t next = first;
  first = 0;
  while (next != 0) {
    uint32_t number = next;
    next = entries_[number - 1].next;
    link(number);
    cost::add(cost::Kind::probes);
  }
}

void TagTable::note(const Digest& version, const Digest& content) {
  uint32_t index = oldest_;
  if (used_ < entries_.size()) {
    index = used_++;
    split_for(index);
  } else {
    unlink(index + 1);
    oldest_ = index + 1 < entries_.size() ? index + 1 : 0;
  }
  entries_[index].version = version;
  entries_[index].content = content;
  link(index + 1);
}

} // namespace minhttp::site
