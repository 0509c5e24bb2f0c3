// SPDX-License-Identifier: MIT
#pragma once
// From an order to a certificate (RFC 8555 section 7.4), by HTTP-01.

#include <string>
#include <vector>

#include "acme/client.h"

namespace minhttp::acme {

struct Wanted {
  std::vector<std::string> names;
  std::string csr;      // DER
  std::string replaces; // ari_id() of the certificate that is replaced; "": none, or the authority does not ask
  std::string webroot;
};

// The chain, as the authority sends it: not looked at. The account of the client must be known.
std::string obtain(Client& client, const Wanted& wanted);

} // namespace minhttp::acme
