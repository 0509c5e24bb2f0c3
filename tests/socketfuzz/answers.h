// SPDX-License-Identifier: MIT
#pragma once
// Is what came back HTTP, and framed as it says?

#include <string>
#include <string_view>

namespace minhttp::socketfuzz {

struct Verdict {
  std::string wrong;     // empty: nothing
  size_t finals = 0;     // whole answers that are not 1xx
  bool cut = false;      // the last one is not whole
  bool overload = false; // one is 503
};

// received: all bytes of a connection; sent: those of the client, for HEAD only.
Verdict judge(std::string_view sent, std::string_view received);

// The bytes without the values of Date: what may differ between two answers to the same request.
std::string without_dates(std::string_view received);

} // namespace minhttp::socketfuzz
