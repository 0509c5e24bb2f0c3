// SPDX-License-Identifier: MIT
#pragma once
// Media types by file name, from tables/mime.def.

#include <span>
#include <string_view>

namespace minhttp::http {

// A row beside the table: the extension without its dot.
struct OwnType {
  std::string_view extension;
  std::string_view type;
};
using OwnTypes = std::span<const OwnType>; // they come before the table, and the last of them before the first

// name: a path or file name of any bytes. Its extension, or a name without one ("LICENSE"), is
// compared without case; application/octet-stream where we do not know it.
std::string_view media_type(std::string_view name, OwnTypes own = {});

// Whether the name ends with an extension that we know: it is a file's, not a page's of an application.
bool has_known_extension(std::string_view name, OwnTypes own = {});

// "type/subtype" as the table has it, with its charset; empty: it has none of that name.
std::string_view type_in_table(std::string_view type);

} // namespace minhttp::http
