// SPDX-License-Identifier: MIT
#pragma once

namespace minhttp::sim {

// Repeats thirty requests: each system call of the run fails once with each error that it can have. 0: everything held.
int sweep();

} // namespace minhttp::sim
