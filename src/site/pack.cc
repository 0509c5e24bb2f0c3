// SPDX-License-Identifier: MIT
#include "site/pack.h"

#include "base/bytes.h"
#include "base/cost.h"

namespace minhttp::site {
namespace {

using pack::Body;
using pack::Cell;
using pack::Entry;
using pack::Header;
using pack::Section;

constexpr uint8_t all_codings = (1U << http::coding_count) - 1;

// Whether a section lies inside the pack, between header and trailer, and has so many bytes.
bool has_place(const Section& section, uint64_t bytes, uint64_t pack_bytes) {
  return section.size == bytes && section.offset % pack::content_align == 0 && section.offset >= sizeof(Header) &&
         section.offset <= pack_bytes && section.size <= pack_bytes - section.offset;
}

bool has_sections(const Header& header) {
  uint64_t end = header.size - sizeof header.check;
  if (header.entry_count == 0 || header.entry_count > pack::entries_max) return false;
  if (header.bucket_count == 0 || header.bucket_count > pack::entries_max) return false;
  if (header.slot_count < header.entry_count || header.slot_count > 2 * pack::entries_max) return false;
  if (header.body_count > http::coding_count * pack::entries_max) return false;
  return has_place(header.buckets, uint64_t{header.bucket_count} * sizeof(Cell), end) &&
         has_place(header.slots, uint64_t{header.slot_count} * sizeof(Cell), end) &&
         has_place(header.entries, uint64_t{header.entry_count} * sizeof(Entry), end) &&
         has_place(header.bodies, uint64_t{header.body_count} * sizeof(Body), end) &&
         has_place(header.names, header.names.size, end) && has_place(header.options, header.options.size, end);
}

// As equal(), eight bytes at a time: a third of a look-up would be this comparison.
bool is_same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  size_t size = a.size();
  if (size < sizeof(uint64_t)) return equal(a, b);
  uint64_t differences = load<uint64_t>(a.data() + size - 8) ^ load<uint64_t>(b.data() + size - 8);
  for (size_t i = 0; i + 8 < size; i += 8) differences |= load<uint64_t>(a.data() + i) ^ load<uint64_t>(b.data() + i);
  return differences == 0;
}

bool has_options(const Header& header, std::string_view options) {
  if (options.size() > pack::options_max || !(digest_of(options) == header.options_digest)) return false;
  uint32_t count = 0;
  for (char c : options) count += c == '\0' ? 1U : 0U;
  return count <= limits::pack_arguments_max && (options.empty() || options.back() == '\0');
}

} // namespace

std::string_view Pack::open(std::string_view bytes) {
  if (bytes.size() < sizeof(Header) + sizeof(uint64_t) || bytes.size() > pack::pack_bytes_max ||
      reinterpret_cast<uintptr_t>(bytes.data()) % alignof(Header) != 0) {
    return "its size or its place is wrong"sv;
  }
  bytes_ = bytes;
  const Header& head = header();
  std::string_view wrong;
  if (head.magic == pack::magic && head.version != pack::version && head.check == pack::header_check(head)) {
    wrong = "it is of another version than this server"sv;
  } else if (!(head.magic == pack::magic) || head.version != pack::version || head.byte_order != pack::byte_order ||
             head.check != pack::header_check(head)) {
    wrong = "its header is damaged"sv;
  } else if (head.size != bytes.size() || load<uint64_t>(bytes.data() + bytes.size() - 8) != head.check) {
    wrong = "its end is missing or damaged"sv;
  } else if (!has_sections(head) || (head.flags & ~uint32_t{pack::virtual_hosts}) != 0) {
    wrong = "its header has wrong numbers"sv;
  } else if (!has_options(head, options())) {
    wrong = "its options are damaged"sv;
  }
  if (!wrong.empty()) bytes_ = {};
  return wrong;
}

// Whether its name lies where it may.
bool Pack::take_name(const Entry& entry, Item& item) const {
  const Section& names = header().names;
  if (entry.name > names.size || entry.name_size > names.size - entry.name || entry.name_size > pack::name_max)
    return false;
  item = {.entry = &entry, .path = {bytes_.data() + names.offset + entry.name, entry.name_size}};
  return true;
}

// Whether what an entry refers to lies where it may, and all of it agrees with its check. path: of its name.
Pack::Lookup Pack::check(const Entry& entry, const pack::PathHash& path) const {
  const Header& head = header();
  bool directory = (entry.flags & pack::directory) != 0;
  uint32_t most = directory ? head.entry_count : head.body_count;
  bool good = (entry.flags & ~(pack::directory | pack::hidden)) == 0 && entry.first <= most &&
              entry.count <= most - entry.first;
  unsigned codings = entry.codings;
  good =
      good && (directory ? codings == 0
                         : (codings & 1) != 0 && codings <= all_codings && entry.count == pack::count_bodies(codings));
  if (!good) return Lookup::damaged;
  pack::EntryCheck check(entry, path);
  const Body* bodies = table<Body>(head.bodies) + entry.first;
  for (uint32_t i = 0; !directory && i < entry.count; i++) {
    if (bodies[i].offset > head.size || bodies[i].size > head.size - bodies[i].offset) return Lookup::damaged;
    check.add(bodies[i]);
  }
  return check.sum() == entry.check ? Lookup::found : Lookup::damaged;
}

Pack::Lookup Pack::find(std::string_view path, Item& item) const {
  const Header& head = header();
  pack::PathHash hash = pack::path_hash(path);
  uint32_t bucket = pack::bucket_of(hash, head.bucket_count);
  const Cell& seed = table<Cell>(head.buckets)[bucket];
  uint32_t slot = pack::slot_of(hash, seed.value, head.slot_count);
  const Cell& cell = table<Cell>(head.slots)[slot];
  cost::add(cost::Kind::probes);
  if (seed.check != pack::cell_check(pack::Table::buckets, bucket, seed.value) ||
      cell.check != pack::cell_check(pack::Table::slots, slot, cell.value)) {
    return Lookup::damaged;
  }
  if (cell.value == pack::no_entry) return Lookup::missing;
  if (cell.value >= head.entry_count) return Lookup::damaged;
  const Entry& entry = table<Entry>(head.entries)[cell.value];
  if (!take_name(entry, item)) return Lookup::damaged;
  if (is_same(item.path, path)) return check(entry, hash);
  // Another name has that place. Or has this one been damaged?
  return check(entry, pack::path_hash(item.path)) == Lookup::found ? Lookup::missing : Lookup::damaged;
}

Pack::Lookup Pack::at(uint32_t number, Item& item) const {
  const Entry& entry = table<Entry>(header().entries)[number];
  if (!take_name(entry, item)) return Lookup::damaged;
  return check(entry, pack::path_hash(item.path));
}

const Body* Pack::body(const Item& item, http::Coding coding) const {
  unsigned bit = 1U << static_cast<unsigned>(coding);
  if (item.is_directory() || (item.entry->codings & bit) == 0) return nullptr;
  uint32_t before = pack::count_bodies(item.entry->codings & (bit - 1));
  return table<Body>(header().bodies) + item.entry->first + before;
}

std::string_view name_in(const Pack::Item& item, std::string_view directory) {
  std::string_view rest = item.path;
  if (!directory.empty()) {
    if (rest.size() <= directory.size() || rest[directory.size()] != '/' || !starts_with(rest, directory)) return {};
    rest = drop(rest, directory.size() + 1);
  }
  return find(rest, '/') == rest.size() ? rest : std::string_view();
}

} // namespace minhttp::site
