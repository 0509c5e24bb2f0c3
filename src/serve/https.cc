// SPDX-License-Identifier: MIT
#include "serve/https.h"

#include "base/bytes.h"
#include "http/host.h"
#include "serve/reply.h"

namespace minhttp::serve {
namespace {

constexpr std::string_view challenges = "/.well-known/acme-challenge/";

// RFC 8555 section 8.1: tokens are base64url, so that one leads to no other directory, hidden file or password.
bool is_token(std::string_view text) {
  for (char c : text) {
    if (!is_digit(c) && !is_letter(c) && c != '-' && c != '_') return false;
  }
  return !text.empty();
}

// The file for an authority that gives out certificates, which asks whether the name is ours. It is for everybody,
// as it has no other way in: no password, address, rule or base path matters.
std::optional<bool> reply_token(Reply& reply) {
  const http::Request& request = reply.request();
  bool reads = request.method == http::Method::get || request.method == http::Method::head;
  const site::Site* site = reply.context.sites.pick(request.host);
  if (!reads || site == nullptr || !is_token(drop(request.path, challenges.size()))) return {};
  site::Found found = site->files.open({.base = drop(request.path, 1)});
  if (found.kind != site::Found::Kind::file) return {};
  reply.site = site;
  return reply_file(reply, found, http::Status::ok, false);
}

} // namespace

std::optional<bool> decide_http(Reply& reply) {
  const http::Request& request = reply.request();
  if (starts_with(request.path, challenges)) return reply_token(reply);
  std::string_view host = http::host_of(request.host);
  Writer location(reply.response.location_memory);
  if (host.empty() || request.path.empty()) {
    reply_refusal(reply, http::Refusal::unknown_host);
  } else if (host.size() + request.path.size() + request.query.size() + 16 > location.room()) {
    reply_status(reply, http::Status::uri_too_long);
  } else {
    uint16_t port = reply.context.options.https_port;
    location.text("https://").text(host);
    if (port != 443 && port != 0) location.byte(':').decimal(port);
    location.text(request.path).text(request.query);
    reply_location(reply, http::Status::permanent_redirect, location.view());
  }
  return true;
}

} // namespace minhttp::serve
