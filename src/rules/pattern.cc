// SPDX-License-Identifier: MIT
#include "rules/pattern.h"

#include "http/character.h"

namespace minhttp::rules {
namespace {

// Domains of the hosting services whose files we read: names beneath them lead to their servers, never to ours.
constexpr char foreign_domains[] = ".pages.dev .workers.dev .netlify.app .netlify.com";

// Adds a capture's name, which must be unique.
std::string_view add_name(Pattern& pattern, std::string_view name) {
  if (pattern.wildcards == limits::rules_captures_max) return "too many placeholders in one path (8 at most)"sv;
  if (pattern.names.number(name) != 0) return "two placeholders of one name: rename one"sv;
  pattern.names.names[pattern.names.count++] = name;
  pattern.wildcards++;
  return {};
}

// Whether this label of a rule's host matches that label of the site's host.
bool label_fits(std::string_view label, std::string_view own) {
  size_t used = label.empty() || label[0] != ':' ? 0 : placeholder_size(label);
  if (used == 0) return equal_ignoring_case(label, own);
  label = drop(label, used);
  return own.size() > label.size() && equal_ignoring_case(drop(own, own.size() - label.size()), label);
}

// The same for all labels. What a `*` stands for is unknown, so everything before it matches.
bool host_fits(std::string_view host, std::string_view own) {
  while (true) {
    size_t at = host.size();
    while (at > 0 && host[at - 1] != '.') at--;
    size_t start = own.size();
    while (start > 0 && own[start - 1] != '.') start--;
    if (find(drop(host, at), '*') < host.size() - at) return true;
    if (!label_fits(drop(host, at), drop(own, start))) return false;
    if (at == 0 || start == 0) return at == start;
    host = take(host, at - 1);
    own = take(own, start - 1);
  }
}

// Whether a request that is answered by these rules can be for such a host.
bool may_be_ours(std::string_view host, std::string_view own_host) {
  if (!own_host.empty()) return host_fits(host, own_host);
  std::string_view domains = foreign_domains;
  while (!domains.empty()) {
    std::string_view domain = take_until(domains, ' ');
    if (host.size() <= domain.size()) continue;
    if (equal_ignoring_case(drop(host, host.size() - domain.size()), domain)) return false;
  }
  return true;
}

// Takes the host from word, which has no scheme any more, and writes it in lower case.
std::string_view parse_host(std::string_view& word, std::string_view own_host, RuleText& text, Pattern& pattern) {
  size_t size = find(word, '/');
  std::string_view host = take(word, size);
  word = drop(word, size);
  if (word.empty()) word = "/"sv;
  if (host.empty()) return "a host is missing behind the scheme"sv;
  pattern.foreign = !may_be_ours(host, own_host);
  if (find(host, '*') < host.size()) return "a * in the host is not supported: write a placeholder for each label"sv;
  if (host.size() > limits::host_max) return "this is no host name"sv;
  for (bool begins = true; !host.empty();) {
    size_t used = host[0] == ':' ? placeholder_size(host) : 0;
    if (used > 0) {
      if (!begins) return "a placeholder must begin its label of the host"sv;
      std::string_view wrong = add_name(pattern, drop(take(host, used), 1));
      if (!wrong.empty()) return wrong;
      text.byte(mark);
      text.byte(one_mark);
    } else {
      if (host[0] == ':') return "a port cannot be a condition: remove it"sv;
      if (!http::is(host[0], http::Class::host)) return "this is no host name"sv;
      text.byte(to_lower(host[0]));
      used = 1;
    }
    begins = used == 1 && host[0] == '.';
    host = drop(host, used);
  }
  return {};
}

// Decodes the byte at the start of word. NUL: it cannot occur in a path. used: the number of bytes that it took.
char decode_literal(std::string_view word, size_t& used) {
  used = 1;
  if (word[0] != '%') return word[0] == '\\' ? '\0' : word[0];
  if (word.size() < 3 || hex_value(word[1]) < 0 || hex_value(word[2]) < 0) return '\0';
  used = 3;
  auto byte = static_cast<char>(hex_value(word[1]) * 16 + hex_value(word[2]));
  return byte == '/' || byte == '\\' ? '\0' : byte;
}

struct Segment {
  std::string_view word;
  bool first; // first of the path
  bool last;
  bool any = false; // has a wildcard
};

// Refuses segments that no request can contain, because decode_path() refuses or hides them.
std::string_view judge(const Segment& segment, std::string_view decoded, Pattern& pattern) {
  if (segment.any) return {};
  if (equal(decoded, ".") || equal(decoded, "..")) {
    pattern.never = true;
    return "`.` and `..` never come in a request: left out; write the path without"sv;
  }
  if (decoded.empty() && !segment.last) return "no request has an empty part of a path: write one slash"sv;
  if (!decoded.empty() && decoded[0] == '.' && !(segment.first && equal(decoded, ".well-known"))) {
    pattern.hidden = true;
    return "names that begin with a dot are hidden: this rule would never apply"sv;
  }
  return {};
}

std::string_view parse_segment(Segment& segment, RuleText& text, Pattern& pattern, bool& splat) {
  std::string_view rest = segment.word;
  char decoded[limits::rules_line_max];
  size_t size = 0;
  while (!rest.empty()) {
    size_t used = rest[0] == ':' ? placeholder_size(rest) : 0;
    if (used > 0 || rest[0] == '*') {
      bool star = used == 0;
      if (star) used = 1;
      if (splat) return star ? "only one * in a path"sv : "a placeholder cannot stand behind a *"sv;
      if (!star && size > 0) return "a placeholder must begin its part of the path: write %3A for a colon"sv;
      if (segment.any) return "only one placeholder in each part of a path"sv;
      std::string_view wrong = add_name(pattern, star ? "splat"sv : drop(take(rest, used), 1));
      if (!wrong.empty()) return wrong;
      text.byte(mark);
      text.byte(star ? splat_mark : one_mark);
      segment.any = true;
      splat = star;
    } else {
      char c = decode_literal(rest, used);
      if (c == '\0') return "no file name holds this: a slash, backslash, NUL, or a % without two hexadecimal digits"sv;
      text.byte(c);
      decoded[size++] = c;
    }
    rest = drop(rest, used);
  }
  return judge(segment, {decoded, size}, pattern);
}

} // namespace

size_t placeholder_size(std::string_view text) {
  if (text.size() < 2 || !is_letter(text[1])) return 0;
  size_t i = 2;
  while (i < text.size() && (is_letter(text[i]) || is_digit(text[i]) || text[i] == '_')) i++;
  return i;
}

std::string_view parse_pattern(std::string_view word, std::string_view own_host, RuleText& text, Pattern& pattern) {
  pattern = {};
  text.begin();
  pattern.http = starts_with(word, "http://");
  if (pattern.http || starts_with(word, "https://")) {
    word = drop(word, pattern.http ? 7 : 8);
    std::string_view wrong = parse_host(word, own_host, text, pattern);
    pattern.never = pattern.foreign;
    if (!wrong.empty()) return wrong;
  }
  pattern.never = true;
  if (word.empty() || word[0] != '/') return "a rule begins with a path, as in /old: left out"sv;
  if (find(word, '#') < word.size()) return "a browser keeps what is behind a # to itself: left out; remove it"sv;
  pattern.never = pattern.foreign;
  if (find(word, '?') < word.size()) return "conditions on the query stand behind the path, as in: /path id=:id"sv;
  bool splat = false;
  bool first = true;
  while (!word.empty()) {
    word = drop(word, 1);
    text.byte('/');
    size_t size = find(word, '/');
    Segment segment = {.word = take(word, size), .first = first, .last = size == word.size()};
    std::string_view wrong = parse_segment(segment, text, pattern, splat);
    if (!wrong.empty()) return wrong;
    word = drop(word, size);
    // A rule matches a path with and without a slash at its end.
    bool ends_with_splat = segment.any && splat && segment.word[segment.word.size() - 1] == '*';
    if (word.empty() && !segment.word.empty() && !ends_with_splat) text.byte('/');
    first = false;
  }
  pattern.text = text.end();
  return {};
}

Subject write_subject(std::string_view host, const http::Path& path, std::span<char> out) {
  Subject subject;
  Writer text(out);
  // The port does not belong to the name, and an IPv6 address is no name. A name may end with a dot.
  if (!host.empty() && host[0] != '[') host = take(host, find(host, ':'));
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  if (host.size() > limits::host_max) host = {};
  for (char c : host) text.byte(to_lower(c));
  subject.host_size = host.size();
  text.byte('/');
  if (!path.name.empty()) {
    text.text(path.name).byte('/');
    subject.slash_added = !path.directory;
  }
  subject.text = text.view();
  return subject;
}

size_t capture(std::string_view pattern, std::string_view text, bool slash_added, std::span<std::string_view> out) {
  size_t count = 0;
  bool in_host = !pattern.empty() && pattern[0] != '/';
  while (true) {
    size_t literal = find(pattern, mark);
    in_host = in_host && find(take(pattern, literal), '/') == literal;
    pattern = drop(pattern, literal);
    text = drop(text, literal);
    if (pattern.empty()) return count;
    bool splat = pattern[1] == splat_mark;
    pattern = drop(pattern, 2);
    size_t behind = splat ? pattern.size() : part_end(pattern, in_host);
    size_t end = splat ? text.size() : part_end(text, in_host);
    CHECK(end >= behind && count < out.size());
    std::string_view found = take(text, end - behind);
    // A splat at the end of the pattern has matched the added slash.
    if (splat && pattern.empty() && slash_added && !found.empty()) found.remove_suffix(1);
    out[count++] = found;
    text = drop(text, end);
    pattern = drop(pattern, behind);
  }
}

} // namespace minhttp::rules
