// SPDX-License-Identifier: MIT
#pragma once
// The bodies of a site: each content once, with the codings that save bytes.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/content_hash.h"
#include "http/coding.h"
#include "pack/body_cache.h"
#include "pack/report.h"
#include "pack/tree.h"

namespace minhttp::packer {

constexpr size_t no_content = SIZE_MAX;

// Equal files have one Content.
struct Content {
  size_t file = 0;       // the first file of the tree that has it
  uint64_t size = 0;     // bytes
  Digest digest;         // for the entity tag
  std::string sha512;    // in hexadecimal: what tells contents apart, and the name in the cache
  bool compress = false; // some file with it is text, and lacks a sibling in some coding
};

struct Contents {
  std::vector<Content> all;    // in the order of the tree's files
  std::vector<size_t> of_file; // by the file's index: index of its Content
  // By the file's index and coding: the file that is its compressed sibling, or no_content.
  std::vector<std::array<size_t, http::coding_count>> siblings;
  // In the same places: there is a file of that name, but it does not stand for this one, or saves nothing.
  std::vector<std::array<bool, http::coding_count>> wrong_siblings;
  std::vector<bool> compressible; // by the file's index: text, by its name
};

// What of a file may be sent, beside the file itself.
struct Encoded {
  std::array<std::string, http::coding_count> bodies; // empty: this coding is not kept
};

enum class Purpose : uint8_t {
  pack,
  siblings // to be written: then the warnings say what happens to wrong ones
};

// Hashes all files, on all processors, and finds which are equal and which are compressed siblings. A sibling that does
// not stand for its file's content, or is larger, is warned of and not used.
Contents read_contents(const Tree& tree, Purpose purpose, unsigned jobs, Report& report);

// Bytes of what is to be compressed, for a bar.
uint64_t work_of(const Contents& contents);

enum class Which : uint8_t {
  all,
  compressed // others are passed to use() without their bytes, and not read again
};

// Compresses each content that wants it, and calls use(content, bytes, encoded) for all of them, in order, on this
// thread. Failure: a file has changed since it was hashed.
void encode_contents(const Tree& tree, const Contents& contents, Which which, const BodyCache& cache, unsigned jobs,
                     const std::vector<http::Coding>& codings,
                     const std::function<void(size_t, std::string_view, Encoded&)>& use);

// Of the three codings of one content those that are worth having: each saves limits::compress_gain_min bytes at least,
// and is smaller than those behind it in the order of preference, which clients take too.
void keep_what_saves(uint64_t size, Encoded& encoded);

} // namespace minhttp::packer
