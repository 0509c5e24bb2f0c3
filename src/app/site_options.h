// SPDX-License-Identifier: MIT
#pragma once
// What the settings say about a site's responses: --base-path, --header and its kin, --type, --env-js, --realm, --auth.

#include <cstddef>
#include <span>
#include <string_view>

#include "app/config.h"
#include "http/mime.h"
#include "rules/rules.h"
#include "serve/context.h"

namespace minhttp::app {

// Where the options' texts lie, as long as the server runs.
struct SiteOptionsMemory {
  std::span<std::byte> default_headers;
  std::span<char> env_script;
  std::span<http::OwnType> types;
  std::span<char> type_text;
};

// default_headers: the fields of every response, which options may refer to. False: a message has said which setting is
// wrong.
bool make_site_options(const Config& config, const char* const* environment, const SiteOptionsMemory& memory,
                       rules::Fields& default_headers, serve::SiteOptions& options);

// The realm of WWW-Authenticate.
inline std::string_view realm_of(const Config& config) {
  return config.realm.empty() ? std::string_view("this site") : config.realm;
}

} // namespace minhttp::app
