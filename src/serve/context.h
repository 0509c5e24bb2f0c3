// SPDX-License-Identifier: MIT
#pragma once
// What a response depends on beside its request: the sites, what is known of their files, and the options.

#include <cstdint>
#include <string_view>

#include "auth/access.h"
#include "http/forwarded.h"
#include "http/mime.h"
#include "rules/rules.h"
#include "serve/admin.h"
#include "serve/clock.h"
#include "serve/listings.h"
#include "serve/trace.h"
#include "site/compressor.h"
#include "site/site.h"
#include "site/tags.h"

namespace minhttp::serve {

// How sites are served.
struct SiteOptions {
  std::string_view base_path = {};                // decoded, without slashes at its ends: where the site begins
  const rules::Fields* default_headers = nullptr; // fields of every response; null: none
  bool spa = false;                               // index.html is served for pages that do not exist
  bool immutable = true;                          // files with a content hash in the name may be cached for a year
  uint16_t https_port = 0;                        // where --listen-http sends clients to, in minhttps; 0: none is known
  bool cors = false;                              // answer CORS preflights
  std::string_view env_path = {};                 // of --env-js, without its slash; empty: none
  std::string_view env_script = {};               // what is served there
  std::string_view health = {};                   // the path of --health; empty: none
  http::OwnTypes types = {};                      // of --type
};

struct Context {
  site::Sites sites;                      // a reload replaces all of them
  site::Cache* cache = nullptr;           // of their files; null: files are opened for every response
  site::Tags* tags = nullptr;             // of their files; null: there are no sites
  site::Compressor* compressor = nullptr; // of their text; null: nothing is compressed
  SiteOptions options = {};
  auth::Access access = {};
  http::ClientHeader client = {}; // who says which client asks
  Clock clock = {};
  Listings listings = {};  // disabled: directories are not listed
  Admin* admin = nullptr;  // of connections of --admin; null: there are none
  Trace* trace = nullptr;  // of the one response that `check --explain` asks for
  uint32_t generation = 0; // of the sites
  bool ready = true;       // false: the server ends soon, which --health says
};

} // namespace minhttp::serve
