// SPDX-License-Identifier: MIT
#pragma once
// The table that closes a run: what went in, what came out.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "http/coding.h"
#include "pack/contents.h"
#include "pack/tree.h"

namespace minhttp::packer {

// As people write it: 999 B, 12.3 kB, 4.5 MB; a kB is 1000 bytes.
std::string in_units(uint64_t bytes);

// 1234567 as 1,234,567.
std::string with_commas(uint64_t number);

// "1 file", "2 files".
std::string counted(uint64_t number, const char* one, const char* many);

class Figures {
 public:
  static constexpr size_t biggest_shown = 5;

  // To be called for each content, as encode_contents() does.
  void add(const Content& content, const Encoded& encoded);
  // Once, when all are there.
  void close(const Tree& tree, const Contents& contents);

  // Lines about the site. unchecked: pages whose links were not looked at. seconds: that all took.
  std::string text(const Tree& tree, size_t unchecked, double seconds) const;

 private:
  struct OfCoding {
    size_t files = 0;
    size_t siblings = 0; // of these: were in the tree
    uint64_t before = 0;
    uint64_t after = 0;
  };
  std::string line_of(http::Coding coding) const;

  std::vector<std::array<uint64_t, http::coding_count>> sizes_; // by content: of each coding, 0: not kept
  std::array<OfCoding, http::coding_count> of_;
  size_t equal_ = 0;          // files whose content another one has
  uint64_t bytes_ = 0;        // of all files
  uint64_t unique_ = 0;       // of all contents
  size_t not_saved_ = 0;      // texts that no coding makes smaller
  size_t not_compressed_ = 0; // files that are no text
};

} // namespace minhttp::packer
