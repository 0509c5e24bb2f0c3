// SPDX-License-Identifier: MIT
#include "http/host.h"

#include "base/bytes.h"
#include "base/ip.h"
#include "base/number.h"
#include "http/scan.h"
#include "tables/limits.h"

namespace minhttp::http {
namespace {

bool valid_port(std::string_view text) {
  if (text.empty()) return true; // "host:" means the default port (RFC 3986 section 3.2.3)
  auto port = parse_decimal(text);
  return port && *port <= 65535;
}

// The end of the registered name at the start of text (RFC 3986 section 3.2.2), or npos if it is invalid.
size_t name_end(std::string_view text) {
  size_t end = skip<Class::host>(text, 0);
  while (end < text.size() && text[end] == '%') {
    if (text.size() - end < 3 || hex_value(text[end + 1]) < 0 || hex_value(text[end + 2]) < 0) return text.npos;
    end = skip_plain<Class::host>(text, end + 3);
  }
  return end > 0 && end <= limits::host_max ? end : text.npos;
}

} // namespace

bool valid_authority(std::string_view text) {
  if (!text.empty() && text[0] == '[') {
    size_t end = find(text, ']');
    if (end == text.size() || !parse_ipv6(drop(take(text, end), 1))) return false;
    std::string_view rest = drop(text, end + 1);
    return rest.empty() || (rest[0] == ':' && valid_port(drop(rest, 1)));
  }
  size_t end = name_end(text);
  if (end >= text.size()) return end == text.size();
  return text[end] == ':' && valid_port(drop(text, end + 1));
}

std::string_view host_of(std::string_view authority) {
  if (!authority.empty() && authority[0] == '[') return take(authority, find(authority, ']') + 1);
  std::string_view host = take(authority, find(authority, ':'));
  if (host.size() > 1 && host.back() == '.') host.remove_suffix(1);
  return host;
}

bool is_canonical_host(std::string_view text) {
  for (char c : text) {
    if (c != to_lower(c)) return false;
  }
  return valid_authority(text) && equal(host_of(text), text);
}

} // namespace minhttp::http
