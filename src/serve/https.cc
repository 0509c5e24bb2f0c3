// SPDX-License-Identifier: MIT
#include "serve/https.h"

#include "base/bytes.h"
#include "http/host.h"
#include "serve/reply.h"

namespace minhttp::serve {

// 308 to the same host and path. It fits but for the longest paths.
bool sends_to_https(Reply& reply) {
  const http::Request& request = reply.request();
  if (starts_with(request.path, "/.well-known/acme-challenge/")) return false;
  std::string_view host = http::host_of(request.host);
  Writer location(reply.response.location_memory);
  if (host.empty() || request.path.empty()) {
    reply_refusal(reply, http::Refusal::unknown_host);
  } else if (host.size() + request.path.size() + request.query.size() + 16 > location.room()) {
    reply_status(reply, http::Status::uri_too_long);
  } else {
    uint16_t port = reply.context.options.https_port;
    location.text("https://").text(host);
    if (port != 443) location.byte(':').decimal(port);
    location.text(request.path).text(request.query);
    reply_location(reply, http::Status::permanent_redirect, location.view());
  }
  return true;
}

} // namespace minhttp::serve
