// SPDX-License-Identifier: MIT
// Another part of loop/epoll.cc: what a worker's loop counts for /metrics, and once a second publishes.

#include "loop/epoll.h"
#include "sys/time.h"

namespace minhttp::loop {

using conn::ReachedLimit;
using conn::Timer;
using metrics::Count;

namespace {

Count evicted_by(ReachedLimit why) {
  switch (why) {
    case ReachedLimit::connections: return Count::evicted_connections;
    case ReachedLimit::workspaces: return Count::evicted_workspaces;
    default: return Count::evicted_descriptors;
  }
}

} // namespace

void EpollLoop::note_evicted(ReachedLimit why) {
  if (server_.metrics != nullptr) (*server_.metrics)[evicted_by(why)].add(1);
}

// States change too often to be counted one by one. A worker that has retired must not publish them: the numbers are
// its successor's.
void EpollLoop::publish_states() {
  metrics::Block& block = *server_.metrics;
  uint32_t waiting = 0;
  auto publish_state = [&](Count state, auto... timers) {
    uint32_t count = (server_.timers.count(timers) + ...);
    block[state].store(count);
    waiting += count;
  };
  publish_state(Count::idle, Timer::first, Timer::idle);
  publish_state(Count::reading, Timer::head, Timer::body);
  publish_state(Count::checking, Timer::check);
  publish_state(Count::sending, Timer::send, Timer::file, Timer::send_slow, Timer::file_slow);
  publish_state(Count::streams, Timer::streams);
  publish_state(Count::lingering, Timer::linger);
  block[Count::running].store(slots_.taken() > waiting ? slots_.taken() - waiting : 0);
  block[Count::workspaces].store(server_.free_workspaces.taken());
  if (const site::Cache* cache = server_.context.cache) block[Count::cache_entries].store(cache->size());
  if constexpr (has_tls) {
    if (tls_ != nullptr) publish_secure_states();
  }
}

// Counts that are kept elsewhere.
void EpollLoop::publish_growth() {
  metrics::Block& block = *server_.metrics;
  // count: since this process has started.
  auto add_growth = [&](Count which, uint64_t count) {
    uint64_t& published = published_[static_cast<size_t>(which)];
    block[which].add(count - published);
    published = count;
  };
  if (const site::Cache* cache = server_.context.cache) {
    add_growth(Count::cache_fresh, cache->lookups.fresh);
    add_growth(Count::cache_checked, cache->lookups.checked);
    add_growth(Count::cache_new, cache->lookups.added);
  }
  if (const site::Compressor* compressor = server_.context.compressor) {
    add_growth(Count::compressed, compressor->kept());
    add_growth(Count::not_compressed, compressor->dropped());
  }
  if constexpr (has_tls) {
    if (tls_ != nullptr) publish_secure();
  }
  add_growth(Count::log_dropped, server_.log.lost());
  auto cpu_ms = static_cast<uint64_t>(sys::clock_ns(sys::abi::clock_process_cpu) / 1'000'000);
  add_growth(Count::cpu_ms, cpu_ms);
}

} // namespace minhttp::loop
