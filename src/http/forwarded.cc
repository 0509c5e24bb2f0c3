// SPDX-License-Identifier: MIT
#include "http/forwarded.h"

#include <array>

#include "base/bytes.h"
#include "http/values.h"
#include "tables/limits.h"

namespace minhttp::http {
namespace {

using Text = std::string_view;

// Takes the text before the first separator that stands outside of quotes off the front of rest.
Text take_unquoted(Text& rest, char separator) {
  bool quoted = false;
  size_t end = 0;
  for (; end < rest.size(); end++) {
    if (quoted && rest[end] == '\\' && end + 1 < rest.size()) {
      end++;
    } else if (rest[end] == '"') {
      quoted = !quoted;
    } else if (rest[end] == separator && !quoted) {
      break;
    }
  }
  Text piece = trim(take(rest, end));
  rest = drop(rest, end < rest.size() ? end + 1 : end);
  return piece;
}

bool is_port(Text text) {
  auto port = parse_decimal(text);
  return port && *port <= 65535;
}

// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80" (RFC 7239 section 6).
std::optional<IpAddress> parse_node(Text text) {
  if (starts_with(text, "[")) {
    size_t end = find(text, ']');
    if (end == text.size()) return {};
    Text behind = drop(text, end + 1);
    if (!behind.empty() && !(behind[0] == ':' && is_port(drop(behind, 1)))) return {};
    return parse_ipv6(drop(take(text, end), 1));
  }
  size_t colon = find(text, ':');
  bool has_port = colon < text.size() && is_port(drop(text, colon + 1));
  if (auto v4 = parse_ipv4(has_port ? take(text, colon) : text)) return mapped(*v4);
  return parse_ipv6(text);
}

// The value of for= in an element of Forwarded. A quoted one has no escapes if it is an address.
Text node_of(Text element) {
  while (!element.empty()) {
    Text pair = take_unquoted(element, ';');
    Text name = take_until(pair, '=');
    if (!equal_ignoring_case(name, "for")) continue;
    bool quoted = pair.size() >= 2 && pair.front() == '"' && pair.back() == '"';
    return quoted ? drop(take(pair, pair.size() - 1), 1) : pair;
  }
  return {};
}

// The last entries of the list, in a ring.
class LastEntries {
 public:
  void add(Text entry) { entries_[count_++ % entries_.size()] = entry; }
  // The n-th from the end, from 0. Nothing: there is none, or it was overwritten.
  std::optional<Text> from_end(size_t n) const {
    if (n >= count_ || n >= entries_.size()) return {};
    return entries_[(count_ - 1 - n) % entries_.size()];
  }

 private:
  std::array<Text, limits::forwarded_max> entries_;
  size_t count_ = 0;
};

} // namespace

bool TrustedProxies::has(const IpAddress& address) const {
  if (address == IpAddress{}) return unix_sockets;
  for (const Cidr& block : blocks) {
    if (contains(block, address)) return true;
  }
  return false;
}

IpAddress find_client(const IpAddress& peer, Text fields, const ClientHeader& header) {
  if (header.name.empty() || !header.trusted.has(peer)) return peer;
  LastEntries entries;
  bool standard = equal(header.name, "forwarded");
  for (Text value; take_value(fields, header.name, value);) {
    while (!value.empty()) {
      Text entry = take_unquoted(value, ',');
      if (!entry.empty()) entries.add(entry); // a list may have empty ones (RFC 9110 section 5.6.1)
    }
  }
  IpAddress client = peer;
  for (size_t i = 0;; i++) {
    auto entry = entries.from_end(i);
    if (!entry) return client;
    auto address = parse_node(standard ? node_of(*entry) : *entry);
    if (!address || *address == IpAddress{}) return client;
    client = *address;
    if (!header.trusted.has(client)) return client;
  }
}

} // namespace minhttp::http
