// SPDX-License-Identifier: MIT
#pragma once
// The site that is served, and the requests of clients.

#include <string>
#include <vector>

#include "sim/asks.h"
#include "sim/files.h"

namespace minhttp::sim {

// Lays out the site, and a few names outside of it. Versions 1 and 3 have the changes that are made while it is served;
// versions 2 and 3 lack what is optional: the page for 404, and a compressed sibling.
constexpr int site_versions = 4;
void lay_site(Files& files, int version);

// Makes one of the changes from version 0 to 1: a file is replaced, truncated in place, or removed.
constexpr int change_count = 3;
void change(Files& files, int which);

struct Script {
  std::string name;
  std::string bytes;
  std::vector<bool> heads; // for each request: it is HEAD, and its response has no body
  bool exact = false;      // the bytes of a conformance case: any syntax, and no file that changes
  bool half_close = false;
  bool cut = false;           // requests a file that shrinks: the connection may end in the middle
  std::vector<Ask> asks = {}; // its requests over HTTP/2; none: they have no meaning there
};

// The start of a head, for clients that never complete it.
const Script& dripping(bool empty_lines);

// The cases of tests/conformance that need no pause, then some of our own.
const std::vector<Script>& scripts();

} // namespace minhttp::sim
