// SPDX-License-Identifier: MIT
#pragma once
// A cache of what names of the sites led to: small files with their bytes, larger ones with a descriptor, directories,
// and names that do not exist. It has a fixed number of entries in a fixed piece of memory, and finds a name in
// constant time.
//
// Eviction (S3-FIFO, Yang and others, 2023): a new name enters the back of the newcomers' queue. When it reaches the
// front, it moves to the residents' queue if it was asked for again meanwhile, else it is evicted. When all entries are
// taken, newcomers hold an eighth of them: a client that requests a million names replaces only that eighth, and the
// residents stay. An evicted newcomer leaves a mark for a while; if it comes back, it becomes a resident at once, else
// yesterday's residents would never leave.

#include <cstdint>
#include <span>
#include <string_view>

#include "base/buddy.h"
#include "base/pool.h"
#include "crypto/siphash.h"
#include "site/body.h"
#include "tables/limits.h"

namespace minhttp::site {

class Cache;

// Neighbours in a list of entries.
struct CacheLinks {
  uint32_t newer = Pool::none;
  uint32_t older = Pool::none;
};

// The state of our own gzip copy of a file (site/compressor.h).
enum class Copy : uint8_t {
  untried,
  waiting, // queued for the encoder, or being encoded
  made,
  none // compressing saves nothing, or there was no memory
};

struct CacheEntry {
  Cache* cache = nullptr;
  sys::Fd file;                // of a regular file whose bytes are not in memory
  uint32_t users = 0;          // open Sources that refer to this entry
  char* memory = nullptr;      // the file's bytes; null: not in memory
  char* copy_memory = nullptr; // the compressed copy; null: none
  FileInfo facts;
  int64_t checked_ms = 0;
  uint64_t hash = 0;
  uint64_t serial = 0; // unique; 0 when the entry is gone
  uint32_t next_in_bucket = Pool::none;
  CacheLinks in_queue;
  CacheLinks in_files;          // the list of entries with a descriptor
  uint32_t checked_receipt = 0; // value of Cache::receipts_ at the last check
  uint32_t read_ms = 0;         // when the bytes were read; the low 32 bits of that time
  uint32_t site = 0;
  uint32_t copy_size = 0;
  uint16_t name_size = 0;
  Copy copy = Copy::untried;
  bool resident = false;
  bool asked_again = false;
  bool racy_read = false; // the bytes were read too soon after a change to be trusted
  bool gone = false;      // out of the table: its last user frees it
  bool unused = false;    // not in files_: its last user closes the descriptor
  char name[limits::cached_name_max];

  // Whether the file can be sent without opening it again.
  bool at_hand() const { return memory != nullptr || file.open(); }
  std::string_view name_view() const { return {name, name_size}; }
};
static_assert(sizeof(CacheEntry) <= 384, "docs/limits.md says what a name takes");

// Must be zero at first. Pages that are never used are never touched.
struct CacheMemory {
  std::span<CacheEntry> entries;
  std::span<uint32_t> free_entries;
  std::span<uint32_t> buckets; // a power of two
  std::span<uint32_t> marks;   // as many as buckets
  std::span<char> bytes;       // of small files
  std::span<uint8_t> states;   // Buddy::states_for(bytes)

  static size_t buckets_for(size_t entries);
};

class Cache {
 public:
  // key: secret, so that clients cannot choose names that collide.
  Cache(const CacheMemory& memory, const SipKey& key)
      : entries_(memory.entries),
        buckets_(memory.buckets),
        marks_(memory.marks),
        slots_(memory.free_entries),
        bytes_(memory.bytes, memory.states),
        key_(key) {}

  // Bytes of a client have arrived. The client may know of a change that a check from before them did not see.
  void note_received() { receipts_++; }

  // Whether the next response is careful: it trusts no check from before its request, so that somebody who edits a file
  // and requests it sees the change. Responses are careful after a quiet moment, when a check delays nobody, and after
  // a check that found a change. now_ms: on a monotonic clock.
  bool is_careful(int64_t now_ms) {
    if (now_ms - answered_ms_ >= limits::cache_quiet_ms) careful_answers_ = limits::cache_careful_answers;
    answered_ms_ = now_ms;
    return careful_answers_ > 0;
  }

  // Begins a look-up for a response. now_ms: monotonic clock; seconds: since 1970.
  void begin(int64_t now_ms, int64_t seconds) {
    now_ms_ = now_ms;
    seconds_ = seconds;
    valid_until_ms_ = INT64_MAX;
    careful_ = is_careful(now_ms);
    if (careful_) careful_answers_--;
  }

  // Until when everything found since begin() may be replayed; not after the current time if something found is not in
  // the cache.
  int64_t valid_until_ms() const { return valid_until_ms_; }
  // Records that the response depends on this entry; null: on something that is not in the cache.
  void note(const CacheEntry* entry) {
    int64_t until = entry == nullptr ? now_ms_ : entry->checked_ms + limits::cache_fresh_ms;
    if (until < valid_until_ms_) valid_until_ms_ = until;
  }

  struct Key {
    std::string_view name; // relative to the root of its site, with every suffix
    uint32_t site;
    uint64_t hash;
  };
  Key key_of(uint32_t site, std::string_view name) const { return {name, site, siphash(key_, name) + site}; }

  // Null: there is no entry of that name. The entry stays valid until the next call of put() or drop().
  CacheEntry* find(const Key& key);

  // Whether the last check of the entry is recent enough for this response.
  bool is_fresh(const CacheEntry& entry) const {
    return careful_ ? entry.checked_receipt == receipts_ : now_ms_ - entry.checked_ms < limits::cache_fresh_ms;
  }
  // Notes that a check has just confirmed the entry. file: open if the check opened it; taken if the entry needs a
  // descriptor and has closed its own.
  void confirm(CacheEntry& entry, sys::Fd& file);
  // Whether facts, from a check just now, show that the entry is still right. They cannot if the bytes were read soon
  // after a change: file times go in steps of 10 ms to a second, and another change may have followed within the same
  // step. Nor can they if the bytes were read long ago: stores through a mapping change no file time before msync(2) or
  // writeback, and on tmpfs never.
  bool matches(const CacheEntry& entry, const FileInfo& facts) const {
    return !entry.racy_read && !is_due(entry) && facts.same(entry.facts);
  }

  // The same for bytes that were read long ago: reads them again and compares. file: open if facts are those of a
  // regular file.
  bool still_holds(CacheEntry& entry, const FileInfo& facts, const sys::Fd& file);

  // Whether the last change is so long ago that another change would show in the file's times.
  bool is_settled(const FileInfo& facts) const { return facts.change.seconds + limits::cache_settled_s <= seconds_; }

  // Stores the compressed copy of an entry; it is freed with the entry. False: there is no room, or the entry is gone.
  bool keep_copy(CacheEntry& entry, std::span<const char> bytes);

  // Adds an entry for a name that has none. file: open if facts are those of a regular file; it is read into memory, or
  // the descriptor is kept. Null: there is no place, or the name is too long; then file is still the caller's.
  CacheEntry* put(const Key& key, const FileInfo& facts, sys::Fd& file);

  // Removes the entry from the table. Its users may finish.
  void drop(CacheEntry& entry);
  void drop_all();
  // Drops an entry that has changed, before put() adds its successor: that one keeps the rank of a resident. facts: of
  // now.
  void replace(CacheEntry& entry, const FileInfo& facts);

  // Drops entries whose descriptor nobody has used within limits::cache_unused_ms: an open descriptor keeps the blocks
  // of a removed file allocated, and its file system from being unmounted. An entry with a compressed copy stays, and
  // only its descriptor is closed. The loop calls this at sweep_at_ms(); INT64_MAX: no entry has a descriptor.
  void sweep(int64_t now_ms);
  int64_t sweep_at_ms() const {
    if (files_.oldest == Pool::none) return INT64_MAX;
    int64_t due_ms = entries_[files_.oldest].checked_ms + limits::cache_unused_ms;
    return due_ms > next_sweep_ms_ ? due_ms : next_sweep_ms_;
  }

  // For Source. The last user of an entry that is gone frees it.
  void release(CacheEntry& entry);

  uint32_t size() const { return newcomers_.count + residents_.count; }

 private:
  void leave_table(CacheEntry& entry);

  struct Queue {
    uint32_t newest = Pool::none;
    uint32_t oldest = Pool::none;
    uint32_t count = 0;
  };

  bool is_due(const CacheEntry& entry) const {
    return entry.memory != nullptr && static_cast<uint32_t>(now_ms_) - entry.read_ms >= limits::cache_bytes_ms;
  }
  Queue& queue_of(const CacheEntry& entry) { return entry.resident ? residents_ : newcomers_; }
  uint32_t index_of(const CacheEntry& entry) const { return static_cast<uint32_t>(&entry - entries_.data()); }
  uint32_t& bucket_of(uint64_t hash) { return buckets_[hash & (buckets_.size() - 1)]; }
  void enter(Queue& queue, CacheLinks CacheEntry::*links, CacheEntry& entry);
  void leave(Queue& queue, CacheLinks CacheEntry::*links, CacheEntry& entry);
  bool make_room();
  char* take_bytes(size_t size, size_t tries);
  uint32_t& mark_of(uint64_t hash) { return marks_[hash & (marks_.size() - 1)]; }
  void keep_bytes(CacheEntry& entry, sys::Fd& file);
  void free(CacheEntry& entry);

  std::span<CacheEntry> entries_;
  std::span<uint32_t> buckets_; // entry index + 1, so that 0 means none
  std::span<uint32_t> marks_;   // of evicted names; 0: none
  Pool slots_;
  Buddy bytes_;
  SipKey key_;
  int64_t now_ms_ = 0;
  int64_t seconds_ = 0;
  int64_t valid_until_ms_ = 0;
  int64_t answered_ms_ = 0;
  uint32_t receipts_ = 0;
  uint32_t careful_answers_ = 0; // how many of the next responses are careful
  bool careful_ = false;         // the current response is
  uint64_t serials_ = 0;
  Queue newcomers_;
  Queue residents_;
  Queue files_; // entries with a descriptor, in order of their last check
  int64_t next_sweep_ms_ = 0;
};

} // namespace minhttp::site
