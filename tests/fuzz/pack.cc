// SPDX-License-Identifier: MIT
// A pack of any bytes is refused or read, and nothing outside is touched. The checks of an input are made right, or the
// fuzzer would get no further than they.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "fuzz/demand.h"
#include "site/files.h"
#include "site/listing.h"
#include "site/pack.h"

namespace {

using minhttp::fuzz::demand;
using minhttp::site::Pack;
namespace pack = minhttp::site::pack;

struct Input {
  std::vector<uint64_t> words; // aligned, and of the exact size
  char* data() { return reinterpret_cast<char*>(words.data()); }
  std::string_view view() { return {data(), words.size() * 8}; }
  pack::Header& header() { return *reinterpret_cast<pack::Header*>(data()); }
};

void repair_header(Input& input) {
  pack::Header& header = input.header();
  header.magic = pack::magic;
  header.version = pack::version;
  header.byte_order = pack::byte_order;
  header.size = input.view().size();
  header.flags &= pack::virtual_hosts;
  const pack::Section& options = header.options;
  if (options.size <= pack::options_max && options.offset < header.size &&
      options.size < header.size - options.offset) {
    header.options_digest = minhttp::digest_of({input.data() + options.offset, options.size});
  }
  header.check = pack::header_check(header);
  std::memcpy(input.data() + header.size - 8, &header.check, 8);
}

void repair_cells(Input& input, const pack::Section& section, pack::Table table, uint32_t count) {
  auto* cells = reinterpret_cast<pack::Cell*>(input.data() + section.offset);
  for (uint32_t i = 0; i < count; i++) cells[i].check = pack::cell_check(table, i, cells[i].value);
}

// Of those entries whose parts lie where they may.
void repair_entries(Input& input) {
  const pack::Header& header = input.header();
  auto* entries = reinterpret_cast<pack::Entry*>(input.data() + header.entries.offset);
  for (uint32_t i = 0; i < header.entry_count; i++) {
    pack::Entry& entry = entries[i];
    bool directory = (entry.flags & pack::directory) != 0;
    if (entry.name > header.names.size || entry.name_size > header.names.size - entry.name) continue;
    if (!directory && (entry.first > header.body_count || entry.count > header.body_count - entry.first)) continue;
    const auto* first = reinterpret_cast<const pack::Body*>(input.data() + header.bodies.offset) + entry.first;
    std::span<const pack::Body> bodies;
    if (!directory) bodies = {first, entry.count};
    auto path = pack::path_hash({input.data() + header.names.offset + entry.name, entry.name_size});
    entry.check = pack::entry_check(entry, path, bodies);
  }
}

// Reads all that an item refers to.
uint64_t touch(const Pack& site, const Pack::Item& item) {
  uint64_t sum = item.path.empty() ? 0 : static_cast<unsigned char>(item.path.back());
  for (size_t i = 0; i < minhttp::http::coding_count; i++) {
    const pack::Body* body = site.body(item, static_cast<minhttp::http::Coding>(i));
    if (body == nullptr || body->size == 0) continue;
    std::string_view bytes = site.bytes_of(*body);
    sum += static_cast<unsigned char>(bytes.front());
    sum += static_cast<unsigned char>(bytes.back());
  }
  return sum;
}

void list(const minhttp::site::Files& files, std::string_view directory) {
  static auto* listing = new minhttp::site::Listing;
  listing->begin(directory, {});
  for (int i = 0; i < 2000; i++) {
    auto step = listing->next(files, -1);
    if (step == minhttp::site::Listing::Step::end || step == minhttp::site::Listing::Step::failed) return;
    if (step == minhttp::site::Listing::Step::row) listing->take_row();
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1 + sizeof(pack::Header) + 8 || size > 40'000) return 0;
  bool repaired = (data[0] & 1) != 0;
  Input input;
  input.words.resize((size - 1) / 8);
  std::memcpy(input.data(), data + 1, input.words.size() * 8);
  if (repaired) repair_header(input);
  Pack site;
  if (!site.open(input.view()).empty()) return 0;
  if (repaired) {
    const pack::Header& header = input.header();
    repair_cells(input, header.buckets, pack::Table::buckets, header.bucket_count);
    repair_cells(input, header.slots, pack::Table::slots, header.slot_count);
    repair_entries(input);
    repair_header(input); // where a section overlaps it
    if (!site.open(input.view()).empty()) return 0;
  }
  demand(site.options().empty() || site.options().back() == '\0', "the options end with a NUL");
  minhttp::site::Files files;
  files.use_pack(site, {});
  uint64_t sum = 0;
  uint32_t count = std::min<uint32_t>(site.entry_count(), 200);
  for (uint32_t i = 0; i < count; i++) {
    Pack::Item item;
    if (site.at(i, item) != Pack::Lookup::found) continue;
    sum += touch(site, item);
    std::string path(item.path);
    Pack::Item found;
    if (site.find(path, found) == Pack::Lookup::found) demand(found.path == path, "a look-up gives what was asked for");
    auto opened = files.open({.base = path});
    if (opened.kind == minhttp::site::Found::Kind::file) {
      demand(opened.body.length <= site.size(), "a body lies in the pack");
      demand(opened.body.source.memory() >= input.data(), "and not before it");
    }
    if (item.is_directory() && i < 4 && path.size() < minhttp::limits::path_max) list(files, path);
  }
  std::vector<char> text(1000);
  (void)files.read("_headers", text);
  demand(sum != UINT64_MAX, "all of them were read");
  return 0;
}
