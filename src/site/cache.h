// SPDX-License-Identifier: MIT
#pragma once
// What names of the sites led to a moment ago: files, directories, and names that nothing has. A fixed number of
// entries in a fixed piece of memory; a name is found in constant time.
//
// Three things are bounded apart: entries, bytes and descriptors. A small file has its bytes here and a larger one its
// descriptor; so has a small one for whose bytes there is no room. An entry that has neither still tells what the name
// leads to, and its file is opened for each answer (keep_body).
//
// Who makes room: a new name first has to prove itself. It enters the back of one queue, the
// newcomers'; when it comes to the front of it and was asked for again meanwhile, it moves on
// to the queue of the residents, else it leaves. The newcomers have an eighth of the places when
// all are taken, so a client that walks through a million names goes through that eighth, and
// the residents stay. Of a newcomer that has left, a mark remains for a while: when it comes
// back, it is a resident at once, else those of yesterday would never leave (S3-FIFO, Yang and
// others, 2023).

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/buddy.h"
#include "base/pool.h"
#include "base/siphash.h"
#include "site/body.h"
#include "tables/limits.h"

namespace minhttp::site {

class Cache;

// Neighbours in a list of entries.
struct CacheLinks {
  uint32_t newer = Pool::none;
  uint32_t older = Pool::none;
};

// Of the bytes of a file, gzipped by us (site/compressor.h).
enum class Copy : uint8_t {
  untried,
  waiting, // for the encoder, or it is at work
  made,
  none // there is nothing to gain, or no memory
};

using CacheHash = std::array<uint64_t, 2>;

struct CacheEntry {
  Cache* cache = nullptr;
  char* memory = nullptr;      // the bytes, where they are
  char* copy_memory = nullptr; // of the copy, where it is made
  Facts facts;
  int64_t checked_ms = 0; // when the name was looked at
  CacheHash hash = {};
  sys::Fd file;       // of a regular file whose bytes are not in memory
  uint32_t users = 0; // sources that were not closed yet
  uint32_t next_in_bucket = Pool::none;
  CacheLinks in_queue;
  CacheLinks in_files;          // of those that keep their descriptor
  CacheLinks in_bodies;         // of those with bytes
  uint32_t checked_receipt = 0; // when it was looked at, as Cache::receipts_
  uint32_t opened_ms = 0;       // when its file was opened and its bytes read, the low half of that time
  uint32_t serial = 0;          // another one for another body; who is gone has none
  uint32_t copy_size = 0;
  Copy copy = Copy::untried;
  bool resident : 1 = false;
  bool asked_again : 1 = false;
  bool read_early : 1 = false; // its bytes, soon after the file was changed
  bool gone : 1 = false;       // out of the table: its last user frees it
  bool passing : 1 = false;    // its last user closes the descriptor, which is in no list
  bool sent : 1 = false;       // its body was wanted, not only what is known of the file

  // Of a file: whether it can be sent as it is.
  bool at_hand() const { return memory != nullptr || file.open(); }
  // And also for the next one.
  bool keeps_body() const { return memory != nullptr || (file.open() && !passing); }
};
static_assert(sizeof(CacheEntry) <= 192, "docs/limits.md says what a name takes");

// All zero at first. The pages of what is never used are never touched.
struct CacheMemory {
  std::span<CacheEntry> entries;
  std::span<uint32_t> free_entries;
  std::span<uint32_t> buckets; // a power of two
  std::span<uint32_t> marks;   // as many
  std::span<char> bytes;       // of small files
  std::span<uint8_t> states;   // Buddy::states_for(bytes)

  static size_t buckets_for(size_t entries);
};

class Cache {
 public:
  // descriptors: so many are kept at most, beside those that are being sent. key: not known to clients.
  Cache(const CacheMemory& memory, uint32_t descriptors, const SipKey& key)
      : entries_(memory.entries),
        buckets_(memory.buckets),
        marks_(memory.marks),
        slots_(memory.free_entries),
        bytes_(memory.bytes, memory.states),
        descriptors_(descriptors),
        key_(key) {}

  // Bytes of a client have come. A look from before them may not show what the client knows of.
  void note_received() { receipts_++; }

  // Whether the next answer believes no look from before its request: who edits a file and asks for it shall see the
  // change. So it is after a quiet moment, when a look costs nobody anything, and after a look that has found a change.
  // now_ms: on a clock that never goes back.
  bool is_careful(int64_t now_ms) {
    if (now_ms - answered_ms_ >= limits::cache_quiet_ms) careful_answers_ = limits::cache_careful_answers;
    answered_ms_ = now_ms;
    return careful_answers_ > 0;
  }

  // An answer is sought, at this time and at this one, since 1970.
  void begin(int64_t now_ms, int64_t seconds) {
    now_ms_ = now_ms;
    seconds_ = seconds;
    valid_until_ms_ = INT64_MAX;
    looked_ = false;
    if (now_ms - second_began_ms_ >= 1000) {
      second_began_ms_ = now_ms;
      opened_in_second_ = 0;
    }
    careful_ = is_careful(now_ms);
    if (careful_) careful_answers_--;
  }

  // Whether something was looked at since begin(), and not only remembered.
  bool has_looked() const { return looked_; }
  // Until when all that was found since begin() stands; not after `now` where something was not
  // from here.
  int64_t valid_until_ms() const { return valid_until_ms_; }
  // What was found is as of that time; null: it is not kept.
  void note(const CacheEntry* entry) {
    int64_t until = entry == nullptr ? now_ms_ : entry->checked_ms + limits::cache_fresh_ms;
    if (until < valid_until_ms_) valid_until_ms_ = until;
  }

  // Of a name relative to the root of its site, with every suffix. It stands for the name: who does not know the key
  // cannot find two names with the same 128 bits, and by chance it does not happen.
  CacheHash hash_of(uint32_t site, std::string_view name) const {
    CacheHash hash = siphash128(key_, name);
    hash[0] += site;
    return hash;
  }

  // The entry of a name; null: there is none. It stands until the next call of put() or drop().
  CacheEntry* find(const CacheHash& hash);

  // Whether what the last look found stands for this answer.
  bool is_fresh(const CacheEntry& entry) const {
    return careful_ ? entry.checked_receipt == receipts_ : now_ms_ - entry.checked_ms < limits::cache_fresh_ms;
  }
  // A look has found what was there before. file: of the name, where it was opened for that look; taken where the entry
  // has nothing to send. Who needs the body calls keep_body() anew.
  void confirm(CacheEntry& entry, sys::Fd& file);
  // Whether a look at the name's facts will do, and the file need not be opened: for limits::cache_opened_ms, where its
  // body is at hand or was never wanted.
  bool may_stat(const CacheEntry& entry) const {
    return entry.facts.kind == Found::Kind::file && !entry.read_early && !is_due(entry) &&
           (entry.at_hand() || (!entry.sent && is_settled(entry.facts)));
  }
  // Whether these facts, of now, say that the entry is still right. Of bytes that were read soon after a
  // change they do not: time goes in steps, of 10 ms or of a second, and another change may have
  // followed in the same one. Nor of bytes that were read long ago: stores through a mapping move no time
  // before msync(2) or writeback, and on tmpfs never.
  bool still_tells(const CacheEntry& entry, const Facts& facts) const {
    return !entry.read_early && !(entry.memory != nullptr && is_due(entry)) && facts.same(entry.facts);
  }

  // The same of bytes that were read long ago: reads them again. file: open where the facts tell of a regular file.
  bool still_holds(CacheEntry& entry, const Facts& facts, const sys::Fd& file);

  // Whether a change of the file would show in its times by now.
  bool is_settled(const Facts& facts) const { return facts.change.seconds + limits::cache_settled_s <= seconds_; }

  // These are the entry's compressed copy, until the entry is gone. False: there is no room, or the entry is gone.
  bool keep_copy(CacheEntry& entry, std::span<const char> bytes);

  // A new entry for a name that has none. file: open where the facts tell of a regular file; the entry has it until its
  // users are done, or keep_body(). Null, and file is still the caller's: there is no place.
  CacheEntry* put(const CacheHash& hash, const Facts& facts, sys::Fd& file);

  // The body of a file is to be sent, and the entry has users and its descriptor: reads it into memory, or keeps the
  // descriptor, as far as there is room. A file that was asked for before takes that of bytes which nobody has asked for
  // within limits::cache_unused_ms; a walk through all files takes nothing from anybody.
  void keep_body(CacheEntry& entry);

  // It is no longer found. Who uses it may finish.
  void drop(CacheEntry& entry);
  void drop_all();
  // The same for an entry that another one of its name is to follow: that one keeps the place. facts: of now.
  void replace(CacheEntry& entry, const Facts& facts);

  // Closes descriptors that nobody has asked for within limits::cache_unused_ms: they would keep a removed file's
  // blocks, and a file system from being unmounted. A loop calls it when sweep_at_ms() has come; INT64_MAX: there is no
  // descriptor.
  void sweep(int64_t now_ms);
  int64_t sweep_at_ms() const {
    if (files_.oldest == Pool::none) return INT64_MAX;
    int64_t due_ms = entries_[files_.oldest].checked_ms + limits::cache_unused_ms;
    return due_ms > next_sweep_ms_ ? due_ms : next_sweep_ms_;
  }

  // For Source: the last user of an entry that is gone frees it.
  void release(CacheEntry& entry);

  uint32_t size() const { return newcomers_.count + residents_.count; }

 private:
  void make_way(CacheEntry& entry);

  struct Queue {
    uint32_t newest = Pool::none;
    uint32_t oldest = Pool::none;
    uint32_t count = 0;
  };

  bool is_due(const CacheEntry& entry) const {
    return static_cast<uint32_t>(now_ms_) - entry.opened_ms >= limits::cache_opened_ms &&
           opened_in_second_ < limits::cache_opened_a_second;
  }
  void note_opened(CacheEntry& entry) {
    if (is_due(entry)) opened_in_second_++;
    entry.opened_ms = static_cast<uint32_t>(now_ms_);
  }
  Queue& queue_of(const CacheEntry& entry) { return entry.resident ? residents_ : newcomers_; }
  uint32_t index_of(const CacheEntry& entry) const { return static_cast<uint32_t>(&entry - entries_.data()); }
  uint32_t& bucket_of(const CacheHash& hash) { return buckets_[hash[0] & (buckets_.size() - 1)]; }
  void enter(Queue& queue, CacheLinks CacheEntry::*links, CacheEntry& entry);
  void leave(Queue& queue, CacheLinks CacheEntry::*links, CacheEntry& entry);
  bool make_room();
  char* take_bytes(size_t size, size_t tries, int64_t unasked_ms);
  uint32_t& mark_of(const CacheHash& hash) { return marks_[hash[0] & (marks_.size() - 1)]; }
  bool keep_bytes(CacheEntry& entry);
  bool push_out_bytes(int64_t unasked_ms);
  void close_file(CacheEntry& entry);
  void free_bytes(CacheEntry& entry);
  void give_back(char* memory);
  void free(CacheEntry& entry);
  void touch(Queue& queue, CacheLinks CacheEntry::*links, CacheEntry& entry) {
    leave(queue, links, entry);
    enter(queue, links, entry);
  }
  static bool has_bytes(const CacheEntry& entry) { return entry.memory != nullptr || entry.copy_memory != nullptr; }
  uint32_t next_serial() { return ++serials_ != 0 ? serials_ : ++serials_; }

  std::span<CacheEntry> entries_;
  std::span<uint32_t> buckets_; // an entry's number and one more, so that zero is none
  std::span<uint32_t> marks_;   // of names that have left; zero: none
  Pool slots_;
  Buddy bytes_;
  uint32_t descriptors_;
  SipKey key_;
  int64_t now_ms_ = 0;
  int64_t seconds_ = 0;
  int64_t valid_until_ms_ = 0;
  int64_t answered_ms_ = 0;
  int64_t second_began_ms_ = 0;
  uint32_t opened_in_second_ = 0; // because they were due
  uint32_t receipts_ = 0;
  uint32_t careful_answers_ = 0; // so many more are careful
  bool careful_ = false;         // this one is
  bool looked_ = false;
  uint32_t serials_ = 0;
  Queue newcomers_;
  Queue residents_;
  // By the time when they were looked at:
  Queue files_;  // entries that keep a descriptor
  Queue bodies_; // entries with bytes
  int64_t next_sweep_ms_ = 0;
};

} // namespace minhttp::site
