// SPDX-License-Identifier: MIT
#pragma once
// The dynamic table of a HPACK decoder (RFC 7541 sections 2.3.2 and 4), in memory that somebody else owns.
//
// The text of all entries is a ring of bytes, and where each entry begins is noted in a ring of slots. Every entry
// counts 32 bytes more than its text, so a table of n bytes has n / 32 entries at most, and their text fits into n
// bytes.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "h2/static_table.h"
#include "tables/limits.h"

namespace minhttp::h2 {

class DynamicTable {
 public:
  // Bytes of memory for a table whose size may become `allowed`.
  static constexpr size_t memory_for(uint32_t allowed) { return allowed + slots_for(allowed) * sizeof(Slot); }

  // allowed: our SETTINGS_HEADER_TABLE_SIZE, the most that the peer may choose; from limits::hpack_table_initial, which
  // it may use before it has seen our SETTINGS, to limits::hpack_table_max. memory: memory_for(allowed) bytes.
  DynamicTable(std::span<char> memory, uint32_t allowed)
      : slots_(memory.data()),
        text_(memory.data() + slots_for(allowed) * sizeof(Slot)),
        allowed_(allowed),
        max_(limits::hpack_table_initial) {
    CHECK(allowed >= limits::hpack_table_initial && allowed <= limits::hpack_table_max);
    CHECK(memory.size() >= memory_for(allowed));
  }

  uint32_t allowed() const { return allowed_; }
  uint32_t max() const { return max_; }   // the size that the peer has chosen
  uint32_t size() const { return size_; } // with 32 bytes for each entry
  uint32_t count() const { return count_; }

  // The peer's choice; at most allowed(). Evicts what does not fit.
  void resize(uint32_t max) {
    CHECK(max <= allowed_);
    max_ = max;
    evict_to(max);
  }

  // Evicts as much as needed. An entry larger than the table empties it (section 4.4). name, value: not in this table.
  void insert(std::string_view name, std::string_view value) {
    size_t text = name.size() + value.size();
    if (text + limits::hpack_entry_overhead > max_) return evict_to(0);
    auto size = static_cast<uint32_t>(text) + limits::hpack_entry_overhead;
    evict_to(max_ - size);
    Slot slot = {.begin = static_cast<uint16_t>(end_),
                 .name = static_cast<uint16_t>(name.size()),
                 .value = static_cast<uint16_t>(value.size())};
    __builtin_memcpy(slots_ + wrapped(first_ + count_, slots_for(allowed_)) * sizeof(Slot), &slot, sizeof slot);
    write(name);
    write(value);
    count_++;
    size_ += size;
  }

  void clear() { evict_to(0); }

  // The entry number `age`, from 0, the newest, to count() - 1; or its name alone. What runs over the end of the ring
  // is joined in scratch, which holds allowed() bytes. The views are valid until the next insert().
  TableEntry entry(uint32_t age, std::span<char> scratch) const {
    Slot slot = slot_at(age);
    std::string_view text = joined(slot.begin, uint32_t{slot.name} + slot.value, scratch);
    return {take(text, slot.name), drop(text, slot.name)};
  }
  std::string_view name(uint32_t age, std::span<char> scratch) const {
    Slot slot = slot_at(age);
    return joined(slot.begin, slot.name, scratch);
  }

 private:
  struct Slot {
    uint16_t begin;
    uint16_t name;
    uint16_t value;
  };
  static constexpr uint32_t slots_for(uint32_t allowed) { return allowed / limits::hpack_entry_overhead; }
  static_assert(limits::hpack_table_max <= UINT16_MAX);

  // Neither number is more than `size`.
  static uint32_t wrapped(uint32_t sum, uint32_t size) { return sum < size ? sum : sum - size; }

  Slot slot_at(uint32_t age) const {
    CHECK(age < count_);
    Slot slot;
    uint32_t at = wrapped(first_ + count_ - 1 - age, slots_for(allowed_));
    __builtin_memcpy(&slot, slots_ + at * sizeof slot, sizeof slot);
    return slot;
  }

  std::string_view joined(uint32_t begin, uint32_t size, std::span<char> scratch) const {
    if (begin + size <= allowed_) return {text_ + begin, size};
    uint32_t front = allowed_ - begin;
    Writer out(scratch);
    out.text({text_ + begin, front}).text({text_, size - front});
    return out.view();
  }

  void evict_to(uint32_t size) {
    while (size_ > size) {
      Slot oldest = slot_at(count_ - 1);
      size_ -= uint32_t{oldest.name} + oldest.value + limits::hpack_entry_overhead;
      first_ = wrapped(first_ + 1, slots_for(allowed_));
      count_--;
      cost::add(cost::Kind::probes);
    }
  }

  void write(std::string_view text) {
    auto room = allowed_ - end_;
    size_t front = text.size() < room ? text.size() : room;
    if (front > 0) __builtin_memcpy(text_ + end_, text.data(), front);
    if (text.size() > front) __builtin_memcpy(text_, text.data() + front, text.size() - front);
    end_ = wrapped(end_ + static_cast<uint32_t>(text.size()), allowed_);
    cost::add(cost::Kind::bytes, text.size());
  }

  char* slots_; // Slot, not aligned
  char* text_;
  uint32_t allowed_;
  uint32_t max_;
  uint32_t size_ = 0;
  uint32_t first_ = 0; // slot of the oldest entry
  uint32_t count_ = 0;
  uint32_t end_ = 0; // of the newest entry's text, in the ring
};

} // namespace minhttp::h2
