// SPDX-License-Identifier: MIT
#pragma once
// One connection after the other: the case study's loop.

#include "loop/talk.h"

namespace minhttp::loop {

// Serves until wait_for_client says no.
void plain(int listener, Handler& talk);

} // namespace minhttp::loop
