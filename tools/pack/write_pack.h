// SPDX-License-Identifier: MIT
#pragma once
// A pack's bytes, in the layout of site/pack_format.h: header, bodies, then the index, which is known last.

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "http/coding.h"
#include "pack/contents.h"
#include "pack/file.h"
#include "pack/tree.h"
#include "site/pack_format.h"

namespace minhttp::packer {

class PackWriter {
 public:
  // Begins a pack at the end of what is in the file: a multiple of content_align.
  explicit PackWriter(NewFile& out);

  // Writes a content and its codings. In order of their numbers, each once.
  void add(size_t content, std::string_view bytes, const Encoded& encoded);

  // Writes the index and the header. options: arguments, each ended by a NUL. flags: HeaderFlag.
  void finish(const Tree& tree, const Contents& contents, const std::string& options, uint32_t flags);

  uint64_t size() const { return out_.size() - start_; }
  uint64_t index_bytes() const { return index_bytes_; }

 private:
  using Bodies = std::array<site::pack::Body, http::coding_count>;

  site::pack::Body place(std::string_view bytes, const Digest& digest);
  site::pack::Section section(std::string_view bytes);
  void add_bodies(site::pack::Entry& entry, size_t file, const Contents& contents,
                  std::vector<site::pack::Body>& bodies) const;

  NewFile& out_;
  uint64_t start_;
  uint64_t index_bytes_ = 0;
  std::vector<Bodies> placed_; // by content; a coding that is not there has size 0
};

} // namespace minhttp::packer
