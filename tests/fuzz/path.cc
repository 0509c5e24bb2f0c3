// SPDX-License-Identifier: MIT
// Paths of request targets: what is accepted can be opened beneath a root without leaving it.

#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/cost.h"
#include "fuzz/demand.h"
#include "http/path.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using minhttp::fuzz::demand;
  std::string input = "/" + std::string(reinterpret_cast<const char*>(data), size);
  std::vector<char> raw(input.begin(), input.end()); // of the exact size, as is the output
  std::vector<char> out(raw.size());
  minhttp::test::Cost cost;
  minhttp::http::Path path = minhttp::http::decode_path({raw.data(), raw.size()}, out);
  minhttp::fuzz::check_cost("path", raw.size(), minhttp::test::bound::path(raw.size()));
  if (path.status != minhttp::http::Status::ok) return 0;

  std::string name(path.name);
  demand(name.size() <= raw.size(), "decoding makes nothing longer");
  demand(name.find('\0') == name.npos, "no NUL");
  demand(name.find('\\') == name.npos, "no backslash");
  demand(path.directory == (input.back() == '/'), "a directory ends with a slash");
  bool first = true;
  for (size_t at = 0; !name.empty() && at <= name.size(); first = false) {
    size_t end = std::min(name.find('/', at), name.size());
    std::string segment = name.substr(at, end - at);
    demand(!segment.empty(), "no empty segment, neither in front nor behind");
    demand(segment[0] != '.' || (first && segment == ".well-known"), "nothing hidden, and no dots");
    at = end + 1;
  }
  return 0;
}
