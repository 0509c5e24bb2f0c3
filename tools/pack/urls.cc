// SPDX-License-Identifier: MIT
#include "pack/urls.h"

#include "base/bytes.h"

namespace minhttp::packer {
namespace {

constexpr std::string_view spaces = " \t\n\r\f";

std::string_view stripped(std::string_view text) {
  size_t start = text.find_first_not_of(spaces);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(spaces) - start + 1);
}

bool has_scheme(std::string_view link) {
  if (link.empty() || !is_letter(link[0])) return false;
  for (char c : link) {
    if (c == ':') return true;
    if (!is_letter(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') return false;
  }
  return false;
}

// RFC 3986 section 5.2.4; a segment of encoded dots is one of dots, as in browsers.
std::string without_dots(std::string_view path) {
  std::vector<std::string_view> kept;
  bool directory = true; // whether the path ends with a slash
  while (!path.empty()) {
    path.remove_prefix(1); // the slash
    size_t end = path.find('/');
    std::string_view segment = path.substr(0, end);
    path = end == std::string_view::npos ? std::string_view() : path.substr(end);
    std::string dots;
    for (size_t i = 0; i < segment.size() && dots.size() < 3; i++) {
      bool encoded =
          segment[i] == '%' && segment.size() - i >= 3 && segment[i + 1] == '2' && to_lower(segment[i + 2]) == 'e';
      dots += encoded ? '.' : segment[i];
      if (encoded) i += 2;
    }
    directory = dots == "." || dots == "..";
    if (dots == ".." && !kept.empty()) kept.pop_back();
    if (!directory) kept.push_back(segment);
  }
  std::string out;
  for (std::string_view segment : kept) (out += '/') += segment;
  if (directory) out += '/';
  return out;
}

} // namespace

std::optional<Target> resolve(std::string_view raw, std::string_view base) {
  std::string link;
  for (char c : stripped(raw)) {
    if (c != '\t' && c != '\n' && c != '\r') link += c;
  }
  if (has_scheme(link)) return {};
  Target target;
  link = link.substr(0, link.find('#'));
  size_t question = link.find('?');
  if (question != std::string::npos) target.query = link.substr(question);
  link = link.substr(0, question);
  if (link.empty()) return {};
  for (char& c : link) c = c == '\\' ? '/' : c; // as browsers do in http URLs
  if (link.starts_with("//")) return {};
  target.path = without_dots(link[0] == '/' ? link : std::string(base) + link);
  return target;
}

std::vector<std::string_view> srcset_urls(std::string_view text) {
  std::vector<std::string_view> urls;
  while (true) {
    size_t start = text.find_first_not_of(" \t\n\r\f,");
    if (start == std::string_view::npos) return urls;
    text.remove_prefix(start);
    size_t end = text.find_first_of(spaces);
    std::string_view url = text.substr(0, end);
    text.remove_prefix(url.size());
    bool descriptors = !url.ends_with(',');
    while (url.ends_with(',')) url.remove_suffix(1);
    urls.push_back(url);
    if (!descriptors) continue;
    // Up to the comma, which may also stand in parentheses.
    size_t depth = 0;
    size_t i = 0;
    for (; i < text.size() && (text[i] != ',' || depth > 0); i++) {
      if (text[i] == '(') depth++;
      if (text[i] == ')' && depth > 0) depth--;
    }
    text.remove_prefix(i);
  }
}

std::string_view refresh_url(std::string_view content) {
  size_t at = content.find_first_of(";,");
  if (at == std::string_view::npos) return {};
  content = stripped(content.substr(at + 1));
  if (content.size() < 4 || !equal_ignoring_case(content.substr(0, 3), "url")) return {};
  content = stripped(content.substr(3));
  if (!content.starts_with('=')) return {};
  content = stripped(content.substr(1));
  if (content.size() >= 2 && (content[0] == '"' || content[0] == '\'')) {
    return content.substr(1, content.find(content[0], 1) - 1);
  }
  return content;
}

} // namespace minhttp::packer
