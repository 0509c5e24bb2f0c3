// SPDX-License-Identifier: MIT
#pragma once
// What connections of --admin are answered: health, metrics, and a page to look at, instead of the site.

#include <cstdint>
#include <span>

#include "metrics/text.h"
#include "site/cache.h"

namespace minhttp::serve {

struct Reply;

// An answer that is being sent.
struct AdminPage {
  site::CacheEntry entry; // without a cache
  char text[limits::admin_page_max];
};

// One for each worker. All memory is there from the start.
struct Admin {
  metrics::Shared* shared = nullptr;
  metrics::Facts facts = {}; // but for the time, and whether the server is ready
  std::span<AdminPage> pages = {};
  bool any_host = false; // --admin-public
};

// /healthz, /readyz, /metrics and /; GET and HEAD. Fields of rules and options are not added, and nothing is logged.
void reply_admin(Reply& reply, Admin& admin);

} // namespace minhttp::serve
