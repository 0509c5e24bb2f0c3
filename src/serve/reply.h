// SPDX-License-Identifier: MIT
#pragma once
// The kinds of answers: each writes one head, and the body where it is short, and makes the
// log line while the request is still at hand.

#include "http/path.h"
#include "http/response.h"
#include "serve/server.h"
#include "site/body.h"

namespace minhttp::serve {

// An answer in the making.
struct Reply {
  Server& server;
  Connection& connection;
  Workspace& work;
  const site::Site* site = nullptr;
  const rules::Fields* fields = nullptr; // from _headers; null: none
  const site::Files* earlier = nullptr;  // the file is from an earlier release
  std::string_view own_fields = {};      // complete lines, which rules and options replace
  std::string_view user = {};            // who has asked, where a password was needed
  bool guarded = false;                  // it was
  bool elsewhere = false;                // a rule or a fallback serves something else than was asked for
  bool undecided = false;                // the file has no compressed copy, and the next one who asks may get it
  bool by_accept = false;                // the answer would be another one with another Accept

  const http::Request& request() const { return work.request; }
  // Where the file and what belongs to it is.
  const site::Files& files() const { return earlier == nullptr ? site->files : *earlier; }
  void explain(std::string_view what, std::string_view about = {}, std::string_view more = {}) const {
    if (server.trace != nullptr) server.trace->say(what, about, more);
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
// asked for. False: its entity tag waits for the next turn, and nothing has been said.
bool reply_file(Reply& reply, site::Found& found, http::Status page, bool fallback);

// Behind its head: small pieces are copied, so that more answers can be gathered. False: this one
// is not in memory (null), too long, or there is no room.
bool copy_body(Workspace& work, const char* memory, http::Part part);
// Copies it, or the connection remembers where it comes from.
void add_body(Connection& connection, Workspace& work, site::Source&& source, http::Part part);

// The entries of a directory, or why they cannot be had. False: nothing is listed, or there is
// no such directory.
bool reply_listing(Reply& reply, const http::Path& path);

} // namespace minhttp::serve
