// SPDX-License-Identifier: MIT
#pragma once
// A gzip decoder for tests: small, slow and strict. It stands beside zlib's so that architectures without zlib have
// one.

#include <string>
#include <string_view>

namespace minhttp::test {

struct Gunzipped {
  std::string error; // empty: none
  std::string bytes;
  int stored = 0; // blocks of each kind
  int fixed = 0;
  int dynamic = 0;
};

// file: one member, with nothing behind it.
Gunzipped gunzip(std::string_view file);

} // namespace minhttp::test
