// SPDX-License-Identifier: MIT
#pragma once
// The numbers behind /metrics, from tables/metrics.def, in memory that all processes of the server share. Each worker
// adds to the block of its number, and whoever is asked sums them up. A block outlives its worker: the successor goes
// on with it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/shared_word.h"
#include "http/request.h"
#include "http/status.h"
#include "tables/limits.h"

namespace minhttp::metrics {

// The numbers of a worker.
enum class Count : uint8_t {
#define FAMILY(type, name, help)
#define COUNT(id, labels) id,
#define OF_WORKERS(id) id,
#define OF_SERVER(id, labels)
#define MADE(function)
#define BUCKET(ms, le)
#include "tables/metrics.def"
#undef COUNT
#undef OF_WORKERS
#undef OF_SERVER
  cpu_ms,
  none
};
constexpr size_t count_count = static_cast<size_t>(Count::none);

// The numbers of the server.
enum class ServerCount : uint8_t {
#define COUNT(id, labels)
#define OF_WORKERS(id)
#define OF_SERVER(id, labels) id,
#include "tables/metrics.def"
#undef COUNT
#undef OF_WORKERS
#undef OF_SERVER
#undef BUCKET
  none
};
constexpr size_t server_count_count = static_cast<size_t>(ServerCount::none);

// The bounds of the histogram, in milliseconds.
constexpr auto bucket_ms = std::to_array<uint32_t>({
#define COUNT(id, labels)
#define OF_WORKERS(id)
#define OF_SERVER(id, labels)
#define BUCKET(ms, le) ms,
#include "tables/metrics.def"
#undef COUNT
#undef OF_WORKERS
#undef OF_SERVER
#undef BUCKET
#undef FAMILY
#undef MADE
});

constexpr size_t method_count = static_cast<size_t>(http::Method::unknown) + 1;
constexpr auto codes = std::to_array<uint16_t>({
#define STATUS(code, name, reason) code,
#include "tables/status.def"
#undef STATUS
});

// The place of each status among `codes`.
constexpr auto code_places = [] {
  std::array<uint8_t, codes.back() + 1> places = {};
  uint8_t place = 0;
  for (uint16_t code : codes) places[code] = place++;
  return places;
}();

// Written by one process at a time, or by two while a worker retires: hence atomic. Others read it.
class Number {
 public:
  uint64_t load() const { return __atomic_load_n(&value_, __ATOMIC_RELAXED); }
  void store(uint64_t value) { __atomic_store_n(&value_, value, __ATOMIC_RELAXED); }
  void add(uint64_t value) { (void)__atomic_fetch_add(&value_, value, __ATOMIC_RELAXED); }

 private:
  uint64_t value_ = 0;
};

// What one worker has counted. In the memory of a worker's own number, so that no two workers write to one cache line.
struct alignas(64) Block {
  std::array<Number, count_count> counts;
  std::array<Number, bucket_ms.size() + 1> durations; // of each bucket alone; the last one: longer
  Number duration_ms;                                 // the sum
  std::array<std::array<Number, codes.size()>, method_count> requests;

  Number& operator[](Count which) { return counts[static_cast<size_t>(which)]; }
  const Number& operator[](Count which) const { return counts[static_cast<size_t>(which)]; }

  void note_response(http::Method method, http::Status status) {
    requests[static_cast<size_t>(method)][code_places[static_cast<size_t>(status)]].add(1);
  }

  // So many responses took this long.
  void note_duration(uint32_t ms, uint64_t responses);
};

// What the pictures of the page are drawn from: the sums at one moment.
struct Sample {
  Number requests;
  Number errors; // of these, with a status of 500 or above
  Number sent_bytes;
  Number connections;
};

// Zeroed memory is a valid one.
struct Shared {
  SharedWord began;     // when the first worker began to serve, in seconds since 1970; 0: none has
  SharedWord sampled_s; // when the last sample was taken, in seconds of the monotonic clock
  SharedWord samples_taken;
  std::array<Number, server_count_count> server;
  std::array<Sample, limits::metrics_samples> samples; // a ring
  std::array<Block, limits::workers_max> blocks;       // as many of them as there are workers

  Number& operator[](ServerCount which) { return server[static_cast<size_t>(which)]; }
  const Number& operator[](ServerCount which) const { return server[static_cast<size_t>(which)]; }

  // How much memory it takes: pages of blocks that no worker has need not be there.
  static constexpr size_t bytes_for(uint32_t workers) { return offsetof(Shared, blocks) + workers * sizeof(Block); }
};

// The sums over all workers.
struct Sums {
  std::array<uint64_t, count_count> counts = {};
  std::array<uint64_t, bucket_ms.size() + 1> durations = {};
  uint64_t duration_ms = 0;
  std::array<std::array<uint64_t, codes.size()>, method_count> requests = {};

  uint64_t operator[](Count which) const { return counts[static_cast<size_t>(which)]; }
  uint64_t responses() const;                  // with any status
  uint64_t responses(uint32_t hundreds) const; // with a status of these hundreds: 4 for 400 to 499
  uint64_t connections() const;                // in all states
};

void sum(std::span<const Block> blocks, Sums& sums);

// Takes a sample if the last one is limits::metrics_sample_s old and no other worker takes it. now_s: of the monotonic
// clock.
void take_sample(Shared& shared, uint32_t workers, int64_t now_s);

} // namespace minhttp::metrics
