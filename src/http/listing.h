// SPDX-License-Identifier: MIT
#pragma once
// Writes a directory listing as a page or as JSON, in pieces. Each piece fits limits::piece_max, so that a listing of
// any length needs no more memory than that.

#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace minhttp::http {

struct ListingOrder {
  enum class Key : uint8_t { name, size, time };
  Key key = Key::name;
  bool descending = false;
};

// query: with its '?', or empty. Reads sort=name|size|time and order=asc|desc, anywhere in it; the default is by name.
ListingOrder parse_listing_order(std::string_view query);

struct ListingRow {
  std::string_view name;
  bool directory = false;
  bool link = false;   // a symbolic link; directory, size and seconds are those of its target
  uint64_t size = 0;   // of a file
  int64_t seconds = 0; // of the modification time, since 1970
};

// Whether a is listed before b: directories first, then by the key, then by name. Names are in natural order (file2
// before file10), ignoring the case of ASCII letters, then by their bytes. Rows with different names are never equal,
// so the order is always the same.
bool stands_before(const ListingRow& a, const ListingRow& b, ListingOrder order);

struct ListingCounts {
  uint64_t directories = 0;
  uint64_t files = 0;
};

// Content-Security-Policy of the page: allows only its own style sheet, by hash.
std::string_view listing_policy();

class ListingPage {
 public:
  enum class Format : uint8_t { html, json };

  ListingPage() = default;
  // root: what the site is called, its host and the path where it begins, at most limits::listing_root_max bytes; may
  // be empty. path: of the directory, decoded, without slashes at its ends; empty: the root. Both must outlive the
  // page.
  ListingPage(Format format, std::string_view root, std::string_view path, ListingOrder order)
      : root_(root), path_(path), order_(order), format_(format) {}

  Format format() const { return format_; }

  // Writes what comes before the rows, one piece each call. False: that was the last piece.
  bool write_start(Writer& out, const ListingCounts& counts);

  // Writes one row, at most row_bytes_max(row) bytes.
  void write_row(Writer& out, const ListingRow& row);
  static size_t row_bytes_max(const ListingRow& row);

  void write_end(Writer& out);

 private:
  enum class Part : uint8_t { head, style, way, title, table };

  bool write_crumb(Writer& out);
  std::string_view root_name() const { return root_.empty() ? "Index"sv : root_; }

  std::string_view root_;
  std::string_view path_;
  size_t crumb_at_ = 0; // start of the next segment of path_
  ListingOrder order_;
  Format format_ = Format::html;
  Part part_ = Part::head; // the next part to write
  bool has_rows_ = false;
};

} // namespace minhttp::http
