// SPDX-License-Identifier: MIT
#include "pack/write_pack.h"

#include "pack/index.h"
#include "pack/report.h"

namespace minhttp::packer {
namespace {

namespace format = site::pack;

template <typename T>
std::string_view bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

std::vector<format::Cell> cells_of(const std::vector<uint32_t>& values, format::Table table) {
  std::vector<format::Cell> cells;
  for (uint32_t i = 0; i < values.size(); i++) {
    cells.push_back({.value = values[i], .check = format::cell_check(table, i, values[i])});
  }
  return cells;
}

} // namespace

PackWriter::PackWriter(NewFile& out) : out_(out), start_(out.size()) {
  out_.append(std::string(sizeof(format::Header), '\0'));
}

// Padded to content_align from the pack's first byte, which is itself at a multiple of it in the file.
format::Body PackWriter::place(std::string_view bytes, const Digest& digest) {
  if (bytes.empty()) return {.offset = 0, .size = 0, .digest = digest};
  out_.pad(format::content_align);
  uint64_t offset = out_.size() - start_;
  if (offset + bytes.size() > format::pack_bytes_max / 2) throw Failure("the site is too large for a pack");
  out_.append(bytes);
  return {.offset = offset, .size = bytes.size(), .digest = digest};
}

void PackWriter::add(size_t content, std::string_view bytes, const Encoded& encoded) {
  if (placed_.size() != content) throw std::logic_error("contents are out of order");
  Bodies& bodies = placed_.emplace_back();
  bodies[0] = place(bytes, digest_of(bytes));
  for (size_t c = 1; c < http::coding_count; c++) {
    if (!encoded.bodies[c].empty()) bodies[c] = place(encoded.bodies[c], digest_of(encoded.bodies[c]));
  }
}

format::Section PackWriter::section(std::string_view bytes) {
  out_.pad(format::content_align);
  uint64_t offset = out_.size() - start_;
  out_.append(bytes);
  index_bytes_ += bytes.size();
  return {.offset = offset, .size = bytes.size()};
}

void PackWriter::add_bodies(format::Entry& entry, size_t file, const Contents& contents,
                            std::vector<format::Body>& bodies) const {
  size_t content = contents.of_file[file];
  entry.first = static_cast<uint32_t>(bodies.size());
  for (size_t c = 0; c < http::coding_count; c++) {
    const format::Body* body = &placed_[content][c];
    size_t sibling = c == 0 ? no_content : contents.siblings[file][c];
    if (sibling != no_content) {
      body = &placed_[contents.of_file[sibling]][0];
    } else if (c > 0 && (body->size == 0 || !contents.compressible[file])) {
      continue;
    }
    entry.codings = static_cast<uint8_t>(entry.codings | 1U << c);
    bodies.push_back(*body);
  }
  entry.count = static_cast<uint32_t>(bodies.size()) - entry.first;
}

void PackWriter::finish(const Tree& tree, const Contents& contents, const std::string& options, uint32_t flags) {
  Index index = make_entries(tree);
  HashTables tables = make_hash(index.paths);
  std::vector<format::Body> bodies;
  for (size_t i = 0; i < index.entries.size(); i++) {
    format::Entry& entry = index.entries[i];
    if (index.file_of[i] != Index::no_file) add_bodies(entry, index.file_of[i], contents, bodies);
    std::span<const format::Body> own(bodies);
    own = own.subspan(index.file_of[i] == Index::no_file ? bodies.size() : entry.first);
    entry.check = format::entry_check(entry, index.paths[i], own);
  }
  format::Header header = {};
  header.magic = format::magic;
  header.version = format::version;
  header.byte_order = format::byte_order;
  header.flags = flags;
  header.bucket_count = static_cast<uint32_t>(tables.seeds.size());
  header.slot_count = static_cast<uint32_t>(tables.slots.size());
  header.entry_count = static_cast<uint32_t>(index.entries.size());
  header.body_count = static_cast<uint32_t>(bodies.size());
  header.buckets = section(bytes_of(cells_of(tables.seeds, format::Table::buckets)));
  header.slots = section(bytes_of(cells_of(tables.slots, format::Table::slots)));
  header.entries = section(bytes_of(index.entries));
  header.bodies = section(bytes_of(bodies));
  header.names = section(index.names);
  header.options = section(options);
  header.options_digest = digest_of(options);
  out_.pad(sizeof header.check);
  header.size = size() + sizeof header.check;
  header.check = format::header_check(header);
  index_bytes_ += sizeof header;
  out_.append({reinterpret_cast<const char*>(&header.check), sizeof header.check});
  out_.overwrite(start_, {reinterpret_cast<const char*>(&header), sizeof header});
}

} // namespace minhttp::packer
