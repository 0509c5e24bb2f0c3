// SPDX-License-Identifier: MIT
#include "metrics/counters.h"

#include <gtest/gtest.h>

#include <memory>

namespace minhttp::metrics {
namespace {

// A place of its own: it is large, and of memory that is zeroed at first.
std::unique_ptr<Shared> make_shared() { return std::make_unique<Shared>(); }

TEST(Counters, SumsAreThoseOfAllWorkers) {
  auto shared = make_shared();
  shared->blocks[0].note_response(http::Method::get, http::Status::ok);
  shared->blocks[1].note_response(http::Method::get, http::Status::ok);
  shared->blocks[1].note_response(http::Method::head, http::Status::not_found);
  shared->blocks[1].note_response(http::Method::unknown, http::Status::http_version_not_supported);
  shared->blocks[0][Count::idle].store(3);
  shared->blocks[1][Count::lingering].store(4);
  shared->blocks[2][Count::idle].store(100); // of no worker
  Sums sums;
  sum(std::span(shared->blocks).first(2), sums);
  EXPECT_EQ(sums.responses(), 4U);
  EXPECT_EQ(sums.responses(2), 2U);
  EXPECT_EQ(sums.responses(4), 1U);
  EXPECT_EQ(sums.responses(5), 1U);
  EXPECT_EQ(sums.connections(), 7U);
}

TEST(Counters, EveryStatusHasAPlaceOfItsOwn) {
  for (size_t i = 0; i < codes.size(); i++) EXPECT_EQ(code_places[codes[i]], i);
}

TEST(Counters, ABucketHoldsWhatTakesNoLongerThanItsBound) {
  for (size_t i = 0; i < bucket_ms.size(); i++) {
    Block block;
    block.note_duration(bucket_ms[i], 1);
    block.note_duration(bucket_ms[i] + 1, 2);
    EXPECT_EQ(block.durations[i].load(), 1U);
    EXPECT_EQ(block.durations[i + 1].load(), 2U);
    EXPECT_EQ(block.duration_ms.load(), 3 * uint64_t{bucket_ms[i]} + 2);
  }
}

TEST(Counters, MemoryIsForTheWorkersThatThereAre) {
  EXPECT_EQ(Shared::bytes_for(limits::workers_max), sizeof(Shared));
  EXPECT_EQ(Shared::bytes_for(2) - Shared::bytes_for(1), sizeof(Block));
}

TEST(Counters, OneSampleInItsTime) {
  auto shared = make_shared();
  take_sample(*shared, 1, 1000);
  take_sample(*shared, 1, 1000 + limits::metrics_sample_s - 1);
  EXPECT_EQ(shared->samples_taken.load(), 1U);
  shared->blocks[0].note_response(http::Method::get, http::Status::service_unavailable);
  shared->blocks[0][Count::sent_bytes].add(7);
  take_sample(*shared, 1, 1000 + limits::metrics_sample_s);
  ASSERT_EQ(shared->samples_taken.load(), 2U);
  EXPECT_EQ(shared->samples[0].requests.load(), 0U);
  EXPECT_EQ(shared->samples[1].requests.load(), 1U);
  EXPECT_EQ(shared->samples[1].errors.load(), 1U);
  EXPECT_EQ(shared->samples[1].sent_bytes.load(), 7U);
}

} // namespace
} // namespace minhttp::metrics
