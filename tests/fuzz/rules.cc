// _redirects, _headers and a request, parted by NUL: any bytes are a mistake or rules, and
// what rules write is safe in a response head.

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "http/character.h"
#include "site/rules.h"

void minhttp::panic(const char*, int) { std::abort(); }

namespace {

using namespace minhttp;

#define REQUIRE(condition) ((condition) ? (void)0 : std::abort())

std::string_view take_part(std::string_view& rest) {
  size_t end = find(rest, '\0');
  std::string_view part = take(rest, end);
  rest = drop(rest, end < rest.size() ? end + 1 : end);
  return part;
}

void check_redirect(const site::Rules& rules, const site::Question& question) {
  std::vector<char> out(limits::target_max);
  auto found = site::match_redirect(rules, question, out);
  if (!found || found->status == http::Status::uri_too_long) return;
  std::string_view target = found->target;
  REQUIRE(!target.empty());
  bool path = true; // a query is passed on as it came
  for (char c : target) {
    path = path && c != '?';
    REQUIRE(c > 0x20 && c < 0x7f && c != '"' && c != '<' && c != '>' && !(path && c == '\\'));
  }
  REQUIRE(target[0] == '/' || starts_with(target, "http://") || starts_with(target, "https://"));
  REQUIRE(!starts_with(target, "//"));
  // Room for one byte less: nothing is cut.
  std::vector<char> less(target.size() - 1);
  auto again = site::match_redirect(rules, question, less);
  REQUIRE(again && again->status == http::Status::uri_too_long);
}

void check_headers(const site::Rules& rules, const site::Question& question) {
  std::vector<char> out(4096);
  site::Fields fields;
  site::match_headers(rules, question, out, fields);
  std::string_view text = fields.text;
  REQUIRE(fields.complete || text.empty());
  while (!text.empty()) {
    size_t end = find(text, '\r');
    REQUIRE(end + 1 < text.size() && text[end + 1] == '\n');
    std::string_view line = take(text, end);
    size_t colon = find(line, ':');
    REQUIRE(http::all(take(line, colon), http::Class::token));
    REQUIRE(starts_with(drop(line, colon), ": "));
    REQUIRE(http::all(drop(line, colon), http::Class::field));
    text = drop(text, end + 2);
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string input(reinterpret_cast<const char*>(data), size);
  std::string_view rest = input;
  std::string redirects(take_part(rest));
  std::string headers(take_part(rest));
  std::string_view host = take_part(rest);
  std::string_view query = take_part(rest);
  std::string path = "/" + std::string(rest);

  std::vector<std::byte> memory(site::rules_bytes(redirects, headers), std::byte{0xa5});
  std::vector<site::Mistake> room(4);
  site::Mistakes mistakes(room);
  site::Rules rules;
  bool ok = site::parse_rules(redirects, headers, memory, mistakes, rules);
  REQUIRE(ok == (mistakes.errors() == 0));
  for (const site::Mistake& mistake : mistakes.kept()) {
    char line[site::mistake_line_max];
    Writer out(line);
    site::write_mistake(out, mistake);
    for (char c : take(out.view(), out.size() - 1)) REQUIRE(c >= 0x20 && c < 0x7f);
  }
  redirects.assign(redirects.size(), '\0');
  headers.assign(headers.size(), '\0');

  site::Question question;
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
