// SPDX-License-Identifier: MIT
// A tour: forwarded_client() takes lines off the end of the fields, and elements off the end of each line: only as much
// is looked at as trusted proxies have written. Each element is parsed from its beginning, by for_parameter() if it has
// parameters, and by parse_node().

#include "http/forwarded.h"

#include <optional>

#include "base/bytes.h"
#include "base/cost.h"
#include "base/number.h"
#include "http/character.h"
#include "tables/limits.h"

namespace minhttp::http {
namespace {

// Takes the last line off, which ends with CR LF as all do.
std::string_view take_last_line(std::string_view& fields) {
  size_t end = fields.size() - 2;
  size_t begin = end;
  while (begin > 0 && fields[begin - 1] != '\n') begin--;
  cost::add(cost::Kind::bytes, fields.size() - begin);
  std::string_view line = drop(take(fields, end), begin);
  fields = take(fields, begin);
  return line;
}

// Whether the quote at `at` is part of a quoted string, written \": a backslash itself is written twice.
bool is_escaped(std::string_view text, size_t at) {
  size_t slashes = 0;
  while (slashes < at && text[at - slashes - 1] == '\\') slashes++;
  cost::add(cost::Kind::bytes, slashes);
  return slashes % 2 == 1;
}

// Takes the last element off a list, without the spaces around it. What is to its left does not matter: the nearest
// proxy has appended a well-formed element to whatever the client sent, so its quotes are in pairs.
std::string_view take_last_element(std::string_view& list, bool quotes) {
  bool quoted = false;
  size_t begin = list.size();
  while (begin > 0) {
    char c = list[begin - 1];
    if (c == ',' && !quoted) break;
    if (quotes && c == '"' && !is_escaped(list, begin - 1)) quoted = !quoted;
    begin--;
  }
  cost::add(cost::Kind::bytes, list.size() - begin);
  std::string_view element = trim(drop(list, begin));
  list = take(list, begin > 0 ? begin - 1 : 0);
  return element;
}

bool is_port(std::string_view text) {
  auto port = parse_decimal(text);
  return port && *port <= 65535;
}

// An address, with a port or without; one of IPv6 in brackets (RFC 7239 section 6), or, in a list, alone. ::, which no
// client has, stands for peers at unix sockets, and is none here.
std::optional<IpAddress> parse_node(std::string_view text, bool brackets) {
  std::optional<IpAddress> address;
  if (starts_with(text, "[")) {
    size_t end = find(text, ']');
    std::string_view behind = drop(text, end < text.size() ? end + 1 : end);
    if (end == text.size() || (!behind.empty() && (behind[0] != ':' || !is_port(drop(behind, 1))))) return {};
    address = parse_ipv6(drop(take(text, end), 1));
  } else if (auto alone = parse_ipv6(text)) {
    if (!brackets) address = alone;
  } else {
    size_t colon = find(text, ':');
    if (colon < text.size() && !is_port(drop(text, colon + 1))) return {};
    if (auto v4 = parse_ipv4(take(text, colon))) address = mapped(*v4);
  }
  if (address && is_unix_peer(*address)) return {};
  return address;
}

// Takes a token or a quoted string off the front; a node has no escapes, so they stay in the value. False: neither.
bool take_value(std::string_view& rest, std::string_view& value) {
  if (!starts_with(rest, "\"")) {
    size_t end = 0;
    while (end < rest.size() && is(rest[end], Class::token)) end++;
    value = take(rest, end);
    rest = drop(rest, end);
    return end > 0;
  }
  size_t end = 1;
  while (end < rest.size() && rest[end] != '"') end += rest[end] == '\\' ? size_t{2} : 1;
  if (end >= rest.size()) return false;
  value = drop(take(rest, end), 1);
  rest = drop(rest, end + 1);
  return true;
}

// The value of `for` in an element of Forwarded, "for=192.0.2.60;proto=http". Nothing: there is none, or several, or
// the element is malformed.
std::optional<std::string_view> for_parameter(std::string_view element) {
  std::optional<std::string_view> node;
  std::string_view rest = element;
  cost::add(cost::Kind::bytes, element.size());
  while (true) {
    size_t sign = find(rest, '=');
    std::string_view name = take(rest, sign);
    if (sign == rest.size() || name.empty() || !all(name, Class::token)) return {};
    rest = drop(rest, sign + 1);
    std::string_view value;
    if (!take_value(rest, value)) return {};
    if (equal_ignoring_case(name, "for")) {
      if (node) return {};
      node = value;
    }
    rest = trim(rest); // spaces around the semicolon are not in the grammar, but some send them
    if (rest.empty()) return node;
    if (rest[0] != ';') return {};
    rest = trim(drop(rest, 1));
    if (rest.empty()) return node;
  }
}

std::optional<IpAddress> parse_element(std::string_view element, bool parameters) {
  if (!parameters) return parse_node(element, false);
  auto node = for_parameter(element);
  return node ? parse_node(*node, true) : std::nullopt;
}

} // namespace

bool TrustedProxies::contain(const IpAddress& address) const {
  if (is_unix_peer(address)) return unix_peers;
  for (const Cidr& block : blocks) {
    if (contains(block, address)) return true;
  }
  return false;
}

IpAddress forwarded_client(std::string_view fields, std::string_view name, const TrustedProxies& trusted,
                           const IpAddress& proxy) {
  IpAddress client = proxy;
  bool parameters = equal(name, "forwarded");
  size_t elements = 0;
  while (!fields.empty()) {
    std::string_view line = take_last_line(fields);
    size_t colon = find(line, ':');
    if (!equal_ignoring_case(take(line, colon), name)) continue;
    std::string_view list = drop(line, colon + 1);
    while (!list.empty()) {
      std::string_view element = take_last_element(list, parameters);
      if (element.empty()) continue; // RFC 9110 section 5.6.1.2
      if (elements++ == limits::forwarded_max) return client;
      auto address = parse_element(element, parameters);
      if (!address) return client;
      client = *address;
      if (!trusted.contain(client)) return client;
    }
  }
  return client;
}

} // namespace minhttp::http
