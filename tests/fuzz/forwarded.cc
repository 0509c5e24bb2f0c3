// SPDX-License-Identifier: MIT
// Who asked: the first byte chooses the field, the second whether everybody is trusted; the rest is the value.

#include <array>
#include <cstdint>
#include <string>

#include "fuzz/demand.h"
#include "http/forwarded.h"
#include "http/scan.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using minhttp::fuzz::demand;
  if (size < 2) return 0;
  std::string value(reinterpret_cast<const char*>(data) + 2, size - 2);
  if (!minhttp::http::only<minhttp::http::Class::field>(value)) return 0; // the parser refuses it
  bool standard = data[0] % 2 != 0;
  std::string fields = (standard ? "Forwarded: " : "X-Forwarded-For: ") + value + "\r\n";
  std::array<minhttp::Cidr, 2> blocks = {};
  (void)minhttp::parse_cidr("192.0.2.0/24", blocks[0]);
  (void)minhttp::parse_cidr(data[1] % 2 != 0 ? "0.0.0.0/0" : "2001:db8::/32", blocks[1]);
  minhttp::http::ClientHeader header = {.name = standard ? "forwarded" : "x-forwarded-for",
                                        .trusted = {.blocks = blocks}};
  minhttp::IpAddress proxy = minhttp::mapped({192, 0, 2, 1});
  minhttp::IpAddress stranger = minhttp::mapped({198, 51, 100, 1});
  minhttp::IpAddress client = minhttp::http::find_client(proxy, fields, header);
  demand(client != minhttp::IpAddress{}, "never the address of a Unix socket");
  if (data[1] % 2 == 0)
    demand(minhttp::http::find_client(stranger, fields, header) == stranger, "a stranger is not believed");
  // One more proxy that is trusted, behind the whole list, changes nothing.
  bool quoted = value.find('"') != value.npos;
  if (!quoted) {
    std::string longer = (standard ? "Forwarded: " : "X-Forwarded-For: ") + value +
                         (standard ? ", for=192.0.2.9" : ", 192.0.2.9") + "\r\n";
    minhttp::IpAddress again = minhttp::http::find_client(proxy, longer, header);
    demand(again == client || again == minhttp::mapped({192, 0, 2, 9}) || header.trusted.has(again),
           "the list is read from its end");
  }
  return 0;
}
