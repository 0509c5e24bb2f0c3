// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "base/result.h"

namespace minhttp {

// The text of an error, from tables/errno.def.
std::string_view describe(Errno error);

} // namespace minhttp
