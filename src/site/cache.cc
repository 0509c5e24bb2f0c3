#include "site/cache.h"

#include <new>

#include "base/bytes.h"
#include "base/check.h"
#include "sys/file.h"

namespace minhttp::site {

namespace {

// The half of a hash that its place does not tell of; never zero.
uint32_t mark(uint64_t hash) { return static_cast<uint32_t>(hash >> 32) | 1; }

} // namespace

Source::Source(CacheEntry& entry) : entry_(&entry) { entry.users++; }

const char* Source::memory() const { return entry_ == nullptr ? nullptr : entry_->memory; }

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

CacheEntry* Cache::put(const Key& key, const Facts& facts, sys::Fd& file) {
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

// A small file becomes its bytes: no descriptor, and one call less for every answer. One that
// changes while it is read stays a file.
void Cache::keep_bytes(CacheEntry& entry, sys::Fd& file) {
  entry.file = static_cast<sys::Fd&&>(file);
  uint64_t size = entry.facts.validators.size;
  if (entry.facts.kind != Found::Kind::file || size == 0 || size > limits::body_in_memory_max) return;
  if (bytes_.has_none()) return; // no entry that leaves would make room
  char* memory = bytes_.take(size);
  for (int i = 0; memory == nullptr && i < limits::cache_tries_max && make_room(); i++) memory = bytes_.take(size);
  if (memory == nullptr) return;
  auto read = sys::pread(entry.file.number(), memory, size, 0);
  if (!read.ok() || read.value() != size) return bytes_.give_back(memory);
  entry.memory = memory;
  entry.read_ms = static_cast<uint32_t>(now_ms_);
  entry.read_early = entry.facts.change.seconds + limits::cache_settled_s > seconds_;
  entry.file.close();
}

void Cache::drop(CacheEntry& entry) {
  uint32_t* link = &bucket_of(entry.hash);
  while (*link != index_of(entry) + 1) {
    CHECK(*link != 0);
    link = &entries_[*link - 1].next_in_bucket;
  }
  *link = entry.next_in_bucket;
  leave(queue_of(entry), &CacheEntry::in_queue, entry);
  if (entry.file.open()) leave(files_, &CacheEntry::in_files, entry);
  entry.gone = true;
  entry.serial = 0;
  if (entry.users == 0) free(entry);
}

[[gnu::noinline]] void Cache::make_way(CacheEntry& entry) {
  if (entry.resident) mark_of(entry.hash) = mark(entry.hash);
  drop(entry);
}

void Cache::replace(CacheEntry& entry, const Facts& facts) {
  if (!facts.same(entry.facts)) careful_answers_ = limits::cache_careful_answers;
  make_way(entry);
}

void Cache::confirm(CacheEntry& entry) {
  entry.checked_ms = now_ms_;
  entry.checked_receipt = receipts_;
  if (!entry.file.open()) return;
  leave(files_, &CacheEntry::in_files, entry);
  enter(files_, &CacheEntry::in_files, entry);
}

void Cache::sweep(int64_t now_ms) {
  if (now_ms < sweep_at_ms()) return;
  next_sweep_ms_ = now_ms + limits::cache_sweep_ms;
  for (int i = 0; i < limits::cache_sweep_max && files_.oldest != Pool::none; i++) {
    CacheEntry& entry = entries_[files_.oldest];
    if (now_ms - entry.checked_ms < limits::cache_unused_ms) return;
    make_way(entry);
  }
}

void Cache::drop_all() {
  for (Queue* queue : {&newcomers_, &residents_}) {
    while (queue->oldest != Pool::none) drop(entries_[queue->oldest]);
  }
}

void Cache::release(CacheEntry& entry) {
  CHECK(entry.users > 0);
  if (--entry.users == 0 && entry.gone) free(entry);
}

void Cache::free(CacheEntry& entry) {
  if (entry.memory != nullptr) bytes_.give_back(entry.memory);
  entry.memory = nullptr;
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

// One entry leaves; it is free at once unless it is being sent. Each that stays instead is passed
// over once for having been asked for, so in the long run there is one step for each request;
// and never more than a few at once.
bool Cache::make_room() {
  for (int i = 0; size() > 0; i++) {
    bool newcomer = newcomers_.count > entries_.size() / 8 || residents_.count == 0;
    CacheEntry& entry = entries_[(newcomer ? newcomers_ : residents_).oldest];
    if (i == limits::cache_tries_max) return false; // everybody is wanted: the new one may try again
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
