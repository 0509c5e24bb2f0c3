// SPDX-License-Identifier: MIT
#pragma once
// The kinds of responses: each fills in one.

#include "http/path.h"
#include "serve/context.h"
#include "serve/exchange.h"
#include "site/body.h"

namespace minhttp::serve {

// A response in the making.
struct Reply {
  Context& context;
  Exchange& exchange;
  Response& response;
  const site::Site* site = nullptr;
  const rules::Fields* fields = nullptr; // from _headers; null: none
  const site::Files* earlier = nullptr;  // the file is from an earlier release
  std::string_view own_fields = {};      // complete lines, which rules and options replace
  bool is_protected = false;             // a password was needed
  bool elsewhere = false;                // a rule or a fallback serves something else than was asked for
  bool undecided = false;                // the file has no compressed copy, and the next one who asks may get it
  bool by_accept = false;                // the response would be another one with another Accept

  const http::Request& request() const { return exchange.request; }
  // Where the file and what belongs to it is.
  const site::Files& files() const { return earlier == nullptr ? site->files : *earlier; }
  void explain(std::string_view what, std::string_view about = {}, std::string_view more = {}) const {
    if (context.trace != nullptr) context.trace->say(what, about, more);
  }
};

// A status and nothing else; a line of text says it again. retry_s: Retry-After, or 0.
void reply_status(Reply& reply, http::Status status, uint32_t retry_s = 0);

// OPTIONS: 204. It is the same whether there is a file or not, and asks for no password.
void reply_options(Reply& reply);

// The script of --env-js. No cache keeps it: the next start may have another one.
void reply_env_script(Reply& reply);

// 401, with the challenge.
void reply_challenge(Reply& reply);

// To the same name with a slash, or without the one that it has.
void reply_slash(Reply& reply, bool with);

// status: of a redirect. location: with its scheme, or from the root of the site.
void reply_location(Reply& reply, http::Status status, std::string_view location);

// A file that was found: conditions, ranges, codings. page: 200, or the status that the whole
// file stands for; then there are neither conditions nor ranges. fallback: it is not what was
// asked for. False: its entity tag is computed in the next turn, and there is no response yet.
bool reply_file(Reply& reply, site::Found& found, http::Status page, bool fallback);

// The entries of a directory, or why they cannot be had. False: nothing is listed, or there is
// no such directory.
bool reply_listing(Reply& reply, const http::Path& path);

} // namespace minhttp::serve
