// SPDX-License-Identifier: MIT
// A tour, in the order of a request's way: decide() checks path, address and method; authorize() checks the
// password; find() goes from the site's path below --base-path to the rules and the file; fall_back() chooses what is
// sent when there is no file.

#include "serve/decide.h"

#include "base/bytes.h"
#include "http/accept.h"
#include "http/host.h"
#include "http/mime.h"
#include "http/path.h"
#include "http/values.h"
#include "serve/content_coding.h"
#include "serve/https.h"
#include "serve/reply.h"
#include "site/hashed.h"
#include "tables/program.h"

namespace minhttp::serve {
namespace {

using auth::Decision;
using http::Method;
using http::Path;
using http::Refusal;
using http::Status;
using site::Found;

// The value of Authorization; empty if there is none, or more than one.
std::string_view authorization(const http::Request& request) {
  http::Values values(request, http::Field::authorization);
  std::string_view value;
  std::string_view another;
  if (!values.next(value) || values.next(another)) return {};
  return value;
}

enum class Authorization : uint8_t { granted, answered, later };

// Whether the client may see a file of that name. If not, the response is filled in, or a password check has begun.
Authorization authorize(Reply& reply, std::string_view name) {
  Context& context = reply.context;
  Exchange& exchange = reply.exchange;
  const auth::ProtectedPath* part = context.access.protection_of(name);
  if (part == nullptr) return Authorization::granted;
  reply.is_protected = true;
  if (context.trace != nullptr) { // --explain checks no password
    reply.explain("protected: for those with a password for"sv,
                  part->prefix.empty() ? "all of the site"sv : part->prefix);
    return Authorization::granted;
  }
  auto scope = static_cast<uint32_t>(part - context.access.protected_paths.data());
  Decision decision = {.kind = Decision::Kind::wrong};
  if (!exchange.denied) {
    decision = context.access.authenticator->ask(exchange.ticket, exchange.client, part->passwords, scope,
                                                 authorization(reply.request()), context.clock.now_ms());
  }
  exchange.denied = false;
  switch (decision.kind) {
    case Decision::Kind::granted: exchange.user = part->passwords.name(decision.account); return Authorization::granted;
    case Decision::Kind::later: return Authorization::later;
    case Decision::Kind::too_often: reply_refusal(reply, Refusal::too_many_guesses, decision.retry_s); break;
    case Decision::Kind::busy:
    case Decision::Kind::again: reply_refusal(reply, Refusal::passwords_busy, decision.retry_s); break;
    case Decision::Kind::missing: reply_challenge(reply, Refusal::password_missing); break;
    case Decision::Kind::malformed:
    case Decision::Kind::wrong: reply_challenge(reply, Refusal::password_wrong); break;
  }
  return Authorization::answered;
}

// Whether a single-page application shows this path: a person navigates to it, or a program asks that does not say
// what it wants (a crawler, curl). Missing scripts, images and data stay 404. Browsers say what a request is
// for (W3C Fetch Metadata); other clients only have Accept.
bool is_navigation(const Reply& reply, const Path& path) {
  if (http::has_known_extension(path.name, reply.context.options.types)) return false;
  const http::Request& request = reply.request();
  std::string_view mode = http::value_of(request, "sec-fetch-mode"sv);
  if (mode.empty()) return http::accepts_html(request);
  std::string_view dest = http::value_of(request, "sec-fetch-dest"sv);
  return equal(mode, "navigate") &&
         (dest.empty() || equal(dest, "document") || equal(dest, "iframe") || equal(dest, "frame"));
}

// The nearest 404.html: that of the directory of the name, of the directories above it, of the site. At most
// limits::error_pages_tried directories are tried.
Found find_error_page(const Reply& reply, const Path& path) {
  std::string_view name = path.name;
  bool directory = path.directory; // the first one is name itself
  for (uint32_t i = 0; i < limits::error_pages_tried && !name.empty(); i++) {
    if (!directory) {
      while (!name.empty() && name.back() != '/') name.remove_suffix(1);
      if (name.empty()) break;
      name.remove_suffix(1);
    }
    directory = false;
    Found page = reply.site->files.open({.base = name, .suffix = "/404.html"sv});
    if (page.kind == Found::Kind::file) return page;
  }
  return reply.site->files.open({.base = "404.html"sv});
}

// Browsers and caches still have pages of an earlier release, which ask for files that only that release has. A
// content hash in the name says that it can be no other file.
[[gnu::noinline]] void look_in_previous(Reply& reply, const Path& path, Found& found) {
  if (reply.site->files.is_removed()) { // and will be there again: nobody should think that the page is gone
    reply.explain("the site's directory was removed"sv);
    found.status = Status::service_unavailable;
    reply.response.refusal = Refusal::site_missing;
    return;
  }
  found = find_stored(reply, reply.site->files, path);
  if (!found.missing() || reply.site->previous.empty() || path.directory || !site::has_content_hash(path.name)) return;
  for (size_t number = 0; number < reply.site->previous.size(); number++) {
    const site::Files& files = reply.site->previous[number];
    if (!files.is_open()) continue;
    Found older = files.open({.base = path.name});
    if (older.kind != Found::Kind::file) older = find_stored(reply, files, path);
    if (older.missing()) continue;
    reply.explain("from an earlier release: --previous"sv, reply.site->previous_names[number]);
    found = static_cast<Found&&>(older);
    if (found.kind == Found::Kind::file) reply.earlier = &files;
    return;
  }
}

// The file at a path.
Found look_up(Reply& reply, const Path& path) {
  Found found = reply.site->files.find(path);
  if (found.missing()) look_in_previous(reply, path, found);
  return found;
}

// There is no file: sends the application's page, the site's 404.html, or our own text. False, here and below: as of
// reply_file().
bool fall_back(Reply& reply, const Path& path) {
  reply.elsewhere = true;
  reply.earlier = nullptr; // what comes now is of this release, whatever the earlier one refused
  if (reply.context.options.spa) {
    reply.by_accept = true;
    if (is_navigation(reply, path)) {
      Found index = reply.site->files.open({.base = "index.html"sv});
      if (index.kind == Found::Kind::file) {
        reply.explain("--spa: a navigation gets"sv, "index.html"sv);
        return reply_file(reply, index, Status::ok, true);
      }
    } else {
      reply.explain("--spa: not for this one: its extension is a file's, or it is no navigation"sv);
    }
  }
  Found page = find_error_page(reply, path);
  if (page.kind == Found::Kind::file) {
    reply.explain("nothing is there:"sv, page.name.base, page.name.suffix);
    return reply_file(reply, page, Status::not_found, true);
  }
  reply.explain("nothing is there"sv);
  reply_status(reply, Status::not_found);
  return true;
}

// Whether there is a page name.html for /name/.
bool is_page(const Reply& reply, const Path& path) {
  return !path.name.empty() &&
         reply.site->files.open({.base = path.name, .suffix = ".html"sv}).kind == Found::Kind::file;
}

bool reply_found(Reply& reply, const Path& path, Found& found, Status page) {
  switch (found.kind) {
    case Found::Kind::file:
      reply.explain("file:"sv, found.name.base, found.name.suffix);
      return reply_file(reply, found, page, page != Status::ok);
    case Found::Kind::redirect:
      reply.explain("a directory: redirect to its name with a slash"sv);
      reply_slash(reply, true);
      return true;
    case Found::Kind::directory: break; // find() leaves none
    case Found::Kind::error:
      if (!found.missing()) {
        reply_status(reply, found.status);
        return true;
      }
      if (path.directory && reply_listing(reply, path)) {
        reply.explain("--listing: the directory's entries"sv);
        return true;
      }
      if (path.directory && is_page(reply, path)) {
        reply.explain("a page: its name has no slash"sv);
        reply_slash(reply, false);
        return true;
      }
      break;
  }
  return fall_back(reply, path);
}

// A rule with status 200 or 404: serves its target in place of what was asked for.
bool serve_target(Reply& reply, const Path& path, const rules::Redirect& rule) {
  char decoded[limits::target_max];
  Path target = {};
  target.status = Status::not_found;
  if (rule.target.size() <= sizeof decoded) target = http::decode_path(rule.target, decoded);
  if (target.status != Status::ok) {
    reply.explain("the rule's target can be no file's name"sv);
    return fall_back(reply, path);
  }
  Authorization authorized = authorize(reply, target.name);
  if (authorized != Authorization::granted) return authorized == Authorization::answered;
  reply.elsewhere = !equal(target.name, path.name);
  Found found = look_up(reply, target);
  if (found.kind == Found::Kind::redirect) { // its own slash is not the client's concern
    target.directory = true;
    found = reply.site->files.find(target);
  }
  if (found.kind == Found::Kind::file || found.status == Status::service_unavailable ||
      found.status == Status::not_acceptable) {
    return reply_found(reply, target, found, rule.status);
  }
  reply.explain("the rule's target is not there:"sv, rule.target);
  return fall_back(reply, path);
}

bool apply(Reply& reply, const Path& path, const rules::Redirect& rule) {
  if (reply.context.trace != nullptr) reply.context.trace->print_line("rule: _redirects, line"sv, rule.line);
  if (rule.status == Status::uri_too_long) {
    reply_status(reply, rule.status);
  } else if (rule.status == Status::ok || rule.status == Status::not_found) {
    return serve_target(reply, path, rule);
  } else {
    reply_location(reply, rule.status, rule.target);
  }
  return true;
}

// Takes --base-path away from the path. False: the path does not begin with it.
bool take_base(const Reply& reply, Path& path) {
  std::string_view base = reply.context.options.base_path;
  if (base.empty()) return true;
  if (!starts_with(path.name, base)) return false;
  std::string_view rest = drop(path.name, base.size());
  if (!rest.empty() && rest[0] != '/') return false;
  path.name = rest.empty() ? rest : drop(rest, 1);
  return true;
}

bool is_env_script(const Reply& reply, const Path& path) {
  std::string_view env_path = reply.context.options.env_path;
  return !env_path.empty() && !path.directory && equal(path.name, env_path);
}

// The response for a path of a site that has rules.
bool find_by_rules(const Reply& asked, const Path& path) {
  Reply reply = asked; // which may refer to the fields below
  rules::Question question = {.path = path, .query = reply.request().query, .host = reply.request().host};
  char lines[limits::fields_bytes - limits::default_headers_max];
  rules::Fields fields;
  rules::match_headers(reply.site->rules, question, lines, fields);
  if (!fields.complete) {
    reply.explain("_headers: more fields than an answer can have"sv);
    reply_refusal(reply, fields.path_too_long ? Refusal::target_too_long : Refusal::too_many_fields);
    return true;
  }
  reply.fields = &fields;
  if (Trace* trace = reply.context.trace) {
    for (uint32_t line : fields.lines()) trace->print_line("fields: _headers, line"sv, line);
  }
  // No rule leads away from it.
  if (is_env_script(reply, path)) {
    reply_env_script(reply);
    return true;
  }
  std::span<char> target = reply.response.location_memory;
  auto rule = rules::match_redirect(reply.site->rules, question, target);
  if (rule && rule->force) return apply(reply, path, *rule);
  Found found = look_up(reply, path);
  if (rule && found.missing()) return apply(reply, path, *rule);
  return reply_found(reply, path, found, Status::ok);
}

// A browser asks this before it lets a script of another site read here. The rules of the path apply; whether there is
// a file, and its password, do not matter.
void answer_options(Reply& reply, Path path) {
  reply.site = reply.context.sites.pick(reply.request().host);
  bool has_path = !reply.request().asterisk && path.status == Status::ok;
  if (!has_path || reply.site == nullptr || reply.site->rules.empty() || !take_base(reply, path)) {
    return reply_options(reply);
  }
  rules::Question question = {.path = path, .query = reply.request().query, .host = reply.request().host};
  char lines[limits::fields_bytes - limits::default_headers_max];
  rules::Fields fields;
  rules::match_headers(reply.site->rules, question, lines, fields);
  reply.fields = fields.complete ? &fields : nullptr;
  reply_options(reply);
  reply.fields = nullptr;
}

bool find(Reply& reply, Path path) {
  if (!take_base(reply, path)) {
    reply.explain("the path is not below --base-path"sv, reply.context.options.base_path);
    reply_refusal(reply, Refusal::outside_base_path);
    return true;
  }
  // The base path itself.
  if (path.name.empty() && !path.directory) {
    reply_slash(reply, true);
    return true;
  }
  Authorization authorized = authorize(reply, path.name);
  if (authorized != Authorization::granted) return authorized == Authorization::answered;

  if (reply.site->rules.empty() && is_env_script(reply, path)) {
    reply_env_script(reply);
    return true;
  }
  if (reply.site->rules.empty()) {
    Found found = look_up(reply, path);
    return reply_found(reply, path, found, Status::ok);
  }
  return find_by_rules(reply, path);
}

} // namespace

bool serves(const Context& context, Method method) {
  if (context.sites.greeting()) return true;
  return method == Method::get || method == Method::head || method == Method::options;
}

// Before all else: health checks need no password, no allowed address and no known host.
bool asks_for_health(const Context& context, const http::Request& request) {
  return !context.options.health.empty() && equal(request.path, context.options.health) &&
         (request.method == Method::get || request.method == Method::head);
}

bool decide(Context& context, Exchange& exchange, Response& response) {
  Reply reply = {.context = context, .exchange = exchange, .response = response, .bare = has_tls && exchange.redirects};
  const http::Request& request = exchange.request;
  if (exchange.admin) {
    reply_admin(reply, *context.admin);
    return true;
  }
  if (asks_for_health(context, request)) {
    reply_health(reply, context.ready);
    return true;
  }
  if constexpr (has_tls) {
    if (exchange.redirects) {
      if (auto decided = decide_http(reply)) return *decided;
    }
  }
  char decoded[limits::target_max];
  Path path = {};
  if (!request.path.empty()) path = http::decode_path(request.path, decoded);
  Refusal refusal = Refusal::none;
  if (path.status == Status::bad_request) { // whatever was to be done with it
    response.close = true;
    refusal = Refusal::malformed_path;
  } else if (!admits(context.access.addresses, exchange.client)) {
    refusal = Refusal::address_denied;
    reply.explain("--allow and --deny: not from this address"sv);
  } else if (request.method == Method::unknown) {
    refusal = Refusal::unknown_method;
  } else if (request.method == Method::options) {
    answer_options(reply, path);
    return true;
  } else if (!serves(context, request.method)) {
    refusal = Refusal::method_not_allowed;
  } else if (path.status != Status::ok) {
    refusal = Refusal::hidden_name; // 404, the only other status of a path
    reply.explain("hidden, or a name that no file has"sv);
  } else {
    reply.site = context.sites.pick(request.host);
    if (reply.site != nullptr) return find(reply, path);
    refusal = Refusal::unknown_host;
    reply.explain("no site is called"sv, http::host_of(request.host));
  }
  reply_refusal(reply, refusal);
  return true;
}

void decide_refusal(Context& context, Exchange& exchange, Refusal refusal, Response& response) {
  Reply reply = {.context = context, .exchange = exchange, .response = response};
  reply.bare = exchange.admin || (has_tls && exchange.redirects);
  response.logged = !exchange.admin;
  reply_refusal(reply, refusal);
}

} // namespace minhttp::serve
