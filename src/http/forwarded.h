// SPDX-License-Identifier: MIT
#pragma once
// Who asked, where a proxy says it: X-Forwarded-For and fields like it, and Forwarded (RFC 7239).

#include <span>
#include <string_view>

#include "base/cidr.h"

namespace minhttp::http {

// Proxies whose word counts.
struct TrustedProxies {
  std::span<const Cidr> blocks = {};
  bool unix_sockets = false; // all who connect to a Unix socket

  bool has(const IpAddress& address) const;
};

struct ClientHeader {
  std::string_view name = {}; // in lower case; empty: no proxy is believed
  TrustedProxies trusted = {};
};

// The client of a request that came from peer. Each proxy appends the address that it was asked from, so the list is
// read from its end: past the trusted ones, to the first address that is not, or that is none at all (RFC 7239
// section 6.3); the last address before that counts. Of a longer list the last limits::forwarded_max entries are read.
// fields: as in Request.
IpAddress find_client(const IpAddress& peer, std::string_view fields, const ClientHeader& header);

} // namespace minhttp::http
