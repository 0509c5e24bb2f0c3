// SPDX-License-Identifier: MIT
#pragma once
// A cache before a directory of real files.

#include <gtest/gtest.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "site/cache.h"
#include "site/files.h"
#include "unit/site/test_cache.h"
#include "unit/site/tree.h"

namespace minhttp::test {

using Kind = site::Found::Kind;

inline size_t open_descriptors() {
  size_t count = 0;
  for (auto entry = std::filesystem::directory_iterator("/proc/self/fd"); entry != end(entry); ++entry) count++;
  return count;
}

inline std::string contents_of(const site::Found& found) {
  if (found.kind != Kind::file) return "status " + std::to_string(static_cast<int>(found.status));
  const char* memory = found.body.source.memory();
  if (memory != nullptr) return {memory, found.body.length};
  std::string text(found.body.length, 0);
  auto size = pread(found.body.source.file(), text.data(), text.size(), 0);
  text.resize(size < 0 ? 0 : static_cast<size_t>(size));
  return text;
}

struct Cached : testing::Test {
  Cached() { open(8); }
  void open(size_t entries, size_t bytes = 1 << 20, uint32_t descriptors = 1000) {
    test_cache = std::make_unique<TestCache>(entries, bytes, descriptors);
    if (!files.open_root(tree.root().c_str()).ok()) throw std::runtime_error("no root");
    files.use(&test_cache->cache(), nullptr, 0);
    later(limits::cache_careful_answers);
  }
  // As one that is to be sent.
  site::Found find(const std::string& name) {
    site::Found found = files.open({.base = name});
    while (!files.load(found)) found = files.open({.base = name});
    return found;
  }
  std::string read(const std::string& name) { return contents_of(find(name)); }
  const site::CacheEntry* entry(const std::string& name) {
    return test_cache->cache().find(test_cache->cache().hash_of(0, name));
  }
  // Others ask meanwhile, so there is no quiet moment.
  void later(int64_t ms) {
    for (int64_t step = ms; step > 0; step--) {
      test_cache->cache().note_received();
      test_cache->cache().begin(++now, std::time(nullptr));
    }
  }

  Tree tree;
  site::Files files;
  std::unique_ptr<TestCache> test_cache;
  int64_t now = 1000;
};

inline constexpr int64_t due = limits::cache_fresh_ms;

} // namespace minhttp::test
