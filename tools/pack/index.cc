// SPDX-License-Identifier: MIT
#include "pack/index.h"

#include <algorithm>
#include <string_view>

#include "pack/report.h"

namespace minhttp::packer {
namespace {

namespace format = site::pack;

constexpr uint32_t entries_a_bucket = 4;      // on average: more take longer to place, fewer need more buckets
constexpr uint32_t seeds_tried_max = 1 << 24; // a bucket needs a few hundred

struct Node {
  std::string_view directory; // its path
  std::string_view name;      // without directories
  std::string_view path;
  size_t file;
};

Node node_of(std::string_view path, size_t file) {
  size_t slash = path.rfind('/');
  bool top = slash == std::string_view::npos;
  return {.directory = top ? std::string_view() : path.substr(0, slash),
          .name = top ? path : path.substr(slash + 1),
          .path = path,
          .file = file};
}

// Places all entries of a bucket with this seed. False: two of them, or one and an earlier one, share a slot.
bool place(const std::vector<uint32_t>& bucket, const std::vector<format::PathHash>& paths, uint32_t seed,
           std::vector<uint32_t>& slots) {
  auto count = static_cast<uint32_t>(slots.size());
  for (size_t i = 0; i < bucket.size(); i++) {
    uint32_t& slot = slots[format::slot_of(paths[bucket[i]], seed, count)];
    if (slot == format::no_entry) {
      slot = bucket[i];
      continue;
    }
    while (i > 0) slots[format::slot_of(paths[bucket[--i]], seed, count)] = format::no_entry;
    return false;
  }
  return true;
}

} // namespace

Index make_entries(const Tree& tree) {
  size_t count = tree.files.size() + tree.directories.size();
  if (count > format::entries_max) {
    throw Failure("more than " + std::to_string(format::entries_max) + " files and directories");
  }
  std::vector<Node> nodes;
  for (const std::string& directory : tree.directories) {
    if (!directory.empty()) nodes.push_back(node_of(directory, Index::no_file));
  }
  for (size_t i = 0; i < tree.files.size(); i++) nodes.push_back(node_of(tree.files[i].name, i));
  std::sort(nodes.begin(), nodes.end(), [](const Node& a, const Node& b) {
    return a.directory != b.directory ? a.directory < b.directory : a.name < b.name;
  });
  nodes.insert(nodes.begin(), Node{.directory = {}, .name = {}, .path = {}, .file = Index::no_file});

  Index index;
  for (const Node& node : nodes) {
    format::Entry entry = {};
    entry.name = index.names.size();
    entry.name_size = static_cast<uint16_t>(node.path.size());
    index.names += node.path;
    if (node.file == Index::no_file) {
      entry.flags = format::directory;
      // Its entries stand together: those whose directory it is.
      auto [first, last] = std::equal_range(nodes.begin() + 1, nodes.end(), Node{.directory = node.path},
                                            [](const Node& a, const Node& b) { return a.directory < b.directory; });
      entry.count = static_cast<uint32_t>(last - first);
      entry.first = entry.count == 0 ? 0 : static_cast<uint32_t>(first - nodes.begin());
    } else if (tree.files[node.file].rules) {
      entry.flags = format::hidden;
    }
    index.entries.push_back(entry);
    index.file_of.push_back(node.file);
    index.paths.push_back(format::path_hash(node.path));
  }
  return index;
}

HashTables make_hash(const std::vector<format::PathHash>& paths) {
  auto count = static_cast<uint32_t>(paths.size());
  uint32_t bucket_count = count / entries_a_bucket + 1;
  HashTables tables;
  tables.seeds.resize(bucket_count);
  tables.slots.assign(count + count / 4 + 1, format::no_entry);
  std::vector<std::vector<uint32_t>> buckets(bucket_count);
  for (uint32_t i = 0; i < count; i++) buckets[format::bucket_of(paths[i], bucket_count)].push_back(i);
  std::vector<uint32_t> order(bucket_count); // large ones first, while there is room
  for (uint32_t i = 0; i < bucket_count; i++) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return buckets[a].size() > buckets[b].size(); });
  for (uint32_t bucket : order) {
    uint32_t seed = 0;
    while (!place(buckets[bucket], paths, seed, tables.slots)) {
      if (++seed == seeds_tried_max) throw Failure("two paths have the same hash"); // of 128 bits: never seen
    }
    tables.seeds[bucket] = seed;
  }
  return tables;
}

} // namespace minhttp::packer
