// SPDX-License-Identifier: MIT
// _redirects, _headers and a request, parted by NUL: any bytes are a mistake or rules, and
// what rules write is safe in a response head.

#include <string>
#include <string_view>
#include <vector>

#include "fuzz/cost.h"
#include "fuzz/demand.h"
#include "http/character.h"
#include "rules/review.h"
#include "rules/rules.h"

namespace {

using namespace minhttp;

using fuzz::demand;

void check_redirect(const rules::Rules& rules, const rules::Question& question) {
  std::vector<char> out(limits::target_max);
  test::Cost cost;
  auto found = rules::match_redirect(rules, question, out);
  uint64_t meetings = test::Cost::of(cost::Kind::nodes) + test::Cost::of(cost::Kind::rules);
  demand(meetings <= test::bound::redirect_meetings(rules), "no more nodes and rules than was found at load");
  fuzz::check_cost("_redirects", question.path.name.size() + question.query.size(),
                   test::bound::redirects(rules, question.path.name.size(), question.query.size()));
  if (!found || found->status == http::Status::uri_too_long) return;
  std::string_view target = found->target;
  demand(!target.empty(), "a target is not empty");
  bool path = true; // a query is passed on as it came
  for (char c : target) {
    path = path && c != '?';
    demand(c > 0x20 && c < 0x7f && c != '"' && c != '<' && c != '>' && !(path && c == '\\'),
           "a target holds nothing but what a URL may");
  }
  demand(target[0] == '/' || starts_with(target, "http://") || starts_with(target, "https://"),
         "a target begins as one");
  demand(!starts_with(target, "//"), "a target names no other host");
  // Room for one byte less: nothing is cut.
  std::vector<char> less(target.size() - 1);
  auto again = rules::match_redirect(rules, question, less);
  demand(again && again->status == http::Status::uri_too_long, "a target is never cut");
}

void check_headers(const rules::Rules& rules, const rules::Question& question) {
  std::vector<char> out(4096);
  rules::Fields fields;
  test::Cost cost;
  rules::match_headers(rules, question, out, fields);
  fuzz::check_cost("_headers", question.path.name.size(), test::bound::fields(rules, question.path.name.size()));
  std::string_view text = fields.text;
  demand(fields.complete || text.empty(), "fields that do not fit are not there");
  while (!text.empty()) {
    size_t end = find(text, '\r');
    demand(end + 1 < text.size() && text[end + 1] == '\n', "a field line ends with CR LF");
    std::string_view line = take(text, end);
    size_t colon = find(line, ':');
    demand(http::all(take(line, colon), http::Class::token), "a field has a name");
    demand(starts_with(drop(line, colon), ": "), "a colon stands behind the name");
    demand(http::all(drop(line, colon), http::Class::field), "a field value has no control byte");
    text = drop(text, end + 2);
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string input(reinterpret_cast<const char*>(data), size);
  std::string_view rest = input;
  std::string redirects(take_until(rest, '\0'));
  std::string headers(take_until(rest, '\0'));
  std::string_view host = take_until(rest, '\0');
  std::string_view query = take_until(rest, '\0');
  std::string path = "/" + std::string(rest);

  std::vector<std::byte> memory(rules::rules_bytes(redirects, headers), std::byte{0xa5});
  std::vector<rules::Diagnostic> diagnostics(4);
  rules::Diagnostics mistakes(diagnostics);
  rules::Rules rules;
  test::Cost cost;
  bool ok = rules::parse_rules(redirects, headers, memory, mistakes, rules);
  size_t text = redirects.size() + headers.size();
  if (ok) fuzz::check_cost("rules, read", text, test::bound::reading(rules, text));
  if (ok) rules::review_rules(rules, mistakes);
  demand(ok == (mistakes.errors() == 0), "no rules with an error, and an error where there are none");
  for (const rules::Diagnostic& mistake : mistakes.kept()) {
    char line[rules::mistake_line_max];
    Writer out(line);
    rules::write_diagnostic(out, mistake);
    for (char c : take(out.view(), out.size() - 1)) demand(c >= 0x20 && c < 0x7f, "a complaint can be printed");
  }
  redirects.assign(redirects.size(), '\0');
  headers.assign(headers.size(), '\0');

  rules::Question question;
  std::vector<char> name(path.size());
  if (path.size() > limits::target_max || query.size() > limits::target_max) return 0;
  question.path = http::decode_path(path, name);
  if (question.path.status != http::Status::ok) return 0;
  // The parser lets nothing else through.
  std::string sent = query.empty() ? "" : "?" + std::string(query);
  if (!sent.empty() && !http::all(sent, http::Class::target)) sent.clear();
  if (http::all(host, http::Class::host)) question.host = host;
  question.query = sent;
  check_redirect(rules, question);
  check_headers(rules, question);
  return 0;
}
