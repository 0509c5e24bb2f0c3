// SPDX-License-Identifier: MIT
#pragma once
// Work on all processors whose results are used one after the other, in the order of their numbers. So what is written
// does not depend on which thread was faster.

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

namespace minhttp::packer {

// Calls make(i) for 0 <= i < count on `threads` threads, and use(i, result) on this one, in order. Work is at most
// `ahead` results ahead, which bounds the memory. The first exception ends all, and is thrown here. Where not so many
// threads may be made, fewer do the work; std::system_error: not one.
template <typename Make, typename Use>
void in_order(size_t count, unsigned threads, size_t ahead, const Make& make, const Use& use) {
  using Value = decltype(make(size_t{}));
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::optional<Value>> ring(ahead);
  std::exception_ptr failure;
  size_t next = 0; // to be made
  size_t used = 0;
  bool ended = false;

  auto work = [&] {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return ended || next >= count || next < used + ahead; });
      if (ended || next >= count) return;
      size_t mine = next++;
      lock.unlock();
      try {
        Value value = make(mine);
        lock.lock();
        ring[mine % ahead].emplace(std::move(value));
      } catch (...) {
        if (!lock.owns_lock()) lock.lock();
        if (!failure) failure = std::current_exception();
        ended = true;
      }
      changed.notify_all();
    }
  };

  std::vector<std::jthread> all;
  try {
    for (unsigned i = 0; i < threads && i < count; i++) all.emplace_back(work);
  } catch (const std::system_error&) { // no more may be made (EAGAIN): those that are there do all of it
    if (all.empty()) throw;
  }
  auto end = [&] {
    {
      std::lock_guard lock(mutex);
      ended = true;
    }
    changed.notify_all();
    all.clear(); // joins
  };
  try {
    std::unique_lock lock(mutex);
    while (used < count) {
      changed.wait(lock, [&] { return ended || ring[used % ahead].has_value(); });
      if (ended) break;
      Value value = std::move(*ring[used % ahead]);
      ring[used % ahead].reset();
      lock.unlock();
      use(used, std::move(value));
      lock.lock();
      used++;
      changed.notify_all();
    }
  } catch (...) {
    end();
    throw;
  }
  end();
  if (failure) std::rethrow_exception(failure);
}

} // namespace minhttp::packer
