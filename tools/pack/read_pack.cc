// SPDX-License-Identifier: MIT
#include "pack/read_pack.h"

#include <cstring>

#include "pack/encode.h"
#include "pack/parallel.h"
#include "pack/report.h"
#include "site/pack.h"

namespace minhttp::packer {
namespace {

namespace format = site::pack;
using http::Coding;

[[noreturn]] void damaged(const std::string& what) { throw Failure("the site inside is damaged: " + what); }

std::string_view directory_of(std::string_view path) {
  size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string_view last_of(std::string_view path) {
  size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// A path that leads nowhere else, when it is extracted.
bool is_plain(std::string_view path) {
  if (path.find('\0') != std::string_view::npos) return false;
  while (true) {
    size_t slash = path.find('/');
    std::string_view segment = path.substr(0, slash);
    if (segment.empty() || segment == "." || segment == "..") return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

} // namespace

PackReader::PackReader(std::string_view executable) {
  Packed packed = find_pack(executable);
  pack_ = packed.pack;
  machine_ = packed.machine;
  if (pack_.size() < sizeof header_) damaged("its end is missing");
  std::memcpy(&header_, pack_.data(), sizeof header_);
  if (header_.version != format::version) {
    throw Failure("its site has version " + std::to_string(header_.version) + " of the format, and I know " +
                  std::to_string(format::version));
  }
  // What the server refuses is not whole, whatever else can be said for it.
  if (std::string_view wrong = site::Pack().open(pack_); !wrong.empty()) damaged(std::string(wrong));
  check_entries();
}

template <typename T>
const T* PackReader::table(const format::Section& section, size_t count) const {
  if (section.offset % format::content_align != 0 || section.offset > pack_.size() ||
      section.size > pack_.size() - section.offset || section.size != count * sizeof(T)) {
    damaged("a section lies outside of it");
  }
  const char* start = pack_.data() + section.offset;
  if (reinterpret_cast<uintptr_t>(start) % alignof(T) != 0) damaged("a section is not aligned");
  return reinterpret_cast<const T*>(start);
}

PackReader::PackEntry PackReader::entry(size_t number) const {
  const format::Entry& entry = table<format::Entry>(header_.entries, header_.entry_count)[number];
  if (entry.name > header_.names.size || entry.name_size > header_.names.size - entry.name) damaged("a name");
  return {.name = {pack_.data() + header_.names.offset + entry.name, entry.name_size}, .entry = &entry};
}

// What entry() and body() rely on, of all entries.
void PackReader::check_entries() const {
  for (size_t i = 0; i < count(); i++) {
    PackEntry one = entry(i);
    const format::Entry& entry = *one.entry;
    std::span<const format::Body> bodies;
    if (one.directory()) {
      if (entry.first > count() || entry.count > count() - entry.first) damaged("the entries of a directory");
    } else {
      if (entry.first > header_.body_count || entry.count > header_.body_count - entry.first ||
          entry.codings >> http::coding_count != 0 || !one.has(Coding::identity) ||
          entry.count != static_cast<uint32_t>(std::popcount(entry.codings))) {
        damaged("the bodies of " + printable(one.name));
      }
      const auto* first = table<format::Body>(header_.bodies, header_.body_count) + entry.first;
      bodies = {first, entry.count};
    }
    if (entry.check != format::entry_check(entry, format::path_hash(one.name), bodies))
      damaged("the entry " + printable(one.name));
    if (i == 0 ? !one.name.empty() || !one.directory() : !is_plain(one.name))
      damaged("the name " + printable(one.name));
    if (i < 2) continue;
    std::string_view before = this->entry(i - 1).name;
    std::string_view directory = directory_of(one.name);
    std::string_view directory_before = directory_of(before);
    bool ordered = directory == directory_before ? last_of(before) < last_of(one.name) : directory_before < directory;
    if (!ordered) damaged("the order of its entries");
  }
}

const format::Body& PackReader::body_of(const PackEntry& one, Coding coding) const {
  unsigned below = one.entry->codings & ((1U << static_cast<unsigned>(coding)) - 1);
  const auto* first = table<format::Body>(header_.bodies, header_.body_count) + one.entry->first;
  return first[std::popcount(below)];
}

std::string_view PackReader::body(const PackEntry& one, Coding coding) const {
  const format::Body& body = body_of(one, coding);
  if (body.offset > pack_.size() || body.size > pack_.size() - body.offset) {
    damaged("a body of " + printable(one.name));
  }
  return pack_.substr(body.offset, body.size);
}

std::string_view PackReader::checked_body(const PackEntry& one, Coding coding) const {
  std::string_view bytes = body(one, coding);
  if (digest_of(bytes) != body_of(one, coding).digest) damaged("a body of " + printable(one.name));
  return bytes;
}

std::vector<std::string> PackReader::options() const {
  std::string_view text = pack_.substr(header_.options.offset, header_.options.size);
  std::vector<std::string> all;
  while (!text.empty()) {
    size_t end = text.find('\0');
    all.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return all;
}

void PackReader::check_hash(size_t number) const {
  PackEntry one = entry(number);
  format::PathHash path = format::path_hash(one.name);
  uint32_t bucket = format::bucket_of(path, header_.bucket_count);
  format::Cell seed = table<format::Cell>(header_.buckets, header_.bucket_count)[bucket];
  uint32_t place = format::slot_of(path, seed.value, header_.slot_count);
  format::Cell slot = table<format::Cell>(header_.slots, header_.slot_count)[place];
  if (seed.check != format::cell_check(format::Table::buckets, bucket, seed.value) ||
      slot.check != format::cell_check(format::Table::slots, place, slot.value) || slot.value != number) {
    damaged("its index does not find " + printable(one.name));
  }
}

void PackReader::check_bodies(size_t number) const {
  PackEntry one = entry(number);
  std::string_view bytes = body(one, Coding::identity);
  for (size_t c = 0; c < http::coding_count; c++) {
    auto coding = static_cast<Coding>(c);
    if (!one.has(coding)) continue;
    std::string_view encoded = checked_body(one, coding);
    if (c == 0) continue;
    auto decoded = decode(coding, encoded, bytes.size());
    if (!decoded || *decoded != bytes) {
      damaged(std::string(http::coding_token(coding)) + " of " + printable(one.name) + " is not that of its file");
    }
  }
}

void PackReader::verify(unsigned jobs) const {
  const auto* buckets = table<format::Cell>(header_.buckets, header_.bucket_count);
  for (uint32_t i = 0; i < header_.bucket_count; i++) {
    if (buckets[i].check != format::cell_check(format::Table::buckets, i, buckets[i].value)) damaged("its index");
  }
  const auto* slots = table<format::Cell>(header_.slots, header_.slot_count);
  for (uint32_t i = 0; i < header_.slot_count; i++) {
    if (slots[i].check != format::cell_check(format::Table::slots, i, slots[i].value)) damaged("its index");
  }
  auto check = [&](size_t i) {
    check_hash(i);
    if (!entry(i).directory()) check_bodies(i);
    return true;
  };
  in_order(count(), jobs, 256, check, [](size_t, bool) {});
}

} // namespace minhttp::packer
