// SPDX-License-Identifier: MIT
#include "metrics/counters.h"

namespace minhttp::metrics {

void Block::note_duration(uint32_t ms, uint64_t responses) {
  size_t bucket = 0;
  while (bucket < bucket_ms.size() && ms > bucket_ms[bucket]) bucket++;
  durations[bucket].add(responses);
  if (ms > 0) duration_ms.add(ms * responses);
}

uint64_t Sums::responses() const {
  uint64_t all = 0;
  for (const auto& of_method : requests) {
    for (uint64_t count : of_method) all += count;
  }
  return all;
}

uint64_t Sums::responses(uint32_t hundreds) const {
  uint64_t some = 0;
  for (const auto& of_method : requests) {
    for (size_t i = 0; i < codes.size(); i++) {
      if (codes[i] / 100U == hundreds) some += of_method[i];
    }
  }
  return some;
}

uint64_t Sums::connections() const {
  uint64_t all = 0;
  for (Count state : {Count::idle, Count::reading, Count::checking, Count::sending, Count::streams, Count::lingering,
                      Count::running}) {
    all += (*this)[state];
  }
  return all;
}

void sum(std::span<const Block> blocks, Sums& sums) {
  for (const Block& block : blocks) {
    for (size_t i = 0; i < count_count; i++) sums.counts[i] += block.counts[i].load();
    for (size_t i = 0; i < sums.durations.size(); i++) sums.durations[i] += block.durations[i].load();
    sums.duration_ms += block.duration_ms.load();
    for (size_t method = 0; method < method_count; method++) {
      for (size_t i = 0; i < codes.size(); i++) sums.requests[method][i] += block.requests[method][i].load();
    }
  }
}

void take_sample(Shared& shared, uint32_t workers, int64_t now_s) {
  auto now = static_cast<uint32_t>(now_s);
  uint32_t last = shared.sampled_s.load();
  if (last != 0 && now - last < limits::metrics_sample_s) return;
  if (!shared.sampled_s.replace(last, now)) return; // another worker does it
  Sums sums;
  sum(std::span(shared.blocks).first(workers), sums);
  uint32_t taken = shared.samples_taken.load();
  Sample& sample = shared.samples[taken % shared.samples.size()];
  sample.requests.store(sums.responses());
  sample.errors.store(sums.responses(5));
  sample.sent_bytes.store(sums[Count::sent_bytes]);
  sample.connections.store(sums.connections());
  shared.samples_taken.store(taken + 1);
}

} // namespace minhttp::metrics
