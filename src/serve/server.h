#pragma once
// What all connections share.

#include <cstdint>
#include <span>

#include "base/pool.h"
#include "http/listing.h"
#include "http/multipart.h"
#include "serve/clock.h"
#include "serve/connection.h"
#include "serve/timers.h"
#include "site/listing.h"
#include "site/site.h"
#include "tell/log.h"

namespace minhttp::serve {

enum class LogFormat : uint8_t { off, case_study, common };

// A directory on its way to a client. Its memory is zeroed and shared by all: taken only
// while there are rows to be sent.
struct ListingAnswer {
  site::Listing entries;
  http::ListingPage page;
  bool chunked;
  bool in_start; // the rows have not begun
  bool ended;    // all is said
};

struct Server {
  site::Site& site;
  tell::Log& log;
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
  bool draining = false; // every answer is the last of its connection
};

} // namespace minhttp::serve
