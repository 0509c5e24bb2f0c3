// SPDX-License-Identifier: MIT
#include "answers.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>

namespace minhttp::socketfuzz {
namespace {

struct Head {
  int status = 0;
  bool has_length = false;
  uint64_t length = 0;
  bool chunked = false;
  bool close = false;
  std::string wrong;
};

bool is_token(std::string_view name) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](unsigned char c) {
    return (c < 128 && std::isalnum(c) != 0) || others.find(static_cast<char>(c)) != others.npos;
  });
}

// RFC 9110 section 5.5: field-vchar, space and tab; obs-text too.
bool is_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](unsigned char c) { return c == '\t' || (c >= ' ' && c != 127); });
}

bool equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](unsigned char x, unsigned char y) {
           return std::tolower(x) == std::tolower(y);
         });
}

bool read_number(std::string_view text, uint64_t& number, int base = 10) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

void read_field(std::string_view line, Head& head) {
  size_t colon = line.find(':');
  if (colon == line.npos || !is_token(line.substr(0, colon))) {
    head.wrong = "a field line without a name";
    return;
  }
  std::string_view name = line.substr(0, colon);
  std::string_view value = line.substr(colon + 1);
  while (value.starts_with(' ')) value.remove_prefix(1);
  if (!is_value(value)) head.wrong = "a field value with control characters";
  if (equal(name, "content-length")) {
    if (head.has_length) head.wrong = "two lengths";
    head.has_length = read_number(value, head.length);
    if (!head.has_length) head.wrong = "a length that is no number";
  }
  if (equal(name, "transfer-encoding")) {
    if (head.chunked || !equal(value, "chunked")) head.wrong = "a transfer coding other than chunked";
    head.chunked = true;
  }
  if (equal(name, "connection")) head.close = equal(value, "close");
}

Head read_head(std::string_view text) {
  Head head;
  size_t end = text.find("\r\n");
  std::string_view line = text.substr(0, end);
  uint64_t status = 0;
  bool good = (line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ")) && line.size() >= 13 &&
              line[12] == ' ' && read_number(line.substr(9, 3), status) && status >= 100 && status <= 599 &&
              is_value(line);
  if (!good) head.wrong = "no status line";
  head.status = static_cast<int>(status);
  for (std::string_view rest = text.substr(end + 2); !rest.empty() && head.wrong.empty();) {
    end = rest.find("\r\n");
    read_field(rest.substr(0, end), head);
    rest.remove_prefix(end + 2);
  }
  if (head.chunked && head.has_length) head.wrong = "a length and chunks";
  bool bodiless = head.status < 200 || head.status == 204; // RFC 9110 section 8.6, 9112 section 6.1
  if (bodiless && (head.chunked || head.has_length)) head.wrong = "a length or chunks where no body can be";
  return head;
}

enum class Body { whole, cut, wrong };

Body read_chunks(std::string_view& rest) {
  while (true) {
    size_t end = rest.find("\r\n");
    if (end == rest.npos) return rest.size() > 20 ? Body::wrong : Body::cut;
    uint64_t size = 0;
    if (!read_number(rest.substr(0, end), size, 16)) return Body::wrong;
    rest.remove_prefix(end + 2);
    if (rest.size() < size + 2) return Body::cut;
    if (rest.substr(size, 2) != "\r\n") return Body::wrong;
    rest.remove_prefix(size + 2);
    if (size == 0) return Body::whole;
  }
}

} // namespace

Verdict judge(std::string_view sent, std::string_view received) {
  Verdict verdict;
  bool heads_asked = sent.find("HEAD ") != sent.npos;
  bool closed = false;
  for (std::string_view rest = received; !rest.empty();) {
    if (closed) return verdict.wrong = "bytes behind the last answer", verdict;
    size_t end = rest.find("\r\n\r\n");
    if (end == rest.npos) {
      verdict.cut = true;
      if (!std::string_view("HTTP/1.").starts_with(rest.substr(0, 7))) verdict.wrong = "no status line, and no end";
      return verdict;
    }
    Head head = read_head(rest.substr(0, end + 2));
    if (!head.wrong.empty()) return verdict.wrong = head.wrong, verdict;
    rest.remove_prefix(end + 4);
    if (head.status < 200) continue;
    verdict.overload |= head.status == 503;
    closed = head.close;
    bool has_body = head.status != 204 && head.status != 304;
    // No file of the site begins so: an answer to HEAD.
    if (heads_asked && (rest.empty() || rest.starts_with("HTTP/1."))) has_body = false;
    if (has_body && head.chunked) {
      Body body = read_chunks(rest);
      if (body == Body::wrong) return verdict.wrong = "chunks that are none", verdict;
      if (body == Body::cut) return verdict.cut = true, verdict;
    } else if (has_body && head.has_length) {
      if (rest.size() < head.length) return verdict.cut = true, verdict;
      rest.remove_prefix(head.length);
    } else if (has_body) { // to the end of the connection
      if (!head.close) verdict.wrong = "a body without an end";
      rest = {};
    }
    verdict.finals++;
  }
  return verdict;
}

std::string without_dates(std::string_view received) {
  std::string text(received);
  for (size_t at = text.find("\r\nDate: "); at != text.npos; at = text.find("\r\nDate: ", at + 2)) {
    text.erase(at + 8, text.find("\r\n", at + 2) - at - 8);
  }
  return text;
}

} // namespace minhttp::socketfuzz
