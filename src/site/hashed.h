// SPDX-License-Identifier: MIT
#pragma once
// Names that build tools make: with a hash of the content in them.

#include <string_view>

namespace minhttp::site {

// Whether the last segment of name, of any bytes, carries one, so that the file never changes
// under it. Better to miss a hash than to see one where there is none: what is missed is asked
// for again, what is wrongly seen stays in browsers for a year. So about half of the names that
// Vite makes (all letters, or much like words) and two thirds of esbuild's (mostly for want of
// digits) are missed, but none of those with hexadecimal digits that webpack and others make.
bool has_content_hash(std::string_view name);

} // namespace minhttp::site
