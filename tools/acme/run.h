// SPDX-License-Identifier: MIT
#pragma once
// One run: looks whether the certificate is to be renewed, and does it.

#include "acme/arguments.h"

namespace minhttp::acme {

// Returns when a good certificate is there. Failure, or Interrupted: the certificate that was there is still there.
void run(const Arguments& arguments);

} // namespace minhttp::acme
