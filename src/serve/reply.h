// SPDX-License-Identifier: MIT
#pragma once
// The kinds of responses: each fills in one.

#include "http/path.h"
#include "serve/context.h"
#include "serve/exchange.h"
#include "serve/response.h"
#include "site/found.h"

namespace minhttp::serve {

// A response that is being filled in.
struct Reply {
  Context& context;
  Exchange& exchange;
  Response& response;
  const site::Site* site = nullptr;
  const rules::Fields* fields = nullptr; // from _headers; null: none
  const site::Files* earlier = nullptr;  // the file is from an earlier release
  std::string_view own_fields = {};      // complete lines, which rules and options replace
  bool is_protected = false;             // a password was needed
  bool elsewhere = false;                // a rule or a fallback serves another file than was asked for
  bool undecided = false;                // the file has no compressed copy yet: the next request may get one
  bool bare = false;                     // no field of rules and options is added
  bool by_accept = false;                // the response depends on Accept

  const http::Request& request() const { return exchange.request; }
  // The files of the release that the file is from.
  const site::Files& files() const { return earlier == nullptr ? site->files : *earlier; }
  void explain(std::string_view what, std::string_view about = {}, std::string_view more = {}) const {
    if (context.trace != nullptr) context.trace->say(what, about, more);
  }
};

// A status, and a short text that repeats it. retry_s: Retry-After in seconds, or 0 for none.
void reply_status(Reply& reply, http::Status status, uint32_t retry_s = 0);

// The same with the status of a refusal, which the log names.
void reply_refusal(Reply& reply, http::Refusal refusal, uint32_t retry_s = 0);

// 200 with so many bytes of memory that belongs to no cache; the caller adds the type.
void reply_memory(Reply& reply, site::CacheEntry& memory, size_t bytes);

// 204 for OPTIONS. It is the same whether or not there is a file, and needs no password.
void reply_options(Reply& reply);

// The script of --env-js. It is not cached: the next start may have another one.
void reply_env_script(Reply& reply);

// A health check: 200 if healthy, else 503. It is neither cached nor logged.
void reply_health(Reply& reply, bool healthy);

// 401, with the challenge.
void reply_challenge(Reply& reply, http::Refusal refusal);

// 301 to the same path with a slash at its end, or without.
void reply_slash(Reply& reply, bool with);

// A redirect. location: a URL with its scheme, or a path from the root of the site.
void reply_location(Reply& reply, http::Status status, std::string_view location);

// A file that was found, with conditions, ranges and codings. page: 200, or another status that the file is the page
// of; then there are neither conditions nor ranges. fallback: the file is not what was asked for. False: its entity tag
// is computed in the next turn, and there is no response yet.
bool reply_file(Reply& reply, site::Found& found, http::Status page, bool fallback);

// The entries of a directory, or the status that says why not. False: directories are not listed, or there is
// no such directory.
bool reply_listing(Reply& reply, const http::Path& path);

} // namespace minhttp::serve
