// SPDX-License-Identifier: MIT
#pragma once
// The index of a pack: entries in their order, and a perfect hash that finds one by its path (site/pack_format.h).

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "pack/tree.h"
#include "site/pack_format.h"

namespace minhttp::packer {

struct Index {
  static constexpr size_t no_file = SIZE_MAX;

  std::vector<site::pack::Entry> entries;  // without check, and without bodies; entry 0 is the root
  std::vector<size_t> file_of;             // by entry: index of the tree's file, or no_file for a directory
  std::vector<site::pack::PathHash> paths; // by entry: path_hash() of its path
  std::string names;
};

// The entries of all files and directories. Failure: there are more than the format allows.
Index make_entries(const Tree& tree);

struct HashTables {
  std::vector<uint32_t> seeds; // by bucket
  std::vector<uint32_t> slots; // the index of an entry, or no_entry
};

// Chooses the seeds. The same paths give the same tables.
HashTables make_hash(const std::vector<site::pack::PathHash>& paths);

} // namespace minhttp::packer
