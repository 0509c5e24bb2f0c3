// SPDX-License-Identifier: MIT
#pragma once
// The case study's loop: one connection after the other.

#include "loop/handler.h"

namespace minhttp::loop {

// Serves until wait_for_client() returns false.
void plain(int listener, Handler& handler);

} // namespace minhttp::loop
