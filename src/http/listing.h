// SPDX-License-Identifier: MIT
#pragma once
// A directory as a page, or as JSON, piece by piece: each piece fits limits::piece_max, so a
// listing of any length needs no more memory than that.

#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace minhttp::http {

struct ListingOrder {
  enum class Key : uint8_t { name, size, time };
  Key key = Key::name;
  bool descending = false;
};

// query: with its '?', or empty. sort=name|size|time and order=asc|desc, anywhere in it; by
// name where it says nothing that we know.
ListingOrder parse_listing_order(std::string_view query);

struct ListingRow {
  std::string_view name;
  bool directory = false;
  bool link = false;   // a symbolic link; the rest is told of what it leads to
  uint64_t size = 0;   // of a file
  int64_t seconds = 0; // of the modification time, since 1970
};

// Whether a stands before b: directories first; then by the key; what is equal there, by
// name. Names in natural order (file2 before file10), without regard to the case of ASCII
// letters, then by their bytes. Two rows of different names are never equal, so the order is
// the same each time.
bool stands_before(const ListingRow& a, const ListingRow& b, ListingOrder order);

struct ListingCounts {
  uint64_t directories = 0;
  uint64_t files = 0;
};

// Content-Security-Policy of the page: its own style sheet, by hash, and nothing else.
std::string_view listing_policy();

class ListingPage {
 public:
  enum class Format : uint8_t { html, json };

  ListingPage() = default;
  // root: what the site is called: its host and the path where it begins, at most
  // limits::listing_root_max bytes; may be empty. path: of the directory, decoded, without
  // slashes at its ends; empty: the root. Both must live as long as the page.
  ListingPage(Format format, std::string_view root, std::string_view path, ListingOrder order)
      : root_(root), path_(path), order_(order), format_(format) {}

  Format format() const { return format_; }

  // What stands in front of the rows, a piece a call. false: that was the last one.
  bool write_start(Writer& out, const ListingCounts& counts);

  // One row; it writes row_bytes_max(row) at most.
  void write_row(Writer& out, const ListingRow& row);
  static size_t row_bytes_max(const ListingRow& row);

  void write_end(Writer& out);

 private:
  enum class Part : uint8_t { head, style, way, title, table };

  bool write_crumb(Writer& out);
  std::string_view root_name() const { return root_.empty() ? "Index" : root_; }

  std::string_view root_;
  std::string_view path_;
  size_t crumb_at_ = 0; // where the next segment of path_ begins
  ListingOrder order_;
  Format format_ = Format::html;
  Part part_ = Part::head; // the next to be written
  bool has_rows_ = false;
};

} // namespace minhttp::http
