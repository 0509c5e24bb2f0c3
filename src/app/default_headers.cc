// SPDX-License-Identifier: MIT
#include "app/default_headers.h"

#include "app/message.h"
#include "app/options.h"
#include "base/bytes.h"
#include "http/character.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

// There is no Content-Security-Policy: a good one is specific to a site, and a bad one breaks it. There is no
// Strict-Transport-Security either: the proxy that terminates TLS in front of us should send that, and minhttps has
// --hsts.
constexpr char secure_headers[] =
    "/*\n"
    "X-Content-Type-Options: nosniff\n"
    "X-Frame-Options: SAMEORIGIN\n"
    "Referrer-Policy: strict-origin-when-cross-origin\n"
    "Cross-Origin-Opener-Policy: same-origin\n"
    "Permissions-Policy: camera=(), geolocation=(), microphone=()\n";
constexpr char cross_origin_isolated[] =
    "/*\n"
    "Cross-Origin-Opener-Policy: same-origin\n"
    "Cross-Origin-Embedder-Policy: require-corp\n";
constexpr char cors[] =
    "/*\n"
    "Access-Control-Allow-Origin: *\n"
    "Access-Control-Expose-Headers: Accept-Ranges, Content-Encoding, Content-Length, Content-Range, Date, ETag\n";
// A year, as RFC 6797 section 6.1.1 shows it; without includeSubDomains, since we do not know the other hosts.
constexpr char strict_transport[] =
    "/*\n"
    "Strict-Transport-Security: max-age=31536000\n";

bool is_removal(Text header) { return starts_with(header, "!"); }

// Checks one --header alone: an option may hold what a _headers file may hold.
bool is_good(const Config& config, Text header, std::span<std::byte> memory) {
  Text wrong = http::all(header, http::Class::field) ? "" : "it holds a control byte";
  rules::Diagnostic first;
  if (wrong.empty()) {
    char text[limits::default_headers_max + 4];
    Writer out(text);
    out.text("/*\n").text(header);
    rules::Diagnostics mistakes({&first, 1});
    rules::Rules rules;
    if (!rules::parse_rules({}, out.view(), memory, mistakes, rules) || mistakes.warnings() > 0) wrong = first.text;
  }
  if (!wrong.empty()) named_message(2) << setting(config, "--header"sv, header) << " '" << header << "': " << wrong;
  return wrong.empty();
}

} // namespace

bool make_default_headers(const Config& config, std::span<std::byte> memory, rules::Fields& fields) {
  auto lines = memory.first(limits::default_headers_max); // fields will point here
  auto rest = memory.subspan(lines.size());
  char text[sizeof secure_headers + sizeof cross_origin_isolated + sizeof cors + sizeof strict_transport +
            2 * (limits::default_headers_max + 16 * limits::headers_max)];
  Writer out(text);
  if (config.secure_headers) out.text({secure_headers, sizeof secure_headers - 1});
  if (config.cross_origin_isolated) out.text({cross_origin_isolated, sizeof cross_origin_isolated - 1});
  if (config.cors) out.text({cors, sizeof cors - 1});
#ifdef MINHTTP_TLS
  if (config.hsts) out.text({strict_transport, sizeof strict_transport - 1});
#endif
  size_t size = 0;
  for (Text header : config.headers.list()) {
    size += header.size();
    if (size > limits::default_headers_max) {
      named_message(2) << "all --header together are longer than " << limits::default_headers_max << " bytes";
      return false;
    }
    if (!is_good(config, header, rest)) return false;
    if (!is_removal(header)) out.text("/*\n! ").text(take(header, find(header, ':'))).byte('\n');
  }
  for (Text header : config.headers.list()) out.text("/*\n").text(header).byte('\n');
  CHECK(rules::rules_bytes({}, out.view()) <= rest.size());
  rules::Rules rules;
  rules::Diagnostics mistakes({});
  bool good = rules::parse_rules({}, out.view(), rest, mistakes, rules);
  CHECK(good);
  rules::Question question = {
      .path = {.status = http::Status::ok, .directory = true, .name = {}}, .query = {}, .host = {}};
  rules::match_headers(rules, question, {reinterpret_cast<char*>(lines.data()), lines.size()}, fields);
  if (!fields.complete) named_message(2) << "--header, --cors and --secure-headers together are too long";
  return fields.complete;
}

} // namespace minhttp::app
