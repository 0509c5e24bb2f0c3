// SPDX-License-Identifier: MIT
#include "app/trusted_proxies.h"

#include "app/options.h"
#include "base/bytes.h"
#include "http/scan.h"

namespace minhttp::app {

using Text = std::string_view;

bool make_client_header(const Config& config, ProxyMemory& memory, http::ClientHeader& header) {
  if (config.trusted_proxy.count == 0) return true;
  size_t count = 0;
  for (Text text : config.trusted_proxy.list()) {
    if (equal(text, "unix")) {
      header.trusted.unix_peers = true;
    } else if (parse_cidr(text, memory.blocks[count]) == CidrMistake::none) {
      count++;
    } else {
      named_message(2) << setting(config, "--trusted-proxy"sv, text)
                       << " takes 10.0.0.0/8, 192.0.2.1, 2001:db8::/32 or unix, not '" << text << "'";
      return false;
    }
  }
  header.trusted.blocks = {memory.blocks.data(), count};
  Text name = config.client_header.empty() ? "x-forwarded-for"sv : config.client_header;
  if (!http::all(name, http::Class::token)) {
    named_message(2) << setting(config, "--client-header"sv) << " takes the name of a field, not '" << name << "'";
    return false;
  }
  Writer out(memory.name);
  for (char c : name) out.byte(to_lower(c));
  header.name = out.view();
  return true;
}

} // namespace minhttp::app
