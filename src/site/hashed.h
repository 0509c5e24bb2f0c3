#pragma once
// Names that build tools make: with a hash of the content in them.

#include <string_view>

namespace minhttp::site {

// Whether the last segment of name carries one, so that the file never changes under it.
bool has_content_hash(std::string_view name);

} // namespace minhttp::site
