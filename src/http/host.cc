#include "http/host.h"

#include "base/bytes.h"
#include "base/ip.h"
#include "base/number.h"
#include "http/character.h"
#include "tables/limits.h"

namespace minhttp::http {
namespace {

bool valid_port(std::string_view text) {
  if (text.empty()) return true; // "host:" is the default port (RFC 3986 section 3.2.3)
  auto port = parse_decimal(text);
  return port && *port <= 65535;
}

bool valid_name(std::string_view name) {
  if (name.empty() || name.size() > limits::host_max) return false;
  for (size_t i = 0; i < name.size(); i++) {
    if (name[i] == '%') {
      if (name.size() - i < 3 || hex_value(name[i + 1]) < 0 || hex_value(name[i + 2]) < 0) return false;
      i += 2;
    } else if (!is(name[i], Class::host)) {
      return false;
    }
  }
  return true;
}

} // namespace

bool valid_authority(std::string_view text) {
  if (!text.empty() && text[0] == '[') {
    size_t end = find(text, ']');
    if (end == text.size() || !parse_ipv6(drop(take(text, end), 1))) return false;
    std::string_view rest = drop(text, end + 1);
    return rest.empty() || (rest[0] == ':' && valid_port(drop(rest, 1)));
  }
  size_t colon = find(text, ':');
  if (!valid_name(take(text, colon))) return false;
  return colon == text.size() || valid_port(drop(text, colon + 1));
}

std::string_view host_of(std::string_view authority) {
  if (!authority.empty() && authority[0] == '[') return take(authority, find(authority, ']') + 1);
  std::string_view host = take(authority, find(authority, ':'));
  if (host.size() > 1 && host.back() == '.') host.remove_suffix(1);
  return host;
}

} // namespace minhttp::http
