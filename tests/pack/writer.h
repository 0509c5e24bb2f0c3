// SPDX-License-Identifier: MIT
#pragma once
// Makes packs in memory, for tests and for the seeds of the fuzzer.

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "http/coding.h"
#include "site/pack_format.h"

namespace minhttp::test {

struct PackedFile {
  std::map<http::Coding, std::string> bodies; // identity too
  bool hidden = false;
};

class PackWriter {
 public:
  PackWriter() { entries_[""] = std::nullopt; }

  PackWriter& add(const std::string& path, const std::string& bytes,
                  const std::map<http::Coding, std::string>& more = {}) {
    PackedFile file = {.bodies = more, .hidden = path == "_headers" || path == "_redirects"};
    file.bodies[http::Coding::identity] = bytes;
    entries_[path] = file;
    for (size_t end = path.rfind('/'); end != std::string::npos; end = path.rfind('/', end - 1)) {
      entries_.emplace(path.substr(0, end), std::nullopt);
      if (end == 0) break;
    }
    return *this;
  }
  PackWriter& add_directory(const std::string& path) {
    entries_.emplace(path, std::nullopt);
    return *this;
  }
  std::vector<std::string> options;
  bool hosts = false;

  // The pack's bytes, in memory that is aligned as a segment's is.
  struct Memory {
    std::vector<Wide> words;
    size_t size = 0;
    char* data() { return reinterpret_cast<char*>(words.data()); }
    std::string_view view() { return {data(), size}; }
  };

  Memory write() const {
    namespace pack = site::pack;
    std::vector<std::string> paths;
    for (const auto& [path, file] : entries_) paths.push_back(path);
    auto key = [](const std::string& path) {
      size_t slash = path.rfind('/');
      std::string parent = slash == std::string::npos ? "" : path.substr(0, slash);
      return std::tuple(!path.empty(), parent, slash == std::string::npos ? path : path.substr(slash + 1));
    };
    std::sort(paths.begin(), paths.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
    std::map<std::string, std::pair<uint32_t, uint32_t>> children; // of a directory: the first one, and how many
    for (uint32_t i = 1; i < paths.size(); i++) {
      auto& [first, count] = children[std::get<1>(key(paths[i]))];
      if (count++ == 0) first = i;
    }
    std::vector<pack::Entry> entries;
    std::vector<pack::Body> bodies;
    std::string names;
    std::string body_bytes;
    for (const std::string& path : paths) {
      pack::Entry entry = {};
      entry.name = names.size();
      entry.name_size = static_cast<uint16_t>(path.size());
      names += path;
      const std::optional<PackedFile>& file = entries_.at(path);
      if (!file) {
        entry.flags = pack::directory;
        auto found = children.find(path);
        if (found != children.end()) std::tie(entry.first, entry.count) = found->second;
      } else {
        entry.flags = file->hidden ? uint8_t{pack::hidden} : uint8_t{0};
        entry.first = static_cast<uint32_t>(bodies.size());
        for (const auto& [coding, bytes] : file->bodies) { // in the order of the enumeration, which is that of the bits
          entry.codings = static_cast<uint8_t>(entry.codings | 1U << static_cast<unsigned>(coding));
          entry.count++;
          bodies.push_back({.offset = body_bytes.size(), .size = bytes.size(), .digest = digest_of(bytes)});
          body_bytes += bytes;
          body_bytes.resize((body_bytes.size() + pack::content_align - 1) / pack::content_align * pack::content_align);
        }
      }
      entries.push_back(entry);
    }
    return put_together(paths, entries, bodies, names, body_bytes);
  }

 private:
  Memory put_together(const std::vector<std::string>& paths, std::vector<site::pack::Entry>& entries,
                      std::vector<site::pack::Body>& bodies, const std::string& names,
                      const std::string& body_bytes) const {
    namespace pack = site::pack;
    std::vector<uint32_t> seeds;
    std::vector<uint32_t> slots;
    make_index(paths, seeds, slots);
    std::string option_text;
    for (const std::string& option : options) option_text += option + '\0';
    pack::Header header = {};
    header.magic = pack::magic;
    header.version = pack::version;
    header.byte_order = pack::byte_order;
    header.flags = hosts ? pack::virtual_hosts : 0U;
    header.bucket_count = static_cast<uint32_t>(seeds.size());
    header.slot_count = static_cast<uint32_t>(slots.size());
    header.entry_count = static_cast<uint32_t>(entries.size());
    header.body_count = static_cast<uint32_t>(bodies.size());
    header.options_digest = digest_of(option_text);
    uint64_t at = 192;
    auto place = [&](pack::Section& section, uint64_t size) {
      section = {.offset = at, .size = size};
      at += (size + pack::content_align - 1) / pack::content_align * pack::content_align;
    };
    place(header.buckets, seeds.size() * sizeof(pack::Cell));
    place(header.slots, slots.size() * sizeof(pack::Cell));
    place(header.entries, entries.size() * sizeof(pack::Entry));
    place(header.bodies, bodies.size() * sizeof(pack::Body));
    place(header.names, names.size());
    place(header.options, option_text.size());
    for (pack::Body& body : bodies) body.offset += at;
    for (size_t i = 0; i < entries.size(); i++) {
      pack::Entry& entry = entries[i];
      bool directory = (entry.flags & pack::directory) != 0;
      std::span<const pack::Body> mine(bodies.data() + (directory ? 0 : entry.first), directory ? 0 : entry.count);
      entry.check = pack::entry_check(entry, pack::path_hash(paths[i]), mine);
    }
    header.size = at + body_bytes.size() + sizeof header.check;
    header.check = pack::header_check(header);
    Memory memory;
    memory.size = header.size;
    memory.words.resize(header.size / sizeof(Wide) + 1);
    auto put = [&](uint64_t offset, const void* from, size_t size) {
      if (size > 0) std::memcpy(memory.data() + offset, from, size);
    };
    put(0, &header, sizeof header);
    for (uint32_t i = 0; i < seeds.size(); i++) put_cell(memory, pack::Table::buckets, header.buckets, i, seeds[i]);
    for (uint32_t i = 0; i < slots.size(); i++) put_cell(memory, pack::Table::slots, header.slots, i, slots[i]);
    put(header.entries.offset, entries.data(), header.entries.size);
    put(header.bodies.offset, bodies.data(), header.bodies.size);
    put(header.names.offset, names.data(), names.size());
    put(header.options.offset, option_text.data(), option_text.size());
    put(at, body_bytes.data(), body_bytes.size());
    put(header.size - sizeof header.check, &header.check, sizeof header.check);
    return memory;
  }

  static void put_cell(Memory& memory, site::pack::Table table, const site::pack::Section& section, uint32_t index,
                       uint32_t value) {
    site::pack::Cell cell = {.value = value, .check = site::pack::cell_check(table, index, value)};
    std::memcpy(memory.data() + section.offset + index * sizeof cell, &cell, sizeof cell);
  }

  static void make_index(const std::vector<std::string>& paths, std::vector<uint32_t>& seeds,
                         std::vector<uint32_t>& slots) {
    namespace pack = site::pack;
    auto bucket_count = static_cast<uint32_t>(paths.size() / 3 + 1);
    auto slot_count = static_cast<uint32_t>(paths.size() + paths.size() / 4 + 1);
    std::vector<pack::PathHash> hashes;
    std::vector<std::vector<uint32_t>> buckets(bucket_count);
    for (const std::string& path : paths) {
      hashes.push_back(pack::path_hash(path));
      buckets[pack::bucket_of(hashes.back(), bucket_count)].push_back(static_cast<uint32_t>(hashes.size() - 1));
    }
    std::vector<uint32_t> order(bucket_count);
    for (uint32_t i = 0; i < bucket_count; i++) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return buckets[a].size() > buckets[b].size(); });
    seeds.assign(bucket_count, 0);
    slots.assign(slot_count, pack::no_entry);
    for (uint32_t bucket : order) {
      std::vector<uint32_t> taken;
      for (uint32_t seed = 0; taken.size() < buckets[bucket].size(); seed++) {
        taken.clear();
        for (uint32_t number : buckets[bucket]) {
          uint32_t slot = pack::slot_of(hashes[number], seed, slot_count);
          bool free = slots[slot] == pack::no_entry && std::find(taken.begin(), taken.end(), slot) == taken.end();
          if (!free) break;
          taken.push_back(slot);
        }
        seeds[bucket] = seed;
      }
      for (size_t i = 0; i < taken.size(); i++) slots[taken[i]] = buckets[bucket][i];
    }
  }

  std::map<std::string, std::optional<PackedFile>> entries_; // nullopt: a directory
};

} // namespace minhttp::test
