// SPDX-License-Identifier: MIT
#pragma once

namespace minhttp::sim {

// Thirty requests, again and again: each call of the run fails once with each error that it can have. 0: all held.
int sweep();

} // namespace minhttp::sim
