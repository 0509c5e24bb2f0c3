// SPDX-License-Identifier: MIT
#pragma once
// The value of the `priority` field and of PRIORITY_UPDATE frames (RFC 9218).

#include <cstdint>
#include <string_view>

namespace minhttp::h2 {

struct Priority {
  uint8_t urgency = 3; // 0 comes first, 7 last
  // Takes turns with others of its urgency; false: it is sent to its end before them. Where a client says nothing,
  // streams take turns: RFC 9218 section 10 leaves that to the server.
  bool incremental = true;
};

// Reads `u=0..7` and `i`, and ignores everything else, as section 4 demands. text: a Dictionary of RFC 8941
// section 3.2.
Priority parse_priority(std::string_view text);

} // namespace minhttp::h2
