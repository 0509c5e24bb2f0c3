// SPDX-License-Identifier: MIT
#pragma once
// minhttp-pack DIR -o FILE.

#include "pack/arguments.h"

namespace minhttp::packer {

// Returns the exit status. Failure: nothing was written.
int make_pack(const Arguments& arguments);

} // namespace minhttp::packer
