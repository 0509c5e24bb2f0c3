// SPDX-License-Identifier: MIT
// The field that names the client. The first byte chooses the field; the rest is what a client has sent in it, where a
// line end begins another line. A trusted proxy appends the address that it saw: whatever is before, that one counts.

#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/cost.h"
#include "fuzz/demand.h"
#include "http/character.h"
#include "http/forwarded.h"

namespace {

using minhttp::IpAddress;
using minhttp::fuzz::demand;

constexpr IpAddress proxy = minhttp::mapped({10, 0, 0, 1});
constexpr IpAddress client = minhttp::mapped({192, 0, 2, 43});

IpAddress find(const std::string& fields, std::string_view name) {
  minhttp::Cidr block;
  (void)minhttp::parse_cidr("10.0.0.0/8", block);
  std::vector<char> exact(fields.begin(), fields.end());
  minhttp::test::Cost cost;
  IpAddress found = minhttp::http::forwarded_client({exact.data(), exact.size()}, name,
                                                    {.blocks = {&block, 1}, .unix_peers = true}, proxy);
  minhttp::fuzz::check_cost("the field that names the client", fields.size(),
                            minhttp::test::bound::forwarded(fields.size()));
  return found;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1 || size > minhttp::limits::head_max) return 0;
  bool parameters = (data[0] & 1) != 0;
  std::string name = parameters ? "forwarded" : "x-forwarded-for";
  std::string own = name + ": ";
  for (size_t i = 1; i < size; i++) {
    char c = static_cast<char>(data[i]);
    if (c == '\n') {
      own += "\r\n" + name + ":";
    } else {
      own += minhttp::http::is(c, minhttp::http::Class::field) ? c : '?';
    }
  }
  IpAddress found = find(own + "\r\n", name);
  demand(!minhttp::is_unix_peer(found), "nobody on the network is a peer at a unix socket");
  std::string plain = parameters ? "for=192.0.2.43" : "192.0.2.43";
  std::string quoted = parameters ? "by=_x;for=\"192.0.2.43:80\";host=\"a,b\"" : "192.0.2.43:80";
  for (const std::string& appended : {plain, quoted}) {
    demand(find(own + ", " + appended + "\r\n", name) == client, "what the proxy appends counts");
    demand(find(own + "\r\nhost: a\r\n" + name + ": " + appended + "\r\n", name) == client,
           "also on a line of its own");
  }
  std::string another = parameters ? ", for=10.9.9.9" : ", 10.9.9.9";
  demand(find(own + ", " + plain + another + "\r\n", name) == client, "behind it trusted proxies are skipped");
  return 0;
}
