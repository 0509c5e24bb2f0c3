// SPDX-License-Identifier: MIT
#include "sim/asks.h"

#include <algorithm>
#include <optional>
#include <set>

namespace minhttp::sim {
namespace {

constexpr size_t head_bytes_max = 4000; // longer ones are about limits, and HTTP/2 has other ones

// Fields that frame a message of HTTP/1, or concern its connection (RFC 9113 section 8.2.2).
const std::set<std::string> only_http1 = {"transfer-encoding", "connection", "keep-alive", "proxy-connection",
                                          "upgrade",           "te",         "expect",     "http2-settings"};

bool is_token(const std::string& text) {
  static const std::string separators = "\"(),/:;<=>?@[\\]{}";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7f && separators.find(c) == separators.npos;
  });
}

bool is_visible(const std::string& text, char least) {
  return std::all_of(text.begin(), text.end(), [&](char c) { return c >= least && c < 0x7f; });
}

// Nothing: the line is no field of HTTP/2. An empty name: it is left out there.
std::optional<std::pair<std::string, std::string>> field_of(const std::string& line) {
  size_t colon = std::min(line.find(':'), line.size());
  std::string name = line.substr(0, colon);
  if (!is_token(name) || colon == line.size()) return {};
  std::transform(name.begin(), name.end(), name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  std::string value = line.substr(colon + 1);
  value.erase(0, value.find_first_not_of(' '));
  value.erase(value.find_last_not_of(' ') + 1);
  if (!is_visible(value, ' ')) return {};
  if (name == "connection" && value == "close") return std::pair<std::string, std::string>();
  if (only_http1.count(name) != 0) return {};
  return std::pair{name, value};
}

// head: with the empty line at its end.
std::optional<Ask> ask_of(const std::string& head) {
  size_t end = head.find("\r\n");
  std::string line = head.substr(0, end);
  size_t first = line.find(' ');
  size_t second = line.rfind(' ');
  if (first == line.npos || second <= first + 1 || line.substr(second) != " HTTP/1.1") return {};
  std::string target = line.substr(first + 1, second - first - 1);
  Ask ask = {.method = line.substr(0, first)};
  if (!is_token(ask.method) || target[0] != '/' || !is_visible(target, '!')) return {};
  std::string host;
  bool named = false;
  test::Fields fields;
  for (size_t at = end + 2; at + 2 < head.size(); at = head.find("\r\n", at) + 2) {
    auto field = field_of(head.substr(at, head.find("\r\n", at) - at));
    if (!field) return {};
    if (field->first.empty()) continue;
    if (field->first == "content-length") {
      if (ask.has_body ||
          !std::all_of(field->second.begin(), field->second.end(), [](char c) { return c >= '0' && c <= '9'; }))
        return {};
      ask.has_body = true; // how long it is, and whether it says so, is the client's choice
    } else if (field->first == "host") {
      if (named) return {};
      named = true;
      host = field->second;
    } else {
      fields.push_back(*field);
    }
  }
  if (!named || host.empty()) return {};
  ask.fields = {{":method", ask.method}, {":scheme", "http"}, {":path", target}, {":authority", host}};
  ask.fields.insert(ask.fields.end(), fields.begin(), fields.end());
  return ask;
}

} // namespace

std::vector<Ask> asks_of(const std::string& bytes, bool exact) {
  std::vector<Ask> all;
  size_t number = 0;
  for (size_t at = 0; at < bytes.size(); number++) {
    size_t end = bytes.find("\r\n\r\n", at);
    if (end == bytes.npos || end - at > head_bytes_max) break;
    std::string head = bytes.substr(at, end + 4 - at);
    at = end + 4;
    size_t length = head.find("\r\nContent-Length: ");
    if (length != head.npos) at += std::stoul("0" + head.substr(length + 18, 6));
    auto ask = ask_of(head);
    if (exact && (!ask || at != bytes.size())) return {};
    if (!ask) continue;
    ask->answer = number;
    all.push_back(*ask);
  }
  return all;
}

} // namespace minhttp::sim
