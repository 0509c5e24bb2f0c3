// SPDX-License-Identifier: MIT
#include "app/config.h"
#include "base/ip.h"
#include "base/number.h"

namespace minhttp::app {
namespace {

std::optional<uint16_t> parse_port(std::string_view text) {
  auto port = parse_decimal(text);
  if (!port || *port > 65535) return {};
  return static_cast<uint16_t>(*port);
}

} // namespace

std::optional<loop::Address> parse_address(std::string_view text) {
  size_t colon = text.size();
  while (colon > 0 && text[colon - 1] != ':') colon--;
  auto port = parse_port(drop(text, colon));
  if (!port) return {};
  if (colon == 0) return loop::any_v6(*port, true);
  std::string_view host = take(text, colon - 1);
  if (host.empty()) return loop::any_v6(*port, true);
  if (equal(host, "localhost")) return loop::one_v4({127, 0, 0, 1}, *port); // browsers try it as well as ::1
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    auto v6 = parse_ipv6(drop(take(host, host.size() - 1), 1));
    if (!v6) return {};
    return loop::one_v6(*v6, *port);
  }
  auto v4 = parse_ipv4(host);
  if (!v4) return {};
  return loop::one_v4(*v4, *port);
}

} // namespace minhttp::app
