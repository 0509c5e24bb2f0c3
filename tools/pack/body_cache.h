// SPDX-License-Identifier: MIT
#pragma once
// Compressed bodies of earlier runs, so that only what has changed is compressed again.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/coding.h"

namespace minhttp::packer {

class BodyCache {
 public:
  static constexpr uint64_t bytes_max = 2ULL << 30; // of all its files; the longest unused ones are removed

  // directory: is made if it is missing; empty: there is no cache.
  explicit BodyCache(std::string directory) : directory_(std::move(directory)) {}

  // $XDG_CACHE_HOME/minhttp-pack, or ~/.cache/minhttp-pack; empty if neither is known.
  static std::string default_directory();

  // The file of bytes with this SHA-512 (in hexadecimal) in this coding. An empty text: compressing does not save. The
  // caller decodes what it gets and compares: a cache can be damaged. Called by several threads.
  std::optional<std::string> find(const std::string& content, http::Coding coding) const;

  // Written under a temporary name. Errors are ignored: the cache is only for speed.
  void put(const std::string& content, http::Coding coding, std::string_view encoded) const;

  // Removes files of the cache until all of them have bytes_max. Others that lie in its directory are not looked at.
  void shrink(uint64_t most = bytes_max) const;

 private:
  std::string path_of(const std::string& content, http::Coding coding) const;

  std::string directory_;
};

} // namespace minhttp::packer
