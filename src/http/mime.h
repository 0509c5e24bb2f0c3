// SPDX-License-Identifier: MIT
#pragma once
// Media types by file name, from tables/mime.def.

#include <span>
#include <string_view>

namespace minhttp::http {

// An additional media type: extension without its dot, and type.
struct OwnType {
  std::string_view extension;
  std::string_view type;
};
using OwnTypes = std::span<const OwnType>; // they come before the table, and the last of them before the first

// name: a path or file name of any bytes. Its extension, or the whole name if it has none ("LICENSE"), is looked up
// case-insensitively, first in own. Unknown: application/octet-stream.
std::string_view media_type(std::string_view name, OwnTypes own = {});

// Whether the name ends with a known extension: then it is a file, not a page of a single-page application.
bool has_known_extension(std::string_view name, OwnTypes own = {});

// The entry "type/subtype" of the table, with its charset; empty: the table has no such type.
std::string_view type_in_table(std::string_view type);

} // namespace minhttp::http
