// SPDX-License-Identifier: MIT
#pragma once
// The client that proxies name in a field of the request: X-Forwarded-For and the like, or Forwarded (RFC 7239).

#include <span>
#include <string_view>

#include "base/cidr.h"
#include "base/ip.h"

namespace minhttp::http {

// Proxies whose word counts.
struct TrustedProxies {
  std::span<const Cidr> blocks = {};
  bool unix_peers = false; // all who connect to a Unix socket

  bool contain(const IpAddress& address) const;
};

// The field in which they say it.
struct ClientHeader {
  std::string_view name = {}; // in lower case; empty: nobody is believed
  TrustedProxies trusted = {};
};

// Goes through the field's list from its end, where the nearest proxy writes, as long as trusted proxies are named:
// the first other address is the client's. All lines of the field are one list. Returns proxy, or the last trusted
// address, where the list begins or is longer than limits::forwarded_max, and where an element is no address
// ("unknown", an obfuscated name, nonsense): what is to the left of that anybody may have written. fields: all field
// lines of the request, each with its CR LF. name: of the field, in lower case; "forwarded" has the syntax of RFC 7239,
// all others are lists of addresses, with ports or without. proxy: the trusted one that sent the request.
IpAddress forwarded_client(std::string_view fields, std::string_view name, const TrustedProxies& trusted,
                           const IpAddress& proxy);

} // namespace minhttp::http
