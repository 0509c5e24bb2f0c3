#pragma once
// Media types by file name, from tables/mime.def.

#include <string_view>

namespace minhttp::http {

// name: a path or file name of any bytes. Its extension, or a name without one ("LICENSE"), is
// compared without case; application/octet-stream where we do not know it.
std::string_view media_type(std::string_view name);

// Whether the name ends with an extension of the table: it is a file's, not a page's of an application.
bool has_known_extension(std::string_view name);

} // namespace minhttp::http
