// SPDX-License-Identifier: MIT
#pragma once
// Listings of directories on their way to clients: a fixed number of places. Rows are read while they are sent.

#include <cstdint>
#include <span>
#include <string_view>

#include "base/ip.h"
#include "base/pool.h"
#include "http/listing.h"
#include "http/path.h"
#include "http/request.h"
#include "site/listing.h"
#include "site/site.h"
#include "sys/fd.h"

namespace minhttp::serve {

// A place. Its memory is zeroed before it is first taken.
struct ListingInProgress {
  sys::Fd directory;
  site::Listing entries;
  const site::Site* site;
  int64_t began_ms;
  int64_t progress_ms; // when the client had last taken all that was written, or the directory was read
  IpAddress client;
  uint32_t ticket;     // of the exchange that it was begun for
  uint32_t generation; // of the sites
  http::ListingPage page;
  char root[limits::listing_root_max];
  bool taken;
  bool in_start; // the rows have not begun
};

class Listings {
 public:
  static constexpr uint8_t none = UINT8_MAX;

  Listings() : free_({}) {}
  // free: one entry a place.
  Listings(std::span<ListingInProgress> places, std::span<uint32_t> free) : places_(places), free_(free) {}

  bool enabled() const { return !places_.empty(); }
  uint32_t taken() const { return free_.taken(); }

  struct Begin {
    const site::Site& site;
    const http::Path& path;
    const http::Request& request; // says the format and the order
    std::string_view base_path;
    const IpAddress& client;
    uint32_t ticket;
    uint32_t generation;
    int64_t now_ms;
  };
  // Opens the directory and takes a place. ok, or why not: 404 where there is no such directory or nothing is
  // listed, 403, 503 where all places are taken and the client has its share of them. Where it has not, it gets the
  // place of a client that has more.
  http::Status begin(const Begin& request, uint8_t& place);

  http::ListingPage::Format format(uint8_t place) const { return places_[place].page.format(); }

  enum class Filled : uint8_t {
    full,  // out holds what it can
    ended, // all has been written; the place was given back
    pause, // a slice of work is done: ask again
    failed // the directory cannot be read, the sites were read anew, or the place was taken away
  };
  // Appends rows to out, which has limits::piece_max bytes at least.
  Filled write(uint8_t place, uint32_t ticket, uint32_t generation, int64_t now_ms, Writer& out);

  // Gives the place back, if it still belongs to that ticket.
  void end(uint8_t place, uint32_t ticket);

  // False: the place was given back, or another client has taken it.
  bool belongs_to(uint8_t place, uint32_t ticket) const {
    return places_[place].taken && places_[place].ticket == ticket;
  }

 private:
  uint32_t count(const IpAddress& client) const;
  uint32_t take_from_another(const IpAddress& client);
  void give_back(uint32_t place);

  std::span<ListingInProgress> places_;
  Pool free_;
};

} // namespace minhttp::serve
