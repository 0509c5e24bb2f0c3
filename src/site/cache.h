// SPDX-License-Identifier: MIT
#pragma once
// A cache of what names of the sites led to: files, directories, and names that do not exist. It has a fixed number of
// entries in a fixed piece of memory, and finds a name in constant time.
//
// Names, bytes and descriptors have separate bounds. A small file has its bytes here; a larger one, or one for whose
// bytes there is no room, has its descriptor. An entry that has neither still says what the name leads to, and its file
// is opened for each response (keep_body).
//
// Eviction (S3-FIFO, Yang and others, 2023): a new name enters the back of the newcomers' queue. When it reaches the
// front, it moves to the residents' queue if it was asked for again meanwhile, else it is evicted. When all entries are
// taken, newcomers hold an eighth of them: a client that requests a million names replaces only that eighth, and the
// residents stay. An evicted newcomer leaves a mark for a while; if it comes back, it becomes a resident at once, else
// yesterday's residents would never leave.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/buddy.h"
#include "base/list.h"
#include "base/pool.h"
#include "crypto/siphash.h"
#include "site/found.h"
#include "tables/limits.h"

namespace minhttp::site {

class Cache;

// The state of our own gzip copy of a file (site/compressor.h).
enum class Copy : uint8_t {
  untried,
  waiting, // queued for the encoder, or being encoded
  made,
  none // compressing saves nothing, or there was no memory
};

using CacheHash = std::array<uint64_t, 2>;

struct CacheEntry {
  Cache* cache = nullptr;
  char* memory = nullptr;      // the file's bytes; null: not in memory
  char* copy_memory = nullptr; // the compressed copy; null: none
  FileInfo facts;
  int64_t checked_ms = 0; // when the name was checked last
  CacheHash hash = {};
  sys::Fd file;       // of a regular file whose bytes are not in memory
  uint32_t users = 0; // open Sources that refer to this entry
  uint32_t next_in_bucket = Pool::none;
  Links in_eviction;            // newcomers_ or residents_, in the order of eviction
  Links in_files;               // the list of entries that keep their descriptor
  Links in_bodies;              // the list of entries with bytes
  uint32_t checked_receipt = 0; // value of Cache::receipts_ at the last check
  uint32_t opened_ms = 0;       // when the file was opened and its bytes were read; the low 32 bits of that time
  uint32_t serial = 0;          // changes with the body; 0 when the entry is detached
  uint32_t copy_size = 0;
  Copy copy = Copy::untried;
  bool resident : 1 = false;
  bool asked_again : 1 = false;
  bool racy_read : 1 = false; // the bytes were read too soon after a change to be trusted
  bool detached : 1 = false;  // out of the table: its last user frees it
  bool unused : 1 = false;    // not in files_: its last user closes the descriptor
  bool sent : 1 = false;      // a response needed the body, not only the facts

  // Whether the file can be sent without opening it again.
  bool at_hand() const { return memory != nullptr || file.open(); }
  // Whether that also holds for the next response.
  bool keeps_body() const { return memory != nullptr || (file.open() && !unused); }
};
static_assert(sizeof(CacheEntry) <= 192, "docs/limits.md says what a name takes");

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
  // descriptors: how many are kept at most, besides those that are being sent. key: secret, so that clients cannot
  // choose names that collide.
  Cache(const CacheMemory& memory, uint32_t descriptors, const SipKey& key)
      : entries_(memory.entries),
        buckets_(memory.buckets),
        marks_(memory.marks),
        slots_(memory.free_entries),
        bytes_(memory.bytes, memory.states),
        descriptors_(descriptors),
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
    checked_ = false;
    if (now_ms - second_began_ms_ >= 1000) {
      second_began_ms_ = now_ms;
      opened_in_second_ = 0;
    }
    careful_ = is_careful(now_ms);
    if (careful_) careful_answers_--;
  }

  // Whether something was checked since begin(): not everything found is a cache hit.
  bool has_checked() const { return checked_; }
  // Until when everything found since begin() may be replayed; not after the current time if something found is not in
  // the cache.
  int64_t valid_until_ms() const { return valid_until_ms_; }
  // Records that the response depends on this entry; null: on something that is not in the cache.
  void note(const CacheEntry* entry) {
    int64_t until = entry == nullptr ? now_ms_ : entry->checked_ms + limits::cache_fresh_ms;
    if (until < valid_until_ms_) valid_until_ms_ = until;
  }

  // name: relative to the root of its site, with every suffix. The hash stands for the name: nobody who does not know
  // the key can find two names with the same 128 bits, and chance does not produce them.
  CacheHash hash_of(uint32_t site, std::string_view name) const {
    CacheHash hash = siphash(key_, name);
    hash[0] += site;
    return hash;
  }

  // Null: there is no entry of that name. The entry stays valid until the next call of put() or drop().
  CacheEntry* find(const CacheHash& hash);

  // Whether the last check of the entry is recent enough for this response.
  bool is_fresh(const CacheEntry& entry) const {
    return careful_ ? entry.checked_receipt == receipts_ : now_ms_ - entry.checked_ms < limits::cache_fresh_ms;
  }
  // Notes that a check has just confirmed the entry. file: open if the check opened it; taken if the entry has nothing
  // to send. Whoever needs the body calls keep_body() again.
  void confirm(CacheEntry& entry, sys::Fd& file);
  // Whether statx() of the name is enough of a check, and the file need not be opened: for limits::cache_opened_ms, if
  // its body is at hand or no response has needed it.
  bool may_stat(const CacheEntry& entry) const {
    return entry.facts.kind == Found::Kind::file && !entry.racy_read && !is_due(entry) &&
           (entry.at_hand() || (!entry.sent && is_settled(entry.facts)));
  }
  // Whether facts, from a check just now, show that the entry is still right. They cannot if the bytes were read soon
  // after a change: file times go in steps of 10 ms to a second, and another change may have followed within the same
  // step. Nor can they if the bytes were read long ago: stores through a mapping change no file time before msync(2) or
  // writeback, and on tmpfs never.
  bool matches(const CacheEntry& entry, const FileInfo& facts) const {
    return !entry.racy_read && !(entry.memory != nullptr && is_due(entry)) && facts.same(entry.facts);
  }

  // The same for bytes that were read long ago: reads them again and compares. file: open if facts are those of a
  // regular file.
  bool still_holds(CacheEntry& entry, const FileInfo& facts, const sys::Fd& file);

  // Whether the last change is so long ago that another change would show in the file's times.
  bool is_settled(const FileInfo& facts) const { return facts.change.seconds + limits::cache_settled_s <= seconds_; }

  // Stores the compressed copy of an entry; it is freed with the entry. False: there is no room.
  bool keep_copy(CacheEntry& entry, std::span<const char> bytes);

  // Adds an entry for a name that has none. file: open if facts are those of a regular file; the entry owns it until
  // its users are done, or until keep_body(). Null: there is no place; then file is still the caller's.
  CacheEntry* put(const CacheHash& hash, const FileInfo& facts, sys::Fd& file);

  // Called before the body of a file is sent, when the entry has users and its descriptor: reads the file into memory,
  // or keeps the descriptor, as far as there is room. A file that was asked for before replaces bytes that nobody has
  // asked for within limits::cache_unused_ms; a client that requests every file once replaces nothing.
  void keep_body(CacheEntry& entry);

  // Removes the entry from the table. Its users may finish.
  void drop(CacheEntry& entry);
  void drop_all();
  // Drops an entry that has changed, before put() adds its successor: that one keeps the rank of a resident. facts: of
  // now.
  void replace(CacheEntry& entry, const FileInfo& facts);

  // Closes descriptors that nobody has used within limits::cache_unused_ms: an open descriptor keeps the blocks of a
  // removed file allocated, and its file system from being unmounted. The loop calls this at sweep_at_ms(); INT64_MAX:
  // no descriptor is kept.
  void sweep(int64_t now_ms);
  int64_t sweep_at_ms() const {
    if (files_.empty()) return INT64_MAX;
    int64_t due_ms = entries_[files_.front].checked_ms + limits::cache_unused_ms;
    return due_ms > next_sweep_ms_ ? due_ms : next_sweep_ms_;
  }

  // For Source. The last user of a detached entry frees it.
  void release(CacheEntry& entry);

  uint32_t size() const { return newcomers_.count + residents_.count; }

  // How many names were looked up, ever: `fresh` needed no check, `checked` were confirmed by one, `added` were new or
  // had changed.
  struct Lookups {
    uint64_t fresh = 0;
    uint64_t checked = 0;
    uint64_t added = 0;
  };
  Lookups lookups;

 private:
  void leave_table(CacheEntry& entry);

  bool is_due(const CacheEntry& entry) const {
    return static_cast<uint32_t>(now_ms_) - entry.opened_ms >= limits::cache_opened_ms &&
           opened_in_second_ < limits::cache_opened_a_second;
  }
  void note_opened(CacheEntry& entry) {
    if (is_due(entry)) opened_in_second_++;
    entry.opened_ms = static_cast<uint32_t>(now_ms_);
  }
  List& list_of(const CacheEntry& entry) { return entry.resident ? residents_ : newcomers_; }
  uint32_t index_of(const CacheEntry& entry) const { return static_cast<uint32_t>(&entry - entries_.data()); }
  uint32_t& bucket_of(const CacheHash& hash) { return buckets_[hash[0] & (buckets_.size() - 1)]; }
  void enter(List& list, Links CacheEntry::*links, CacheEntry& entry);
  void leave(List& list, Links CacheEntry::*links, CacheEntry& entry);
  bool make_room();
  char* take_bytes(size_t size, size_t tries, int64_t unasked_ms);
  uint32_t& mark_of(const CacheHash& hash) { return marks_[hash[0] & (marks_.size() - 1)]; }
  bool keep_bytes(CacheEntry& entry);
  bool evict_bytes(int64_t unasked_ms);
  void close_file(CacheEntry& entry);
  void free_bytes(CacheEntry& entry);
  void give_back(char* memory);
  void free(CacheEntry& entry);
  void touch(List& list, Links CacheEntry::*links, CacheEntry& entry) {
    leave(list, links, entry);
    enter(list, links, entry);
  }
  static bool has_bytes(const CacheEntry& entry) { return entry.memory != nullptr || entry.copy_memory != nullptr; }
  uint32_t next_serial() { return ++serials_ != 0 ? serials_ : ++serials_; }

  std::span<CacheEntry> entries_;
  std::span<uint32_t> buckets_; // entry index + 1, so that 0 means none
  std::span<uint32_t> marks_;   // of evicted names; 0: none
  Pool slots_;
  Buddy bytes_;
  uint32_t descriptors_;
  SipKey key_;
  int64_t now_ms_ = 0;
  int64_t seconds_ = 0;
  int64_t valid_until_ms_ = 0;
  int64_t answered_ms_ = 0;
  int64_t second_began_ms_ = 0;
  uint32_t opened_in_second_ = 0; // only those that were due
  uint32_t receipts_ = 0;
  uint32_t careful_answers_ = 0; // how many of the next responses are careful
  bool careful_ = false;         // the current response is
  bool checked_ = false;
  uint32_t serials_ = 0;
  List newcomers_;
  List residents_;
  // In order of their last check:
  List files_;  // entries that keep a descriptor
  List bodies_; // entries with bytes
  int64_t next_sweep_ms_ = 0;
};

} // namespace minhttp::site
