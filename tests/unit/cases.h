// SPDX-License-Identifier: MIT
#pragma once
// tests/conformance/cases.jsonl, as bytes.

#include <string>
#include <vector>

namespace minhttp::test {

struct Case {
  std::string id;
  std::string group;
  std::string request;       // all bytes that the client sends
  bool half_close = false;   // and then it ends its side
  bool resets = false;       // or resets the connection: what it is answered does not matter
  std::vector<int> statuses; // acceptable ones; 0: closed without an answer
  std::string connection;    // what must become of it: close, keep, any
};

// Read once.
const std::vector<Case>& cases();

} // namespace minhttp::test
