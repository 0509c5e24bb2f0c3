// SPDX-License-Identifier: MIT
#pragma once
// A substitute for openat2 with RESOLVE_BENEATH, for kernels that lack it.

#include "base/result.h"

namespace minhttp::site {

// Opens name for reading, one component at a time. Follows links itself, so that none leads out of root. name:
// relative, NUL-terminated. Errors as openat2(2): EXDEV if a link leads out or is absolute, ELOOP after
// limits::links_max links.
Result<int> open_by_walking(int root, const char* name);

} // namespace minhttp::site
