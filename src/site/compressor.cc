// SPDX-License-Identifier: MIT
#include "site/compressor.h"

#include "base/cidr.h"
#include "base/cost.h"
#include "site/tags.h"
#include "sys/file.h"

namespace minhttp::site {

bool Compressor::ask(CacheEntry& entry, const IpAddress& client) {
  if (entry.copy != Copy::untried || !(entry.asked_again || entry.resident)) return false;
  if (!cache_.is_settled(entry.facts)) return false; // somebody may be writing to it
  if (current_.open()) {
    enqueue(entry, client);
    return false;
  }
  begin(Source(entry));
  if (entry.facts.validators.size <= limits::compress_at_once_max) {
    work(turn_left_);
    uint64_t used = encoder_.work() + limits::compress_begin_work;
    turn_left_ -= used < turn_left_ ? static_cast<uint32_t>(used) : turn_left_;
  }
  return entry.copy == Copy::made;
}

// Queues a file. One client network gets only limits::compress_queue_of_client of the places.
void Compressor::enqueue(CacheEntry& entry, const IpAddress& client) {
  if (waiting_ == queue_.size()) return;
  IpAddress network = client_network(client);
  size_t same = 0;
  for (size_t i = 0; i < waiting_; i++) same += queue_[(first_ + i) % queue_.size()].client == network ? 1U : 0U;
  if (same == limits::compress_queue_of_client) return;
  queue_[(first_ + waiting_++) % queue_.size()] = {Source(entry), network};
  entry.copy = Copy::waiting;
}

void Compressor::compute_slice() {
  if (!current_.open()) {
    begin(static_cast<Source&&>(queue_[first_].file));
    first_ = (first_ + 1) % queue_.size();
    waiting_--;
  }
  work(limits::compress_slice_work);
}

void Compressor::begin(Source file) {
  CacheEntry& entry = *file.cached();
  entry.copy = Copy::waiting;
  current_ = static_cast<Source&&>(file);
  busy_ = true;
  read_ = 0;
  uint64_t most = entry.facts.validators.size - limits::compress_gain_min;
  encoder_.begin(most < out_.size() ? out_.first(most) : out_);
}

// Does `budget` units of work, and completes the step that the encoder has begun.
void Compressor::work(uint32_t budget) {
  if (current_.cached()->detached) return end();
  uint64_t end = encoder_.work() + budget;
  while (encoder_.work() < end) {
    uint64_t before = encoder_.work();
    gzip::Progress progress = encoder_.step(static_cast<uint32_t>(end - before));
    cost::add(cost::Kind::encoding, encoder_.work() - before);
    if (progress == gzip::Progress::more) break;
    if (progress != gzip::Progress::input) {
      finish(progress == gzip::Progress::done);
      break;
    }
    if (!feed()) {
      give_up();
      break;
    }
  }
}

// Gives the encoder the next bytes of the file, or its end. False: they cannot be read.
bool Compressor::feed() {
  const CacheEntry& entry = *current_.cached();
  std::span<char> room = encoder_.room();
  uint64_t left = entry.facts.validators.size - read_;
  size_t count = left < room.size() ? static_cast<size_t>(left) : room.size();
  if (entry.memory != nullptr) {
    __builtin_memcpy(room.data(), entry.memory + read_, count);
  } else if (count > 0) {
    auto read = sys::pread(entry.file.number(), room.data(), count, read_);
    if (!read.ok() || read.value() == 0) return false;
    count = read.value();
  }
  encoder_.add(count);
  read_ += count;
  if (read_ == entry.facts.validators.size) encoder_.end();
  return true;
}

void Compressor::finish(bool fits) {
  CacheEntry& entry = *current_.cached();
  if (entry.memory == nullptr) { // it was settled when it was requested, so a change since then shows in its times
    struct statx now = {};
    if (!sys::fstat(entry.file.number(), now).ok() || now.stx_size != entry.facts.validators.size ||
        change_of(now) != entry.facts.change) {
      return give_up();
    }
  }
  bool kept = fits && cache_.keep_copy(entry, out_.first(encoder_.size()));
  if (!kept) entry.copy = Copy::none;
  (kept ? kept_ : dropped_)++;
  end();
}

// The file has changed: drops its entry, and the next request opens the file anew.
void Compressor::give_up() {
  current_.forget();
  end();
}

void Compressor::end() {
  current_.close();
  busy_ = waiting_ > 0;
}

} // namespace minhttp::site
