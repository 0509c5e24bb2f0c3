// SPDX-License-Identifier: MIT
#pragma once
// The header of the PROXY protocol, versions 1 and 2 (HAProxy's doc/proxy-protocol.txt): what a proxy sends first on
// each connection, to say whose it is.

#include <optional>
#include <string_view>

#include "base/ip.h"

namespace minhttp::h1 {

struct ProxyHeader {
  enum class Kind : uint8_t { more, done, refused };
  Kind kind = Kind::refused;
  size_t length = 0;               // of done: the bytes of the header; what follows is the client's
  std::optional<IpAddress> client; // none: the connection is the proxy's own (LOCAL, UNKNOWN), or of no IP family
};

// input: all bytes that have come. It is never guessed whether there is a header: other bytes are refused.
ProxyHeader parse_proxy_header(std::string_view input);

} // namespace minhttp::h1
