// SPDX-License-Identifier: MIT
#pragma once
// Recognizes file names that build tools make, with a hash of the content in them.

#include <string_view>

namespace minhttp::site {

// Whether the last segment of name (any bytes) contains a content hash, so that the file never changes under this name.
// A missed hash only costs a revalidation; a name that is wrongly taken for a hash stays in browsers for a year. So
// about half of Vite's names (all letters, or much like words) and two thirds of esbuild's (mostly because they have no
// digits) are missed, but none of the hexadecimal ones that webpack and others make.
bool has_content_hash(std::string_view name);

} // namespace minhttp::site
