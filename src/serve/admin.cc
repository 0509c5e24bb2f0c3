// SPDX-License-Identifier: MIT
#include "serve/admin.h"

#include "base/bytes.h"
#include "base/ip.h"
#include "http/host.h"
#include "metrics/page.h"
#include "serve/reply.h"

namespace minhttp::serve {
namespace {

using http::Method;
using http::Status;

// Against DNS rebinding: a browser on this machine may be led here by a name that somebody else owns, and then lets a
// script of that name read the answers. Addresses and localhost are nobody else's.
bool is_own_host(std::string_view authority) {
  if (authority.empty() || authority[0] == '[') return true; // HTTP/1.0 without Host; an IPv6 address
  std::string_view host = http::host_of(authority);
  return equal_ignoring_case(host, "localhost") || parse_ipv4(host).has_value();
}

// Null: all are being sent.
AdminPage* free_page(Admin& admin) {
  for (AdminPage& page : admin.pages) {
    if (page.entry.users > 0) continue;
    page.entry.memory = page.text;
    page.entry.detached = true; // nobody looks it up, and nobody drops it
    return &page;
  }
  return nullptr;
}

void reply_page(Reply& reply, Admin& admin, bool metrics) {
  AdminPage* page = free_page(admin);
  if (page == nullptr) return reply_status(reply, Status::service_unavailable);
  metrics::Facts facts = admin.facts;
  facts.ready = reply.context.ready;
  facts.now_s = reply.context.clock.seconds();
  Writer out(page->text);
  if (metrics) {
    metrics::write_text(out, *admin.shared, facts);
  } else {
    metrics::write_page(out, *admin.shared, facts);
  }
  reply_memory(reply, page->entry, out.size());
  reply.response.head.type = metrics ? metrics::text_type() : "text/html; charset=utf-8"sv;
  if (!metrics) reply.response.head.policy = metrics::page_policy();
}

} // namespace

void reply_admin(Reply& reply, Admin& admin) {
  const http::Request& request = reply.request();
  reply.bare = true;
  reply.response.logged = false;
  if (!admin.any_host && !is_own_host(request.host)) return reply_status(reply, Status::misdirected_request);
  if (request.method == Method::unknown) return reply_status(reply, Status::not_implemented);
  if (request.method == Method::options) return reply_options(reply);
  if (request.method != Method::get && request.method != Method::head) {
    return reply_status(reply, Status::method_not_allowed);
  }
  if (equal(request.path, "/healthz")) return reply_health(reply, true);
  if (equal(request.path, "/readyz")) return reply_health(reply, reply.context.ready);
  bool metrics = equal(request.path, "/metrics");
  if (!metrics && !equal(request.path, "/")) return reply_status(reply, Status::not_found);
  reply_page(reply, admin, metrics);
}

} // namespace minhttp::serve
