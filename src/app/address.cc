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

std::optional<uint32_t> parse_mode(std::string_view text) {
  uint32_t mode = 0;
  for (char c : text) {
    if (c < '0' || c > '7' || mode > 0777) return {};
    mode = mode * 8 + static_cast<uint32_t>(c - '0');
  }
  if (text.empty() || mode > 0777) return {};
  return mode;
}

std::optional<Endpoint> parse_unix(std::string_view text) {
  Endpoint endpoint;
  UnixSocket& file = endpoint.file;
  endpoint.address.socket.family = endpoint.address.family = sys::abi::af_unix;
  file.path = take_until(text, ',');
  bool good = !file.path.empty() && (file.path[0] == '/' || file.path[0] == '.');
  if (!good || file.path.size() >= sizeof sys::abi::UnixAddress().path) return {};
  while (!text.empty()) {
    std::string_view setting = take_until(text, ',');
    std::string_view name = take_until(setting, '=');
    if (equal(name, "owner") && !setting.empty()) {
      file.owner = setting;
    } else if (auto mode = parse_mode(setting); equal(name, "mode") && mode) {
      file.mode = *mode;
    } else {
      return {};
    }
  }
  return endpoint;
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

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  if (starts_with(text, "unix:")) return parse_unix(drop(text, 5));
  auto address = parse_address(text);
  if (!address) return {};
  return Endpoint{.address = *address};
}

} // namespace minhttp::app
