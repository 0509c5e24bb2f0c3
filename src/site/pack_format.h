// SPDX-License-Identifier: MIT
#pragma once
// The layout of a pack: a site inside the executable that serves it. docs/pack-format.md describes it for other
// implementations; this header is what the server and the packer share. It is pure, and knows no file and no ELF.
//
// All numbers are little-endian. Offsets count from the first byte of the pack, which is aligned to segment_align in
// memory, less what its offset in the file is not. A pack is read in place, so nothing in it is trusted: each
// structure has a check that tells an accident, and each number is compared with its bounds before it is used.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "crypto/content_hash.h"
#include "crypto/fold.h"
#include "tables/limits.h"

namespace minhttp::site::pack {

static_assert(std::endian::native == std::endian::little, "a pack is read in place");

constexpr std::array<char, 8> magic = {'m', 'i', 'n', 'h', 't', 't', 'p', '\x1a'};
constexpr uint32_t version = 1;
constexpr uint32_t byte_order = 0x01020304; // stored as 04 03 02 01

// Of the loadable segment (PT_LOAD, PF_R) in memory: the largest page size of the three architectures. The segment
// begins at a multiple of content_align in the file; its address is equal to that offset modulo segment_align.
constexpr uint64_t segment_align = 64 * 1024;
constexpr uint64_t content_align = 64; // of each section and of each body, from the pack's first byte

// Bounds that the server enforces.
constexpr uint32_t entries_max = limits::pack_entries_max;
constexpr uint32_t name_max = limits::path_max - 1;         // bytes of a path
constexpr uint32_t options_max = limits::pack_options_max;  // bytes
constexpr uint64_t pack_bytes_max = limits::pack_bytes_max; // of the whole pack

struct Section {
  uint64_t offset; // a multiple of content_align
  uint64_t size;   // in bytes
};

enum HeaderFlag : uint32_t {
  virtual_hosts = 1 // each directory at the top is a site of its own, named as its host, or `default` (--hosts)
};

struct Header {
  std::array<char, 8> magic;
  uint32_t version;
  uint32_t byte_order;
  uint64_t size;         // of the whole pack, header and trailer included
  uint32_t flags;        // HeaderFlag
  uint32_t bucket_count; // at least 1, at most entries_max
  uint32_t slot_count;   // at least entry_count, at most 2 * entries_max
  uint32_t entry_count;  // at least 1: the root
  uint32_t body_count;   // at most 4 * entries_max
  uint32_t reserved;     // 0
  Section buckets;       // bucket_count Cells: the value is the bucket's seed
  Section slots;         // slot_count Cells: the value is the index of an entry, or no_entry
  Section entries;       // entry_count Entries
  Section bodies;        // body_count Bodies
  Section names;         // the paths, one behind the other, without separators
  Section options;       // arguments as on a command line ("--spa", "--health", "/healthz"), each ended by a NUL
  Digest options_digest; // digest_of() the options
  uint64_t check;        // header_check(); the last eight bytes of the pack, its trailer, repeat it
};
static_assert(sizeof(Header) == 168);

// A place in a table of the index.
struct Cell {
  uint32_t value;
  uint32_t check; // cell_check() of table, index and value
};
constexpr uint32_t no_entry = 0xffff'ffff;
enum class Table : uint32_t { buckets = 1, slots = 2 };

enum EntryFlag : uint8_t {
  directory = 1,
  hidden = 2 // _headers or _redirects at the root of a site: read by the server, never sent
};

// A file or a directory. Entry 0 is the root, with an empty name. The others are ordered by the path of their
// directory, then by their own name, both as bytes; so the entries of a directory stand together.
struct Entry {
  uint64_t name;      // offset in the names
  uint16_t name_size; // bytes of the path from the root, decoded, without a slash at either end
  uint8_t flags;      // EntryFlag
  uint8_t codings;    // of a file: a bit for each body, 1 << http::Coding: 1 identity, 2 br, 4 zstd, 8 gzip; 1 is set
  uint32_t first;    // of a file: index of its first Body; the others follow, in the order of the bits. Of a directory:
                     // index of the first Entry in it
  uint32_t count;    // number of these
  uint32_t reserved; // 0
  uint64_t check;    // entry_check()
};
static_assert(sizeof(Entry) == 32);

// Bytes that are sent as they are. Equal ones are stored once: several Bodies may have the same offset.
struct Body {
  uint64_t offset; // a multiple of content_align; if size is 0, 0
  uint64_t size;
  Digest digest; // digest_of() the bytes: the entity tag is made from it
};
static_assert(sizeof(Body) == 32 && sizeof(Cell) == 8 && sizeof(Section) == 16);

// The hash of a path for the index. It is quick for short texts, where digest_of() takes 40 ns; it need only spread
// paths that nobody has chosen to collide, since the path itself is compared.
struct PathHash {
  uint64_t high = 0;
  uint64_t low = 0;
};
inline PathHash path_hash(std::string_view path) {
  uint64_t a = hash_keys[2] ^ path.size();
  uint64_t b = hash_keys[3];
  auto word = [&](size_t at) {
    uint64_t value;
    __builtin_memcpy(&value, path.data() + at, sizeof value);
    return value;
  };
  auto mix = [&](uint64_t first, uint64_t second) {
    a = fold(first ^ a, second ^ hash_keys[0]);
    b = fold(first ^ hash_keys[1], second ^ b);
  };
  size_t size = path.size();
  for (size_t at = 0; at + 16 < size; at += 16) mix(word(at), word(at + 8));
  if (size >= 16) {
    mix(word(size - 16), word(size - 8)); // it may overlap with those before
  } else if (size >= 8) {
    mix(word(0), word(size - 8));
  } else {
    uint64_t last = 0;
    for (size_t i = size; i > 0; i--) last = last << 8 | static_cast<unsigned char>(path[i - 1]);
    mix(last, 0);
  }
  return {.high = fold(a ^ hash_keys[2], b ^ hash_keys[3]), .low = fold(b ^ hash_keys[0], a ^ hash_keys[1])};
}

// Maps a hash evenly to 0 .. count - 1.
constexpr uint32_t reduce(uint64_t hash, uint32_t count) { return static_cast<uint32_t>(Wide{hash} * count >> 64); }

// Where an entry is found. The packer chooses the seed of each bucket so that all its entries come to slots of their
// own (hash and displace; Belazzougui, Botelho and Dietzfelbinger, 2009).
constexpr uint32_t bucket_of(const PathHash& path, uint32_t bucket_count) { return reduce(path.high, bucket_count); }
constexpr uint32_t slot_of(const PathHash& path, uint32_t seed, uint32_t slot_count) {
  uint64_t hash = (path.low ^ (uint64_t{seed} << 32 | seed)) * hash_keys[0];
  return reduce((hash ^ hash >> 32) * hash_keys[0], slot_count);
}

// How many bodies a file with these codings has: of 16 sets of bits, the number in each, as a nibble.
constexpr uint32_t count_bodies(unsigned codings) {
  constexpr uint64_t counts = 0x4332'3221'3221'2110;
  return counts >> 4 * (codings & 15) & 15;
}

constexpr uint32_t cell_check(Table table, uint32_t index, uint32_t value) {
  uint64_t hash = ((uint64_t{index} << 32 | value) + static_cast<uint64_t>(table)) * hash_keys[1];
  return static_cast<uint32_t>((hash ^ hash >> 32) * hash_keys[1] >> 32);
}

// The check of an entry. Each pair of words has a key of its own, and no pair waits for the one before.
class EntryCheck {
 public:
  // path: of the entry.
  EntryCheck(const Entry& entry, const PathHash& path) {
    static_assert(offsetof(Entry, check) == 24);
    std::array<uint64_t, 3> words;
    __builtin_memcpy(words.data(), &entry, sizeof words);
    add(words[0], words[1]);
    add(words[2], path.low);
  }
  // Each body of a file, in their order.
  void add(const Body& body) {
    add(body.offset, body.size);
    add(body.digest.high, body.digest.low);
  }
  uint64_t sum() const { return sum_; }

 private:
  void add(uint64_t first, uint64_t second) {
    sum_ += fold(first ^ key_, second ^ hash_keys[1]);
    key_ += hash_keys[2];
  }

  uint64_t sum_ = 0;
  uint64_t key_ = hash_keys[0];
};
// bodies: those of the entry; empty for a directory.
inline uint64_t entry_check(const Entry& entry, const PathHash& path, std::span<const Body> bodies) {
  EntryCheck check(entry, path);
  for (const Body& body : bodies) check.add(body);
  return check.sum();
}

inline uint64_t header_check(const Header& header) {
  return digest_of({reinterpret_cast<const char*>(&header), offsetof(Header, check)}).high;
}

} // namespace minhttp::site::pack
