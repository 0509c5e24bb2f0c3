// SPDX-License-Identifier: MIT
#pragma once
// The requests of a script as HTTP/2 has them.

#include <string>
#include <vector>

#include "unit/h2/hpack.h"

namespace minhttp::sim {

struct Ask {
  size_t answer = 0; // the number of its response in the script, from 0
  std::string method = {};
  test::Fields fields = {}; // with the pseudo-fields, which come first
  bool has_body = false;    // whose length and bytes change no response here
};

// Those of the requests that mean the same in HTTP/2. exact: the bytes are a conformance case; then there are none
// unless it is one request, and HTTP/1's syntax is not its subject.
std::vector<Ask> asks_of(const std::string& bytes, bool exact);

} // namespace minhttp::sim
