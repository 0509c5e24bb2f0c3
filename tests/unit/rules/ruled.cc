// SPDX-License-Identifier: MIT
#include "unit/rules/ruled.h"

#include <array>

#include "unit/guard.h"

namespace minhttp::test {

Ruled::Ruled(std::string redirects, std::string headers, const std::string& own_host)
    : redirects_(std::move(redirects)), headers_(std::move(headers)) {
  // Dirty memory: a reload hands over what the last rules left.
  memory_.resize(rules::rules_bytes(redirects_, headers_), std::byte{0xa5});
  std::array<rules::Diagnostic, 32> diagnostics;
  rules::Diagnostics mistakes(diagnostics);
  ok_ = rules::parse_rules(redirects_, headers_, memory_, mistakes, rules_, own_host);
  errors_ = mistakes.errors();
  for (const rules::Diagnostic& mistake : mistakes.kept()) {
    char line[rules::mistake_line_max];
    Writer out(line);
    rules::write_diagnostic(out, mistake);
    mistakes_ += out.view();
  }
  // Nothing may point into the texts afterwards.
  redirects_.assign(redirects_.size(), '#');
  headers_.assign(headers_.size(), '#');
}

Asked::Asked(const std::string& url) {
  std::string rest = url;
  if (rest.starts_with("//")) {
    size_t slash = rest.find('/', 2);
    host = rest.substr(2, slash - 2);
    rest = rest.substr(slash);
  }
  size_t mark = rest.find('?');
  if (mark != std::string::npos) {
    query = rest.substr(mark);
    rest.resize(mark);
  }
  name.resize(rest.size());
  question.path = http::decode_path(rest, name);
  question.query = query;
  question.host = host;
}

std::string Ruled::redirect(const std::string& url, size_t room) const {
  static Guard guard(16'384);
  Asked asked(url);
  if (asked.question.path.status != http::Status::ok) return "refused";
  auto found = rules::match_redirect(rules_, asked.question, guard.last(room));
  if (!found) return "-";
  return std::to_string(static_cast<int>(found->status)) + (found->force ? "! " : " ") + std::string(found->target);
}

rules::Fields Ruled::match(const std::string& url) const {
  static char out[16'384];
  Asked asked(url);
  rules::Fields fields;
  rules::match_headers(rules_, asked.question, out, fields);
  return fields;
}

std::string Ruled::fields(const std::string& url, size_t room) const {
  static Guard guard(16'384);
  Asked asked(url);
  if (asked.question.path.status != http::Status::ok) return "refused";
  rules::Fields fields;
  rules::match_headers(rules_, asked.question, guard.last(room), fields);
  if (!fields.complete) return fields.text.empty() ? "?" : "wrong";
  std::string text;
  for (char c : fields.text) {
    if (c != '\r') text += c;
  }
  return text;
}

uint32_t Ruled::visits(const std::string& url) const {
  Asked asked(url);
  char out[8192];
  auto found = rules::match_redirect(rules_, asked.question, out);
  return found ? found->visits : 0;
}

} // namespace minhttp::test
