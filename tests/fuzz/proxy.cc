// SPDX-License-Identifier: MIT
// The header of the PROXY protocol: byte by byte it is the same as at once, and never longer than its limit.

#include <cstdint>
#include <vector>

#include "fuzz/demand.h"
#include "h1/proxy_protocol.h"
#include "tables/limits.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using minhttp::fuzz::demand;
  using minhttp::h1::ProxyHeader;
  using Kind = ProxyHeader::Kind;
  std::vector<char> all(data, data + size);
  ProxyHeader whole = minhttp::h1::parse_proxy_header({all.data(), all.size()});
  demand(whole.length <= size && whole.length <= minhttp::limits::proxy_header_max,
         "no longer than the input, and the limit");
  demand(whole.kind == Kind::done || !whole.client, "a client of a whole header only");
  for (size_t end = 0; end < size; end++) {
    std::vector<char> part(data, data + end); // of the exact size
    ProxyHeader some = minhttp::h1::parse_proxy_header({part.data(), part.size()});
    if (some.kind == Kind::more) continue;
    demand(some.kind == whole.kind && some.length == whole.length && some.client == whole.client,
           "what is decided stays, whatever follows");
    return 0;
  }
  demand(whole.kind != Kind::more || size < minhttp::limits::proxy_header_max, "it does not wait for ever");
  return 0;
}
