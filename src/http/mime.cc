#include "http/mime.h"

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace minhttp::http {
namespace {

// All texts in one array and their places in another: no pointers, so no relocations.
#define MIME(extension, type) extension type
constexpr char texts[] =
#include "tables/mime.def"
    ;
#undef MIME

struct Row {
  uint16_t start; // the extension, and right behind it the type
  uint8_t extension_size;
  uint8_t type_size;
};

#define MIME(extension, type) +1
constexpr size_t row_count = 0
#include "tables/mime.def"
    ;
#undef MIME

constexpr auto rows = [] {
  std::array<Row, row_count> table = {};
  size_t at = 0;
  size_t start = 0;
  auto add = [&](size_t extension_size, size_t type_size) {
    table[at++] = {.start = static_cast<uint16_t>(start),
                   .extension_size = static_cast<uint8_t>(extension_size),
                   .type_size = static_cast<uint8_t>(type_size)};
    start += extension_size + type_size;
  };
#define MIME(extension, type) add(sizeof(extension) - 1, sizeof(type) - 1);
#include "tables/mime.def"
#undef MIME
  return table;
}();

constexpr std::string_view extension(const Row& row) { return {texts + row.start, row.extension_size}; }

// Negative, zero or positive, as text in lower case stands before, at or behind known.
constexpr int compare(std::string_view text, std::string_view known) {
  size_t i = 0;
  for (; i < text.size() && i < known.size(); i++) {
    char c = to_lower(text[i]);
    if (c != known[i]) return static_cast<unsigned char>(c) < static_cast<unsigned char>(known[i]) ? -1 : 1;
  }
  return i < text.size() ? 1 : i < known.size() ? -1 : 0;
}

constexpr bool sorted = [] {
  for (size_t i = 1; i < rows.size(); i++) {
    if (compare(extension(rows[i - 1]), extension(rows[i])) >= 0) return false;
  }
  return true;
}();
static_assert(sorted, "tables/mime.def is not sorted, or has an extension twice");

} // namespace

std::string_view media_type(std::string_view name) {
  size_t dot = name.size();
  while (dot > 0 && name[dot - 1] != '.' && name[dot - 1] != '/') dot--;
  if (dot > 0 && name[dot - 1] == '.') {
    std::string_view wanted = drop(name, dot);
    size_t low = 0;
    size_t high = rows.size();
    while (low < high) {
      size_t middle = (low + high) / 2;
      int order = compare(wanted, extension(rows[middle]));
      if (order == 0) return {texts + rows[middle].start + rows[middle].extension_size, rows[middle].type_size};
      if (order < 0) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
  }
  return "application/octet-stream";
}

} // namespace minhttp::http
