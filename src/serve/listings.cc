// SPDX-License-Identifier: MIT
// A tour: begin() takes a place; write() asks the site for row after row and the page for their text, until the
// output is full, the directory must be read further, or all is written.

#include "serve/listings.h"

#include <new>

#include "base/cidr.h"
#include "http/accept.h"
#include "site/files.h"

namespace minhttp::serve {

using http::ListingPage;
using http::Status;
using site::Listing;

uint32_t Listings::count(const IpAddress& client) const {
  uint32_t number = 0;
  for (const ListingInProgress& place : places_) number += place.taken && place.client == client ? 1U : 0U;
  return number;
}

// All places are taken. The client with most of them loses one: the one longest without progress, or
// of those that are read and sent all the time, the oldest. A client that has a place already gets
// another one only from a client with more than its share: else two would cut off each other's for ever.
uint32_t Listings::take_from_another(const IpAddress& client) {
  uint32_t own = count(client);
  if (own >= limits::listings_of_client) return Pool::none;
  ListingInProgress* victim = nullptr;
  uint32_t most = own > 0 ? limits::listings_of_client + 1 : 1;
  for (ListingInProgress& place : places_) {
    uint32_t others = count(place.client);
    if (place.client == client || others < most) continue;
    bool longer = victim == nullptr || place.progress_ms < victim->progress_ms ||
                  (place.progress_ms == victim->progress_ms && place.began_ms < victim->began_ms);
    if (others == most && !longer) continue;
    victim = &place;
    most = others;
  }
  if (victim == nullptr) return Pool::none;
  victim->directory.close();
  return static_cast<uint32_t>(victim - places_.data());
}

Status Listings::begin(const Begin& request, uint8_t& number) {
  if (!enabled()) return Status::not_found;
  sys::Fd directory;
  if (const site::Files& files = request.site.files; files.pack() != nullptr) {
    site::Found found = files.open({.base = request.path.name});
    if (found.kind != site::Found::Kind::directory)
      return found.kind == site::Found::Kind::file ? Status::not_found : found.status;
  } else {
    auto opened = files.open_directory(request.path);
    if (!opened.ok()) return site::status_of(opened.error());
    directory = sys::Fd(opened.value());
  }
  IpAddress client = client_network(request.client);
  uint32_t free = free_.take();
  if (free == Pool::none) free = take_from_another(client);
  if (free == Pool::none) return Status::service_unavailable;
  number = static_cast<uint8_t>(free);
  ListingInProgress& place = places_[number];
  new (&place.directory) sys::Fd(static_cast<sys::Fd&&>(directory));
  place.site = &request.site;
  place.began_ms = place.progress_ms = request.now_ms;
  place.client = client;
  place.ticket = request.ticket;
  place.generation = request.generation;
  http::ListingOrder order = http::parse_listing_order(request.request.query);
  place.entries.begin(request.path.name, order);
  auto format = http::prefers_json(request.request) ? ListingPage::Format::json : ListingPage::Format::html;
  Writer root(place.root); // the request's bytes are gone before the page is written
  root.text(request.request.host);
  if (!request.base_path.empty()) root.byte('/').text(request.base_path);
  place.page = ListingPage(format, root.view(), place.entries.path(), order);
  place.taken = true;
  place.in_start = true;
  return Status::ok;
}

Listings::Filled Listings::write(uint8_t number, uint32_t ticket, uint32_t generation, int64_t now_ms, Writer& out) {
  if (!belongs_to(number, ticket)) return Filled::failed;
  ListingInProgress& place = places_[number];
  place.progress_ms = now_ms;
  if (place.generation != generation) return Filled::failed;
  while (true) {
    Listing::Step step = place.entries.next(place.site->files, place.directory.number());
    if (step == Listing::Step::pause) return Filled::pause;
    if (step == Listing::Step::failed) return Filled::failed;
    size_t needed = step == Listing::Step::row && !place.in_start ? ListingPage::row_bytes_max(place.entries.row())
                                                                  : limits::piece_max;
    if (out.room() < needed) return Filled::full;
    if (place.in_start) {
      place.in_start = place.page.write_start(out, place.entries.counts());
    } else if (step == Listing::Step::row) {
      place.page.write_row(out, place.entries.row());
      place.entries.take_row();
    } else {
      place.page.write_end(out);
      give_back(number);
      return Filled::ended;
    }
  }
}

void Listings::give_back(uint32_t number) {
  places_[number].taken = false;
  places_[number].directory.close();
  free_.give_back(number);
}

void Listings::end(uint8_t number, uint32_t ticket) {
  if (belongs_to(number, ticket)) give_back(number);
}

} // namespace minhttp::serve
