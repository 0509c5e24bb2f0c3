// SPDX-License-Identifier: MIT
#include "app/site_options.h"

#include "app/default_headers.h"
#include "app/env_js.h"
#include "app/media_types.h"
#include "app/message.h"
#include "app/options.h"
#include "app/protected_path.h"
#include "auth/basic.h"
#include "http/character.h"
#include "http/path.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

// Accepts "/app" or "/app/", of characters that need no escaping in a path. Nothing: it is invalid.
std::optional<Text> base_of(Text path) {
  if (path.empty()) return path;
  if (path[0] != '/') return {};
  Text base = drop(path, 1);
  if (!base.empty() && base.back() == '/') base.remove_suffix(1);
  char decoded[limits::base_path_max];
  http::Path same = http::decode_path(path, decoded);
  if (same.status != http::Status::ok || !equal(same.name, base)) return {};
  for (char c : base) {
    if (c != '/' && !http::is(c, http::Class::host)) return {};
  }
  return base;
}

} // namespace

bool make_site_options(const Config& config, const char* const* environment, const SiteOptionsMemory& memory,
                       rules::Fields& default_headers, serve::SiteOptions& options) {
  auto base = base_of(config.base_path);
  if (!base) {
    named_message(2) << setting(config, "--base-path"sv)
                     << " takes a path like /app, of letters, digits and -._~, not '" << config.base_path << "'";
    return false;
  }
  bool stands = config.headers.count > 0 || config.cors || config.secure_headers || config.cross_origin_isolated;
#ifdef MINHTTP_TLS
  stands = stands || config.hsts;
#endif
  if (stands && !make_default_headers(config, memory.default_headers, default_headers)) return false;
  if (!make_media_types(config, memory.types, memory.type_text)) return false;
  options = {.base_path = *base,
             .default_headers = stands ? &default_headers : nullptr,
             .spa = config.spa,
             .immutable = config.immutable != 0,
             .cors = config.cors,
             .health = config.health};
  options.types = memory.types;
  if (!make_env_js(config, environment, memory.env_script, options)) return false;
  if (!auth::good_realm(realm_of(config))) {
    named_message(2) << setting(config, "--realm"sv) << " takes printable characters without quotes and backslashes";
    return false;
  }
  return valid_protected_paths(config);
}

} // namespace minhttp::app
