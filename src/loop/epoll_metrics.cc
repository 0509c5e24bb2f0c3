// SPDX-License-Identifier: MIT
// Another part of loop/epoll.cc: what a worker's loop counts for /metrics, and once a second publishes.

#include "loop/epoll.h"
#include "sys/time.h"

namespace minhttp::loop {

using conn::Shortage;
using conn::Timer;
using metrics::Count;

namespace {

void add_growth(metrics::Number& number, uint64_t& published, uint64_t now) {
  number.add(now - published);
  published = now;
}

Count evicted_by(Shortage why) {
  switch (why) {
    case Shortage::connections: return Count::evicted_connections;
    case Shortage::workspaces: return Count::evicted_workspaces;
    default: return Count::evicted_descriptors;
  }
}

} // namespace

void EpollLoop::note_evicted(Shortage why) {
  if (server_.metrics != nullptr) (*server_.metrics)[evicted_by(why)].add(1);
}

// States, which change too often to be counted one by one; and counts that are kept elsewhere.
void EpollLoop::publish() {
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
  if (const site::Cache* cache = server_.context.cache) {
    block[Count::cache_entries].store(cache->size());
    add_growth(block[Count::cache_fresh], published_.cache_fresh, cache->lookups.fresh);
    add_growth(block[Count::cache_checked], published_.cache_checked, cache->lookups.checked);
    add_growth(block[Count::cache_new], published_.cache_added, cache->lookups.added);
  }
  if (const site::Compressor* compressor = server_.context.compressor) {
    add_growth(block[Count::compressed], published_.compressed, compressor->kept());
    add_growth(block[Count::not_compressed], published_.not_compressed, compressor->dropped());
  }
  if constexpr (has_tls) {
    if (tls_ != nullptr) publish_secure();
  }
  add_growth(block[Count::log_dropped], published_.log_dropped, server_.log.lost());
  auto cpu_ms = static_cast<uint64_t>(sys::clock_ns(sys::abi::clock_process_cpu) / 1'000'000);
  add_growth(block[Count::cpu_ms], published_.cpu_ms, cpu_ms);
}

} // namespace minhttp::loop
