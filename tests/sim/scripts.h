// SPDX-License-Identifier: MIT
#pragma once
// What is served, and what clients ask for.

#include <string>
#include <vector>

#include "sim/files.h"

namespace minhttp::sim {

// The site, and a few names outside of it. Versions 1 and 3 have what changes while it is served; 2
// and 3 lack what can be done without: the page for 404, and a compressed copy.
constexpr int site_versions = 4;
void lay_site(Files& files, int version);

// One of the changes from version 0 to 1: a file is replaced, emptied by half in place, or gone.
constexpr int change_count = 3;
void change(Files& files, int which);

struct Script {
  std::string name;
  std::string bytes;
  std::vector<bool> heads; // of each request: it is HEAD, and its answer has no body
  bool exact = false;      // bytes of a conformance case: any grammar, nothing that changes
  bool half_close = false;
  bool cut = false; // asks for a file that shrinks: the connection may end there
};

// The beginning of a head, for who never comes to its end.
const Script& dripping(bool empty_lines);

// The cases of tests/conformance that need no pause, then as many of our own.
const std::vector<Script>& scripts();

} // namespace minhttp::sim
