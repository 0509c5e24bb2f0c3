// SPDX-License-Identifier: MIT
#pragma once
// The case study's loop: one connection after the other.

#include "loop/talk.h"

namespace minhttp::loop {

// Serves until wait_for_client() returns false.
void plain(int listener, Handler& talk);

} // namespace minhttp::loop
