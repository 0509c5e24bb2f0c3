// SPDX-License-Identifier: MIT
#pragma once
// A pack as the packer reads it again: everything in it is checked before it is used.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/coding.h"
#include "pack/elf.h"
#include "pack/file.h"
#include "site/pack_format.h"

namespace minhttp::packer {

class PackReader {
 public:
  // executable: its bytes, which must outlive this. Checks what the server checks at its start, the order of the
  // entries and what each says of itself. Failure: the pack is damaged.
  explicit PackReader(std::string_view executable);

  struct PackEntry {
    std::string_view name;
    const site::pack::Entry* entry = nullptr;

    bool directory() const { return (entry->flags & site::pack::directory) != 0; }
    bool hidden() const { return (entry->flags & site::pack::hidden) != 0; }
    bool has(http::Coding coding) const { return (entry->codings >> static_cast<unsigned>(coding) & 1) != 0; }
  };

  size_t count() const { return header_.entry_count; }
  PackEntry entry(size_t number) const;
  // The bytes of a file in a coding that it has.
  std::string_view body(const PackEntry& entry, http::Coding coding) const;
  // The same, compared with its digest. Failure: they differ.
  std::string_view checked_body(const PackEntry& entry, http::Coding coding) const;
  std::vector<std::string> options() const;
  const site::pack::Header& header() const { return header_; }
  const std::string& machine() const { return machine_; }

  // Compares all that can be compared: each path is found by its hash, each body has its digest, and each coding stands
  // for the bytes of its file. Failure: it is not so. jobs: threads.
  void verify(unsigned jobs) const;

 private:
  template <typename T>
  const T* table(const site::pack::Section& section, size_t count) const;
  const site::pack::Body& body_of(const PackEntry& entry, http::Coding coding) const;
  void check_entries() const;
  void check_hash(size_t number) const;
  void check_bodies(size_t number) const;

  std::string_view pack_;
  std::string machine_;
  site::pack::Header header_ = {};
};

} // namespace minhttp::packer
