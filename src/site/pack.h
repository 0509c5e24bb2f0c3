// SPDX-License-Identifier: MIT
#pragma once
// Reads a pack where the kernel has mapped it (site/pack_format.h). open() looks at the header and at the bounds of the
// sections, so that a start costs the same whatever the size of the site; an entry is checked when it is looked up. No
// number of a pack is used before it was compared with its bounds: whatever its bytes are, nothing outside is read.

#include <cstdint>
#include <span>
#include <string_view>

#include "http/coding.h"
#include "site/pack_format.h"

namespace minhttp::site {

class Pack {
 public:
  // A file or a directory of the pack.
  struct Item {
    const pack::Entry* entry = nullptr;
    std::string_view path; // from the root of the pack, without a slash at either end

    bool is_directory() const { return (entry->flags & pack::directory) != 0; }
    bool is_hidden() const { return (entry->flags & pack::hidden) != 0; }
  };
  enum class Lookup : uint8_t {
    found,
    missing,
    damaged // what the look-up came across does not agree with its check
  };

  // bytes: the whole pack, which must stay in place; 8 bytes at its start and at its end can be read. Empty: it can be
  // used; else what is wrong with it, in words.
  std::string_view open(std::string_view bytes);
  bool is_open() const { return !bytes_.empty(); }

  // The entry of a path of any length, in constant time.
  Lookup find(std::string_view path, Item& item) const;
  // The entry of that number, which is less than entry_count(); never `missing`.
  Lookup at(uint32_t number, Item& item) const;
  uint32_t entry_count() const { return header().entry_count; }

  // The body of a file in that coding; null: there is none.
  const pack::Body* body(const Item& item, http::Coding coding) const;
  std::string_view bytes_of(const pack::Body& body) const { return {bytes_.data() + body.offset, body.size}; }

  bool has_hosts() const { return (header().flags & pack::virtual_hosts) != 0; }
  // Arguments as on a command line, each ended by a NUL; at most limits::pack_arguments_max.
  std::string_view options() const { return view(header().options); }
  uint64_t size() const { return bytes_.size(); }

 private:
  const pack::Header& header() const { return *reinterpret_cast<const pack::Header*>(bytes_.data()); }
  std::string_view view(const pack::Section& section) const { return {bytes_.data() + section.offset, section.size}; }
  template <typename T>
  const T* table(const pack::Section& section) const {
    return reinterpret_cast<const T*>(bytes_.data() + section.offset);
  }
  bool take_name(const pack::Entry& entry, Item& item) const;
  Lookup check(const pack::Entry& entry, const pack::PathHash& path) const;

  std::string_view bytes_;
};

// The last segment of an item that lies in `directory`; empty: it does not lie there.
std::string_view name_in(const Pack::Item& item, std::string_view directory);

} // namespace minhttp::site
