// SPDX-License-Identifier: MIT
#include "site/cache.h"

#include <new>

#include "base/bytes.h"
#include "base/check.h"
#include "sys/file.h"

namespace minhttp::site {

namespace {

// The half of a hash that does not choose the bucket; never zero.
uint32_t mark(uint64_t hash) { return static_cast<uint32_t>(hash >> 32) | 1; }

} // namespace

Source::Source(CacheEntry& entry, bool copy) : copy_(copy), entry_(&entry) { entry.users++; }

const char* Source::memory() const {
  if (entry_ == nullptr) return nullptr;
  return copy_ ? entry_->copy_memory : entry_->memory;
}

int Source::file() const { return entry_ == nullptr ? own_.number() : entry_->file.number(); }

void Source::forget() const {
  if (entry_ != nullptr && !entry_->gone) entry_->cache->drop(*entry_);
}

void Source::let_go() {
  CacheEntry& entry = *entry_;
  entry_ = nullptr;
  entry.cache->release(entry);
}

size_t CacheMemory::buckets_for(size_t entries) {
  size_t buckets = 1;
  while (buckets < entries) buckets *= 2;
  return buckets;
}

CacheEntry* Cache::find(const Key& key) {
  for (uint32_t next = bucket_of(key.hash); next != 0;) {
    CacheEntry& entry = entries_[next - 1];
    cost::add(cost::Kind::probes);
    if (entry.hash == key.hash && entry.site == key.site && equal(entry.name_view(), key.name)) {
      entry.asked_again = true;
      return &entry;
    }
    next = entry.next_in_bucket;
  }
  return nullptr;
}

CacheEntry* Cache::put(const Key& key, const FileInfo& facts, sys::Fd& file) {
  if (key.name.size() > limits::cached_name_max || entries_.empty()) return nullptr;
  uint32_t slot = slots_.take();
  if (slot == Pool::none && make_room()) slot = slots_.take();
  if (slot == Pool::none) return nullptr;
  CacheEntry& entry = *new (&entries_[slot]) CacheEntry;
  entry.cache = this;
  entry.facts = facts;
  entry.checked_ms = now_ms_;
  entry.checked_receipt = receipts_;
  entry.hash = key.hash;
  entry.serial = ++serials_;
  entry.site = key.site;
  entry.name_size = static_cast<uint16_t>(key.name.size());
  __builtin_memcpy(entry.name, key.name.data(), key.name.size());
  entry.resident = mark_of(key.hash) == mark(key.hash);
  keep_bytes(entry, file);
  enter(queue_of(entry), &CacheEntry::in_queue, entry);
  if (entry.file.open()) enter(files_, &CacheEntry::in_files, entry);
  uint32_t& bucket = bucket_of(entry.hash);
  entry.next_in_bucket = bucket;
  bucket = slot + 1;
  return &entry;
}

// Reads a small file into memory and closes its descriptor, which saves a system call for every response. If the read
// falls short, the descriptor stays.
void Cache::keep_bytes(CacheEntry& entry, sys::Fd& file) {
  entry.file = static_cast<sys::Fd&&>(file);
  uint64_t size = entry.facts.validators.size;
  if (entry.facts.kind != Found::Kind::file || size == 0 || size > limits::body_in_memory_max) return;
  char* memory = take_bytes(size, limits::cache_tries_max);
  if (memory == nullptr) return;
  auto read = sys::pread(entry.file.number(), memory, size, 0);
  if (!read.ok() || read.value() != size) return bytes_.give_back(memory);
  entry.memory = memory;
  entry.read_ms = static_cast<uint32_t>(now_ms_);
  entry.racy_read = !is_settled(entry.facts);
  entry.file.close();
}

// Evicts at most `tries` entries to get memory.
char* Cache::take_bytes(size_t size, size_t tries) {
  if (bytes_.has_none()) return nullptr; // evicting entries would not free any
  char* memory = bytes_.take(size);
  for (size_t i = 0; memory == nullptr && i < tries && make_room(); i++) memory = bytes_.take(size);
  return memory;
}

// True: the entry stays as it is, with its copy and the replays that depend on it.
[[gnu::noinline]] bool Cache::still_holds(CacheEntry& entry, const FileInfo& facts, const sys::Fd& file) {
  if (entry.memory == nullptr || entry.racy_read || !facts.same(entry.facts)) return false;
  size_t size = entry.facts.validators.size;
  char* memory = bytes_.take(size);
  if (memory == nullptr) return false;
  auto read = sys::pread(file.number(), memory, size, 0);
  bool same = read.ok() && read.value() == size && __builtin_memcmp(memory, entry.memory, size) == 0;
  bytes_.give_back(memory);
  if (!same) return false;
  entry.read_ms = static_cast<uint32_t>(now_ms_);
  return true;
}

// Making room may evict this very entry.
bool Cache::keep_copy(CacheEntry& entry, std::span<const char> bytes) {
  char* memory = take_bytes(bytes.size(), limits::cache_tries_max + bytes.size() / limits::copy_bytes_a_try);
  if (memory == nullptr) return false;
  if (entry.gone) return bytes_.give_back(memory), false;
  __builtin_memcpy(memory, bytes.data(), bytes.size());
  cost::add(cost::Kind::bytes, bytes.size());
  entry.copy_memory = memory;
  entry.copy_size = static_cast<uint32_t>(bytes.size());
  entry.copy = Copy::made;
  entry.serial = ++serials_; // responses with the uncompressed file are not replayed any more
  return true;
}

void Cache::drop(CacheEntry& entry) {
  uint32_t* link = &bucket_of(entry.hash);
  while (*link != index_of(entry) + 1) {
    CHECK(*link != 0);
    link = &entries_[*link - 1].next_in_bucket;
  }
  *link = entry.next_in_bucket;
  leave(queue_of(entry), &CacheEntry::in_queue, entry);
  if (entry.file.open() && !entry.unused) leave(files_, &CacheEntry::in_files, entry);
  entry.gone = true;
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
  if (entry.file.open()) {
    if (!entry.unused) leave(files_, &CacheEntry::in_files, entry);
  } else {
    if (entry.copy_memory == nullptr || entry.memory != nullptr) return;
    entry.file = static_cast<sys::Fd&&>(file);
  }
  entry.unused = false;
  enter(files_, &CacheEntry::in_files, entry);
}

void Cache::sweep(int64_t now_ms) {
  if (now_ms < sweep_at_ms()) return;
  next_sweep_ms_ = now_ms + limits::cache_sweep_ms;
  for (int i = 0; i < limits::cache_sweep_max && files_.oldest != Pool::none; i++) {
    CacheEntry& entry = entries_[files_.oldest];
    if (now_ms - entry.checked_ms < limits::cache_unused_ms) return;
    if (entry.copy != Copy::made) {
      leave_table(entry);
      continue;
    }
    leave(files_, &CacheEntry::in_files, entry);
    entry.unused = entry.users > 0;
    if (!entry.unused) entry.file.close();
  }
}

void Cache::drop_all() {
  for (Queue* queue : {&newcomers_, &residents_}) {
    while (queue->oldest != Pool::none) drop(entries_[queue->oldest]);
  }
}

void Cache::release(CacheEntry& entry) {
  CHECK(entry.users > 0);
  if (--entry.users > 0) return;
  if (entry.gone) return free(entry);
  if (entry.unused) entry.file.close();
  entry.unused = false;
}

void Cache::free(CacheEntry& entry) {
  if (entry.memory != nullptr) bytes_.give_back(entry.memory);
  if (entry.copy_memory != nullptr) bytes_.give_back(entry.copy_memory);
  entry.memory = entry.copy_memory = nullptr;
  entry.file.close();
  slots_.give_back(index_of(entry));
}

[[gnu::noinline]] void Cache::enter(Queue& queue, CacheLinks CacheEntry::*links, CacheEntry& entry) {
  uint32_t index = index_of(entry);
  (entry.*links).newer = Pool::none;
  (entry.*links).older = queue.newest;
  (queue.newest == Pool::none ? queue.oldest : (entries_[queue.newest].*links).newer) = index;
  queue.newest = index;
  queue.count++;
}

[[gnu::noinline]] void Cache::leave(Queue& queue, CacheLinks CacheEntry::*links, CacheEntry& entry) {
  auto [newer, older] = entry.*links;
  (newer == Pool::none ? queue.newest : (entries_[newer].*links).older) = older;
  (older == Pool::none ? queue.oldest : (entries_[older].*links).newer) = newer;
  queue.count--;
}

// Evicts one entry; its memory is free at once unless it is being sent. An entry that was asked for again is moved
// instead, once for each time, so in the long run there is one step for each request. One call takes at most
// limits::cache_tries_max steps.
bool Cache::make_room() {
  for (int i = 0; size() > 0; i++) {
    bool newcomer = newcomers_.count > entries_.size() / 8 || residents_.count == 0;
    CacheEntry& entry = entries_[(newcomer ? newcomers_ : residents_).oldest];
    if (i == limits::cache_tries_max) return false; // all these entries are in demand: the new name may try again
    if (!entry.asked_again) {
      if (!entry.resident) mark_of(entry.hash) = mark(entry.hash);
      drop(entry);
      return true;
    }
    leave(queue_of(entry), &CacheEntry::in_queue, entry);
    entry.asked_again = false;
    entry.resident = true;
    enter(residents_, &CacheEntry::in_queue, entry);
  }
  return false;
}

} // namespace minhttp::site
