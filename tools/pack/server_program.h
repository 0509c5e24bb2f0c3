// SPDX-License-Identifier: MIT
#pragma once
// The server that a site is laid into: where it is, and what it says about the result.

#include <string>

namespace minhttp::packer {

// Path of the server: `given` if not empty, else minhttp beside this program, else the first one in PATH. Failure:
// there is none.
std::string find_server(const std::string& given);

struct CheckResult {
  bool ran = false; // false: this machine cannot run it, as one of another architecture
  int status = 0;   // as the server's: 0, 1 something is wrong with a file, 2 with an option
  std::string output;
};

// Runs `executable check`, without the variables of this environment, for 15 minutes at most.
CheckResult run_check(const std::string& executable);

} // namespace minhttp::packer
