// SPDX-License-Identifier: MIT
#pragma once
// A request and who sent it. What is decided about it is a Response (serve/response.h).

#include <cstdint>
#include <string_view>

#include "base/ip.h"
#include "http/request.h"

namespace minhttp::serve {

struct Exchange {
  const http::Request& request;
  const IpAddress& client;
  uint32_t ticket = 0; // the number of who asks, the same until the response is sent: conn gives the connection's slot
  bool denied = false; // the password check that this ticket waited for has failed
  bool admin = false;  // on a connection of --admin: Context::admin answers
  bool redirects = false;     // on a connection of --listen-http, in minhttps
  std::string_view user = {}; // who was let in, where a password was needed
};

} // namespace minhttp::serve
