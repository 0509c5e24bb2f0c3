// SPDX-License-Identifier: MIT
#pragma once
// What all connections share.

#include <cstdint>
#include <span>

#include "auth/access.h"
#include "base/pool.h"
#include "http/listing.h"
#include "http/multipart.h"
#include "log/log.h"
#include "serve/clock.h"
#include "serve/connection.h"
#include "serve/memo.h"
#include "serve/timers.h"
#include "serve/trace.h"
#include "site/compressor.h"
#include "site/listing.h"
#include "site/site.h"
#include "site/tags.h"

namespace minhttp::serve {

enum class LogFormat : uint8_t { off, case_study, common };

// A directory on its way to a client. Its memory is zeroed and shared by all: taken only
// while there are rows to be sent.
struct ListingAnswer {
  site::Listing entries;
  const site::Site* site;
  int64_t began_ms;
  int64_t progress_ms; // when the client had last taken all that was written, or the directory was read
  uint32_t slot;       // of its connection
  uint32_t generation; // of the site; another one's is not ours any more
  http::ListingPage page;
  char root[limits::listing_root_max];
  bool chunked;
  bool in_start; // the rows have not begun
  bool ended;    // all is said
};

// How sites are served.
struct Manner {
  std::string_view base_path = {};         // decoded, without slashes at its ends: where the site begins
  const rules::Fields* standing = nullptr; // fields of every answer; null: none
  bool spa = false;                        // pages that do not exist are index.html's to show
  bool immutable = true;                   // who has a hash in the name may be kept for a year
  bool cors = false;                       // answer the questions that browsers ask first
  std::string_view env_path = {};          // of --env-js, without its slash; empty: none
  std::string_view env_script = {};        // what is served there
  http::OwnTypes types = {};               // of --type
};

struct Server {
  site::Sites sites;                      // a reload replaces all of them
  site::Cache* cache = nullptr;           // of what is in them; null: files are opened for every answer
  site::Tags* tags = nullptr;             // of files; null: there are no sites
  Memo* memo = nullptr;                   // of answers from there
  site::Compressor* compressor = nullptr; // of text from there; null: nothing is compressed
  Manner manner;
  auth::Access access;
  log::Log& log;
  LogFormat log_format;
  uint64_t body_max;     // bytes of a request body
  uint32_t requests_max; // of a connection; 0: no limit
  std::span<Connection> connections;
  std::span<Workspace> workspaces;
  Pool free_workspaces;
  Timers timers;
  Clock clock;
  http::Boundaries boundaries = {};       // of multipart answers
  std::span<ListingAnswer> listings = {}; // none: directories are not listed
  Pool free_listings = Pool({});
  Trace* trace = nullptr;  // of the one answer that is explained
  uint32_t generation = 0; // of the sites
  bool draining = false;   // every answer is the last of its connection
};

} // namespace minhttp::serve
