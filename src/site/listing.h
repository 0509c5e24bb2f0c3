// SPDX-License-Identifier: MIT
#pragma once
// Lists the entries of a directory of any size, in order, in memory of a fixed size.
//
// As many entries are held as fit. If not all fit, the entries that are last in the order are let go, and the directory
// is read again for them once the others were given. So a directory that fits is read once, and a large one as often as
// its entries fill the memory: that takes time, but no more memory. (To read once and sort in a file would be faster,
// but needs a place to write; a cache would have to be kept up to date.)
//
// If the directory changes meanwhile: each row is greater than the one before it, so no row comes twice with the same
// name, size and time. There are never more rows than the first reading counted, so the listing ends.

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "http/listing.h"
#include "site/files.h"
#include "tables/limits.h"

namespace minhttp::site {

class Listing {
 public:
  // path: of the directory beneath the root, empty for the root itself; it is copied, and shorter than
  // limits::path_max. Resets everything.
  void begin(std::string_view path, http::ListingOrder order);

  enum class Step : uint8_t {
    row,   // row() is the next row, until take_row()
    pause, // a slice of work is done without a row: let other connections run, and call next() again
    end,
    failed // an error while the directory was read
  };
  // directory: open for reading, the same at each call; of a pack, -1.
  Step next(const Files& files, int directory);
  const http::ListingRow& row() const { return row_; }
  void take_row() { has_row_ = false; }

  // Complete as soon as next() has returned row or end.
  const http::ListingCounts& counts() const { return counts_; }
  std::string_view path() const { return {path_, path_size_}; }

 private:
  // An entry in memory; its name, NUL-terminated, follows it.
  struct Entry {
    uint64_t size;
    int64_t seconds;
    uint16_t name_size;
    bool directory;
    bool link;
    bool known; // size and seconds are valid
    bool let_go;
    uint16_t unused;
  };
  static constexpr size_t entry_align = alignof(Entry);
  static constexpr size_t entries_max = limits::listing_bytes / (sizeof(Entry) + entry_align);
  static_assert(limits::listing_bytes >= 4 * (sizeof(Entry) + limits::name_max + entry_align));

  // The position of a row in the order, with its own copy of the name.
  struct Mark {
    bool set;
    http::ListingRow row;
    char name[limits::name_max];
    void put(const http::ListingRow& at);
  };

  Result<bool> read_slice(const Files& files, int directory);
  Result<bool> read_pack_slice(const Files& files);
  Result<> rewind(const Files& files, int directory);
  void consider(const Files& files, int directory, std::string_view name, unsigned type);
  bool find_out(const Files& files, int directory, unsigned type, http::ListingRow& row, bool& known);
  bool find_target(const Files& files, http::ListingRow& row);
  void keep(const http::ListingRow& row, bool known);
  void hold(const http::ListingRow& row, bool known);
  void let_go_of_last();
  bool take_first(int directory);

  Entry& entry(uint32_t offset) { return *reinterpret_cast<Entry*>(bytes_ + offset); }
  http::ListingRow row_of(uint32_t offset);
  bool goes_above(uint32_t a, uint32_t b, bool last_first);
  void sift_down(size_t at, bool last_first);
  void make_heap(bool last_first);
  uint32_t pop(bool last_first);

  http::ListingOrder order_;
  http::ListingCounts counts_;
  http::ListingRow row_;
  uint64_t rows_left_;
  uint32_t pack_next_; // of a pack: which of the directory's entries is read next
  size_t path_size_;
  size_t used_;  // of bytes_
  size_t count_; // of heap_
  bool has_row_;
  bool reading_;
  bool first_reading_;
  Mark last_;  // the last row that was given: rows before it are done
  Mark bound_; // the last entry that was kept when others were let go: entries behind it wait for the next reading
  char path_[limits::path_max + limits::name_max + 2]; // and room for the name of an entry
  alignas(8) char read_[limits::listing_read_bytes];
  uint32_t heap_[entries_max]; // offsets in bytes_
  alignas(entry_align) char bytes_[limits::listing_bytes];
};

} // namespace minhttp::site
