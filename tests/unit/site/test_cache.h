// SPDX-License-Identifier: MIT
#pragma once
// A cache with memory of its own.

#include <vector>

#include "site/cache.h"
#include "site/tags.h"

namespace minhttp::test {

class TestCache {
 public:
  explicit TestCache(size_t entries, size_t bytes = 1 << 20, uint32_t descriptors = 1000)
      : entries_(entries),
        free_(entries),
        buckets_(entries > 0 ? site::CacheMemory::buckets_for(entries) : 0),
        marks_(buckets_.size()),
        bytes_(entries > 0 ? bytes : 0),
        states_(Buddy::states_for(bytes_.size())),
        cache_({entries_, free_, buckets_, marks_, bytes_, states_}, descriptors, SipKey{1, 2}) {}
  site::Cache& cache() { return cache_; }

 private:
  std::vector<site::CacheEntry> entries_;
  std::vector<uint32_t> free_;
  std::vector<uint32_t> buckets_;
  std::vector<uint32_t> marks_;
  std::vector<char> bytes_;
  std::vector<uint8_t> states_;
  site::Cache cache_;
};

// And digests with theirs.
class TestTags {
 public:
  explicit TestTags(size_t entries = 64)
      : entries_(entries), buffer_(limits::tag_buffer_bytes), tags_({entries_, buffer_}) {}
  site::Tags& tags() { return tags_; }

 private:
  std::vector<site::TagEntry> entries_;
  std::vector<char> buffer_;
  site::Tags tags_;
};

} // namespace minhttp::test
