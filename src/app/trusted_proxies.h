// SPDX-License-Identifier: MIT
#pragma once
// --trusted-proxy and --client-header.

#include <array>

#include "app/config.h"
#include "http/forwarded.h"

namespace minhttp::app {

// What the header points into.
struct ProxyMemory {
  std::array<Cidr, limits::trusted_proxies_max> blocks = {};
  std::array<char, limits::client_header_max> name = {};
};

// False: an option is wrong, which a message says.
bool make_client_header(const Config& config, ProxyMemory& memory, http::ClientHeader& header);

} // namespace minhttp::app
