// SPDX-License-Identifier: MIT
#include "app/protected_path.h"

#include "app/message.h"
#include "app/options.h"
#include "auth/access.h"
#include "base/bytes.h"
#include "http/path.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

// What is wrong with "/PATH"; empty: nothing.
Text judge(Text path, Text prefix, Text base) {
  char decoded[limits::path_max];
  if (path.size() > sizeof decoded) return "no name is so long"sv;
  http::Path same = http::decode_path(path, decoded);
  bool plain = find(path, '*') == path.size() && find(path, '%') == path.size();
  if (!plain)
    return "the path stands for all that is below it, and is written as the file is called, without * and %"sv;
  if (same.status != http::Status::ok || !equal(same.name, prefix)) return "no path that is served begins so"sv;
  if (has_base(prefix, base)) return "parts are named as they lie in the directory: leave --base-path out"sv;
  Text last = prefix;
  while (find(last, '/') < last.size()) last = drop(last, find(last, '/') + 1);
  // These files are also served as /name, /name/ and /, which the longer name would leave unprotected.
  if (ends_with(prefix, ".html"sv) || equal(last, "index")) {
    return "leave out .html and index.html: /name guards name.html, name/ and all that is below it"sv;
  }
  return {};
}

} // namespace

bool has_base(Text name, Text base) {
  if (starts_with(base, "/")) base = drop(base, 1);
  drop_end(base, "/"sv);
  return !base.empty() && starts_with(name, base) && (name.size() == base.size() || name[base.size()] == '/');
}

// Compares as requests are matched: case, and dots and spaces at the end of a name, do not matter.
bool same_part(Text a, Text b) {
  auth::ProtectedPath one = {.prefix = a, .passwords = {}};
  auth::ProtectedPath other = {.prefix = b, .passwords = {}};
  return auth::Access{.protected_paths = {&one, 1}}.protection_of(b) != nullptr &&
         auth::Access{.protected_paths = {&other, 1}}.protection_of(a) != nullptr;
}

AuthOption parse_auth_option(Text option) {
  size_t sign = find(option, '=');
  if (option.empty() || option[0] != '/' || sign == option.size()) return {.prefix = {}, .file = option};
  AuthOption part = {.prefix = drop(take(option, sign), 1), .file = drop(option, sign + 1)};
  if (!part.prefix.empty() && part.prefix.back() == '/') part.prefix.remove_suffix(1);
  return part;
}

bool valid_protected_paths(const Config& config) {
  for (uint32_t i = 0; i < config.auth.count; i++) {
    Text option = config.auth.texts[i];
    AuthOption part = parse_auth_option(option);
    Text wrong;
    if (part.file.size() < option.size()) wrong = judge(take(option, find(option, '=')), part.prefix, config.base_path);
    for (uint32_t other = 0; other < i; other++) {
      if (same_part(parse_auth_option(config.auth.texts[other]).prefix, part.prefix)) {
        wrong = "there is a password file for this part already: put all users into one"sv;
      }
    }
    if (wrong.empty()) continue;
    named_message(2) << setting(config, "--auth"sv, option) << " " << option << ": " << wrong;
    return false;
  }
  return true;
}

} // namespace minhttp::app
