// SPDX-License-Identifier: MIT
#include "http/mime.h"

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace minhttp::http {
namespace {

// The table as written in the source; used at compile time only.
struct Source {
  std::string_view extension;
  std::string_view type;
};
constexpr Source sources[] = {
#define MIME(extension, type) {extension, type},
#include "tables/mime.def"
#undef MIME
};
constexpr size_t row_count = sizeof sources / sizeof sources[0];

// The first row with the same type: rows of one type share its text.
constexpr size_t first_with_type(size_t row) {
  size_t first = 0;
  while (!equal(sources[first].type, sources[row].type)) first++;
  return first;
}

constexpr size_t text_size = [] {
  size_t size = 0;
  for (size_t i = 0; i < row_count; i++) {
    size += sources[i].extension.size() + (first_with_type(i) == i ? sources[i].type.size() : 0);
  }
  return size;
}();

// The program contains one text and offsets into it: no pointers, so no relocations.
struct Row {
  uint16_t extension;
  uint16_t type;
  uint8_t extension_size;
  uint8_t type_size;
};

struct Table {
  std::array<char, text_size> text = {};
  std::array<Row, row_count> rows = {};
};

constexpr Table table = [] {
  Table made;
  size_t used = 0;
  auto add = [&](std::string_view part) {
    size_t start = used;
    for (char c : part) made.text[used++] = c;
    return static_cast<uint16_t>(start);
  };
  for (size_t i = 0; i < row_count; i++) {
    size_t first = first_with_type(i);
    Row& row = made.rows[i];
    row.extension = add(sources[i].extension);
    row.extension_size = static_cast<uint8_t>(sources[i].extension.size());
    row.type = first == i ? add(sources[i].type) : made.rows[first].type;
    row.type_size = static_cast<uint8_t>(sources[i].type.size());
  }
  return made;
}();
static_assert(text_size <= UINT16_MAX);

constexpr std::string_view extension(const Row& row) { return {table.text.data() + row.extension, row.extension_size}; }

// Negative, zero or positive: text, in lower case, sorts before known, equals it, or sorts after it.
constexpr int compare(std::string_view text, std::string_view known) {
  size_t i = 0;
  for (; i < text.size() && i < known.size(); i++) {
    char c = to_lower(text[i]);
    if (c != known[i]) return static_cast<unsigned char>(c) < static_cast<unsigned char>(known[i]) ? -1 : 1;
  }
  return i < text.size() ? 1 : i < known.size() ? -1 : 0;
}

constexpr bool sorted = [] {
  for (size_t i = 1; i < row_count; i++) {
    if (compare(sources[i - 1].extension, sources[i].extension) >= 0) return false;
  }
  return true;
}();
static_assert(sorted, "tables/mime.def is not sorted, or has an extension twice");

// The rows of whole names begin with a slash, which sorts before digits and letters.
constexpr size_t name_count = [] {
  size_t count = 0;
  while (sources[count].extension[0] == '/') count++;
  return count;
}();

// The row of an extension or of a whole name. skip: so many bytes at the start of each row are not compared.
const Row* look_up(std::string_view wanted, size_t low, size_t high, size_t skip) {
  while (low < high) {
    size_t middle = (low + high) / 2;
    int order = compare(wanted, drop(extension(table.rows[middle]), skip));
    if (order == 0) return &table.rows[middle];
    if (order < 0) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return nullptr;
}

struct Ending {
  std::string_view text; // the extension; the whole name if there is none
  bool dot;
};

Ending ending_of(std::string_view name) {
  size_t start = name.size();
  while (start > 0 && name[start - 1] != '.' && name[start - 1] != '/') start--;
  return {drop(name, start), start > 0 && name[start - 1] == '.'};
}

// Compares extensions without case; neither needs to be in lower case.
bool same_extension(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); i++) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

const OwnType* find_own(const Ending& ending, OwnTypes own) {
  for (size_t i = ending.dot ? own.size() : 0; i > 0; i--) {
    if (same_extension(ending.text, own[i - 1].extension)) return &own[i - 1];
  }
  return nullptr;
}

const Row* find_row(const Ending& ending) {
  return ending.dot ? look_up(ending.text, name_count, row_count, 0) : look_up(ending.text, 0, name_count, 1);
}

std::string_view type_of(const Row& row) { return {table.text.data() + row.type, row.type_size}; }

} // namespace

std::string_view media_type(std::string_view name, OwnTypes own) {
  Ending ending = ending_of(name);
  if (const OwnType* found = find_own(ending, own)) return found->type;
  const Row* row = find_row(ending);
  return row == nullptr ? "application/octet-stream"sv : type_of(*row);
}

bool has_known_extension(std::string_view name, OwnTypes own) {
  Ending ending = ending_of(name);
  return ending.dot && (find_own(ending, own) != nullptr || find_row(ending) != nullptr);
}

std::string_view type_in_table(std::string_view type) {
  for (const Row& row : table.rows) {
    std::string_view known = type_of(row);
    if (equal_ignoring_case(type, take(known, find(known, ';')))) return known;
  }
  return {};
}

} // namespace minhttp::http
