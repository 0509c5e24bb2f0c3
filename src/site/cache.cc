// SPDX-License-Identifier: MIT
#include "site/cache.h"

#include <new>

#include "base/bytes.h"
#include "base/check.h"
#include "sys/file.h"

namespace minhttp::site {

namespace {

// The half of a hash that does not choose the bucket; never zero.
uint32_t mark(const CacheHash& hash) { return static_cast<uint32_t>(hash[1]) | 1; }

} // namespace

Source::Source(CacheEntry& entry, bool copy) : kind_(copy ? Kind::copy : Kind::entry), entry_(&entry) { entry.users++; }

const char* Source::memory() const {
  switch (kind_) {
    case Kind::file: return nullptr;
    case Kind::entry: return entry_->memory;
    case Kind::copy: return entry_->copy_memory;
    case Kind::fixed: return fixed_;
  }
  __builtin_unreachable();
}

int Source::file() const { return is_entry() ? entry_->file.number() : own_.number(); }

bool Source::read(uint64_t offset, std::span<char> to) const {
  return is_entry() && memory() == nullptr && copy(offset, to);
}

bool Source::copy(uint64_t offset, std::span<char> to) const {
  if (const char* from = memory(); from != nullptr) {
    __builtin_memcpy(to.data(), from + offset, to.size());
    return true;
  }
  for (int tries = 1; !to.empty();) { // network file systems may return fewer bytes, and some EINTR
    auto count = sys::pread(file(), to.data(), to.size(), offset);
    if (count.is(Errno::EINTR_) && tries++ < limits::open_tries_max) continue;
    if (!count.ok() || count.value() == 0) return false;
    offset += count.value();
    to = to.subspan(count.value());
  }
  return true;
}

void Source::forget() const {
  if (is_entry() && !entry_->detached) entry_->cache->drop(*entry_);
}

void Source::let_go() {
  CacheEntry& entry = *entry_;
  kind_ = Kind::file;
  if (entry.cache == nullptr) {
    entry.users--;
  } else {
    entry.cache->release(entry);
  }
}

size_t CacheMemory::buckets_for(size_t entries) {
  size_t buckets = 1;
  while (buckets < entries) buckets *= 2;
  return buckets;
}

CacheEntry* Cache::find(const CacheHash& hash) {
  for (uint32_t next = bucket_of(hash); next != 0;) {
    CacheEntry& entry = entries_[next - 1];
    cost::add(cost::Kind::probes);
    if (entry.hash == hash) {
      entry.asked_again = true;
      return &entry;
    }
    next = entry.next_in_bucket;
  }
  return nullptr;
}

CacheEntry* Cache::put(const CacheHash& hash, const FileInfo& facts, sys::Fd& file) {
  uint32_t slot = slots_.take();
  if (slot == Pool::none && make_room()) slot = slots_.take();
  if (slot == Pool::none) return nullptr;
  CacheEntry& entry = *new (&entries_[slot]) CacheEntry;
  entry.cache = this;
  entry.facts = facts;
  entry.checked_ms = now_ms_;
  entry.checked_receipt = receipts_;
  entry.hash = hash;
  entry.opened_ms = static_cast<uint32_t>(now_ms_);
  checked_ = true;
  entry.serial = next_serial();
  entry.file = static_cast<sys::Fd&&>(file);
  entry.unused = entry.file.open();
  entry.resident = mark_of(hash) == mark(hash);
  enter(list_of(entry), &CacheEntry::in_eviction, entry);
  uint32_t& bucket = bucket_of(entry.hash);
  entry.next_in_bucket = bucket;
  bucket = slot + 1;
  return &entry;
}

void Cache::keep_body(CacheEntry& entry) {
  entry.sent = true;
  if (keep_bytes(entry) || files_.count >= descriptors_) return;
  entry.unused = false;
  enter(files_, &CacheEntry::in_files, entry);
}

// Reads a small file into memory and closes its descriptor, which saves a system call for every response. False: others
// send from the descriptor, there is no room, or the read falls short; then the descriptor stays.
bool Cache::keep_bytes(CacheEntry& entry) {
  bool again = entry.asked_again || entry.resident;
  int64_t unasked_ms = again ? limits::cache_unused_ms : INT64_MAX;
  uint64_t size = entry.facts.validators.size;
  if (size == 0 || size > limits::body_in_memory_max || entry.users > 1) return false;
  char* memory = take_bytes(size, limits::cache_tries_max, unasked_ms);
  if (memory == nullptr) return false;
  auto read = sys::pread(entry.file.number(), memory, size, 0);
  if (!read.ok() || read.value() != size) {
    give_back(memory);
    return false;
  }
  if (!entry.unused) leave(files_, &CacheEntry::in_files, entry);
  if (entry.copy_memory == nullptr) enter(bodies_, &CacheEntry::in_bodies, entry);
  entry.memory = memory;
  entry.opened_ms = static_cast<uint32_t>(now_ms_);
  entry.racy_read = !is_settled(entry.facts);
  entry.facts.validators.hashed = false; // stores through a mapping may have changed them since
  entry.unused = false;
  entry.file.close();
  return true;
}

// Frees the bytes of at most `tries` entries to get memory.
[[gnu::noinline]] char* Cache::take_bytes(size_t size, size_t tries, int64_t unasked_ms) {
  if (bytes_.has_none()) return nullptr;
  for (size_t i = 0;; i++) {
    char* memory = bytes_.take(size);
    if (memory != nullptr || i == tries || !evict_bytes(unasked_ms)) return memory;
  }
}

// Frees the bytes of the entry whose last check is the oldest; an entry that is being sent is passed over. False: there
// is none, or it was checked within unasked_ms.
bool Cache::evict_bytes(int64_t unasked_ms) {
  if (bodies_.empty()) return false;
  CacheEntry& entry = entries_[bodies_.front];
  if (now_ms_ - entry.checked_ms < unasked_ms) return false;
  if (entry.users > 0) {
    touch(bodies_, &CacheEntry::in_bodies, entry);
    return true;
  }
  // Its facts hold only for these bytes.
  if (entry.racy_read) {
    leave_table(entry);
    return true;
  }
  leave(bodies_, &CacheEntry::in_bodies, entry);
  free_bytes(entry);
  if (entry.copy == Copy::made) entry.copy = Copy::untried;
  entry.serial = next_serial();
  return true;
}

// Replays would be sent from the descriptor: the new serial prevents them.
void Cache::close_file(CacheEntry& entry) {
  entry.file.close();
  entry.unused = false;
  entry.serial = next_serial();
}

// True: the entry stays as it is, with its copy and the replays that depend on it.
[[gnu::noinline]] bool Cache::still_holds(CacheEntry& entry, const FileInfo& facts, const sys::Fd& file) {
  if (entry.memory == nullptr || entry.racy_read || !facts.same(entry.facts)) return false;
  size_t size = entry.facts.validators.size;
  char bytes[limits::body_in_memory_max];
  auto read = sys::pread(file.number(), bytes, size, 0);
  if (!read.ok() || read.value() != size || __builtin_memcmp(bytes, entry.memory, size) != 0) return false;
  note_opened(entry);
  return true;
}

bool Cache::keep_copy(CacheEntry& entry, std::span<const char> bytes) {
  char* memory = take_bytes(bytes.size(), limits::cache_tries_max + bytes.size() / limits::copy_bytes_a_try, 0);
  if (memory == nullptr) return false;
  if (entry.memory == nullptr) enter(bodies_, &CacheEntry::in_bodies, entry);
  __builtin_memcpy(memory, bytes.data(), bytes.size());
  cost::add(cost::Kind::bytes, bytes.size());
  entry.copy_memory = memory;
  entry.copy_size = static_cast<uint32_t>(bytes.size());
  entry.copy = Copy::made;
  entry.serial = next_serial(); // responses with the uncompressed file are not replayed any more
  return true;
}

void Cache::drop(CacheEntry& entry) {
  uint32_t* link = &bucket_of(entry.hash);
  while (*link != index_of(entry) + 1) {
    CHECK(*link != 0);
    link = &entries_[*link - 1].next_in_bucket;
  }
  *link = entry.next_in_bucket;
  leave(list_of(entry), &CacheEntry::in_eviction, entry);
  if (entry.file.open() && !entry.unused) leave(files_, &CacheEntry::in_files, entry);
  if (has_bytes(entry)) leave(bodies_, &CacheEntry::in_bodies, entry);
  entry.detached = true;
  entry.serial = 0;
  if (entry.users == 0) free(entry);
}

[[gnu::noinline]] void Cache::leave_table(CacheEntry& entry) {
  if (entry.resident) mark_of(entry.hash) = mark(entry.hash);
  drop(entry);
}

void Cache::replace(CacheEntry& entry, const FileInfo& facts) {
  if (!facts.same(entry.facts)) careful_answers_ = limits::cache_careful_answers;
  leave_table(entry);
}

void Cache::confirm(CacheEntry& entry, sys::Fd& file) {
  entry.checked_ms = now_ms_;
  entry.checked_receipt = receipts_;
  checked_ = true;
  if (has_bytes(entry)) touch(bodies_, &CacheEntry::in_bodies, entry);
  if (entry.memory != nullptr) return;
  if (file.open()) note_opened(entry);
  if (!entry.file.open()) {
    entry.file = static_cast<sys::Fd&&>(file);
    entry.unused = entry.file.open();
  } else if (!entry.unused) {
    touch(files_, &CacheEntry::in_files, entry);
    if (entry.users == 0 && entry.sent) (void)keep_bytes(entry);
  }
}

void Cache::sweep(int64_t now_ms) {
  if (now_ms < sweep_at_ms()) return;
  next_sweep_ms_ = now_ms + limits::cache_sweep_ms;
  for (int i = 0; i < limits::cache_sweep_max && !files_.empty(); i++) {
    CacheEntry& entry = entries_[files_.front];
    if (now_ms - entry.checked_ms < limits::cache_unused_ms) return;
    leave(files_, &CacheEntry::in_files, entry);
    entry.unused = entry.users > 0;
    if (!entry.unused) close_file(entry);
  }
}

void Cache::drop_all() {
  for (List* list : {&newcomers_, &residents_}) {
    while (!list->empty()) drop(entries_[list->front]);
  }
}

void Cache::release(CacheEntry& entry) {
  CHECK(entry.users > 0);
  if (--entry.users > 0) return;
  if (entry.detached) return free(entry);
  if (entry.unused) close_file(entry);
}

void Cache::free_bytes(CacheEntry& entry) {
  give_back(entry.memory);
  give_back(entry.copy_memory);
  entry.memory = entry.copy_memory = nullptr;
}

[[gnu::noinline]] void Cache::give_back(char* memory) {
  if (memory != nullptr) bytes_.give_back(memory);
}

void Cache::free(CacheEntry& entry) {
  free_bytes(entry);
  entry.file.close();
  slots_.give_back(index_of(entry));
}

[[gnu::noinline]] void Cache::enter(List& list, Links CacheEntry::*links, CacheEntry& entry) {
  list.append(entries_, links, index_of(entry));
}

[[gnu::noinline]] void Cache::leave(List& list, Links CacheEntry::*links, CacheEntry& entry) {
  list.remove(entries_, links, index_of(entry));
}

// Evicts one entry; its memory is free at once unless it is being sent. An entry that was asked for again is moved
// instead, once for each time, so in the long run there is one step for each request. One call takes at most
// limits::cache_tries_max steps.
bool Cache::make_room() {
  for (int i = 0; size() > 0; i++) {
    bool newcomer = newcomers_.count > entries_.size() / 8 || residents_.count == 0;
    CacheEntry& entry = entries_[(newcomer ? newcomers_ : residents_).front];
    if (i == limits::cache_tries_max) return false; // all these entries are in demand: the new name may try again
    if (!entry.asked_again) {
      if (!entry.resident) mark_of(entry.hash) = mark(entry.hash);
      drop(entry);
      return true;
    }
    leave(list_of(entry), &CacheEntry::in_eviction, entry);
    entry.asked_again = false;
    entry.resident = true;
    enter(residents_, &CacheEntry::in_eviction, entry);
  }
  return false;
}

} // namespace minhttp::site
