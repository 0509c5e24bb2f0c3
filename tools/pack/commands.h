// SPDX-License-Identifier: MIT
#pragma once
// What minhttp-pack does beside packing. Each function returns the exit status, or throws a Failure.

#include "pack/arguments.h"

namespace minhttp::packer {

int list(const Arguments& arguments);
int extract(const Arguments& arguments);
int verify(const Arguments& arguments);
int write_siblings(const Arguments& arguments);

} // namespace minhttp::packer
