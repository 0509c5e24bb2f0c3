// SPDX-License-Identifier: MIT
// A tour: fill() asks the site for row after row and the page for their text, until the
// output is full, the directory wants to be read further, or all is said.

#include "serve/listing.h"

#include "base/cidr.h"
#include "http/accept.h"

namespace minhttp::serve {
namespace {

using http::ListingPage;
using http::Status;
using site::Listing;

constexpr size_t chunk_digits = 4; // leading zeros are allowed, RFC 9112 section 7.1
constexpr size_t line_end_bytes = 2;
constexpr size_t last_chunk_bytes = 5;
constexpr size_t frame_bytes = chunk_digits + 2 * line_end_bytes + last_chunk_bytes;
static_assert(limits::output_bytes < 1 << (4 * chunk_digits) &&
              limits::output_bytes >= limits::piece_max + frame_bytes);

ListingAnswer& listing(Server& server, Connection& connection) { return server.listings[connection.listing]; }

IpAddress client_of(const Server& server, const ListingAnswer& answer) {
  return client_network(server.connections[answer.slot].peer);
}

uint32_t places_of(const Server& server, const IpAddress& client) {
  uint32_t count = 0;
  for (const ListingAnswer& answer : server.listings) count += client_of(server, answer) == client ? 1U : 0U;
  return count;
}

// All places are taken. The client with most of them gives one up: the one longest without progress, or
// of those that are read and sent all the time, the oldest. A client that has a place already gets
// another one only from a client with more than its share: else two would cut off each other's for ever.
uint32_t take_from_another(Server& server, const IpAddress& client) {
  uint32_t own = places_of(server, client);
  if (own >= limits::listings_of_client) return Pool::none;
  ListingAnswer* victim = nullptr;
  uint32_t most = own > 0 ? limits::listings_of_client + 1 : 1;
  for (ListingAnswer& answer : server.listings) {
    IpAddress other = client_of(server, answer);
    uint32_t count = places_of(server, other);
    if (other == client || count < most) continue;
    bool longer = victim == nullptr || answer.progress_ms < victim->progress_ms ||
                  (answer.progress_ms == victim->progress_ms && answer.began_ms < victim->began_ms);
    if (count == most && !longer) continue;
    victim = &answer;
    most = count;
  }
  if (victim == nullptr) return Pool::none;
  Connection& loser = server.connections[victim->slot];
  loser.listing = Connection::lost_listing;
  loser.directory.close();
  return static_cast<uint32_t>(victim - server.listings.data());
}

// Writes until there is no room, no row, or nothing left to say (ended).
Filled write_pieces(const Connection& connection, ListingAnswer& answer, Writer& out) {
  while (true) {
    Listing::Step step = answer.entries.next(answer.site->files, connection.directory.number());
    if (step == Listing::Step::pause) return Filled::pause;
    if (step == Listing::Step::failed) return Filled::failed;
    size_t needed = step == Listing::Step::row && !answer.in_start ? ListingPage::row_bytes_max(answer.entries.row())
                                                                   : limits::piece_max;
    if (out.room() < needed) return Filled::full;
    if (answer.in_start) {
      answer.in_start = answer.page.write_start(out, answer.entries.counts());
    } else if (step == Listing::Step::row) {
      answer.page.write_row(out, answer.entries.row());
      answer.entries.take_row();
    } else {
      answer.page.write_end(out);
      answer.ended = true;
      return Filled::full;
    }
  }
}

// The size of a chunk and its line end.
void write_chunk_front(std::span<char> to, size_t size) {
  Writer out(to);
  for (size_t digit = chunk_digits; digit > 0; digit--) out.byte("0123456789abcdef"[size >> (digit - 1) * 4 & 15]);
  out.text("\r\n");
}

} // namespace

Status begin_listing(Server& server, const site::Site& site, Connection& connection, const http::Request& request,
                     const http::Path& path) {
  if (server.listings.empty()) return Status::not_found;
  auto opened = site.files.open_directory(path);
  if (!opened.ok()) return site::status_of(opened.error());
  sys::Fd directory(opened.value());
  uint32_t place = server.free_listings.take();
  if (place == Pool::none) place = take_from_another(server, client_network(connection.peer));
  if (place == Pool::none) return Status::service_unavailable;
  connection.listing = static_cast<uint8_t>(place);
  connection.directory = static_cast<sys::Fd&&>(directory);
  ListingAnswer& answer = listing(server, connection);
  answer.site = &site;
  answer.began_ms = answer.progress_ms = server.clock.now_ms();
  answer.slot = server.timers.index_of(connection);
  answer.generation = server.generation;
  http::ListingOrder order = http::parse_listing_order(request.query);
  answer.entries.begin(path.name, order);
  auto format = http::prefers_json(request) ? ListingPage::Format::json : ListingPage::Format::html;
  Writer root(answer.root); // the request's bytes are gone before the page is written
  root.text(request.host);
  if (!server.manner.base_path.empty()) root.byte('/').text(server.manner.base_path);
  answer.page = ListingPage(format, root.view(), answer.entries.path(), order);
  answer.chunked = request.minor >= 1;
  answer.in_start = true;
  answer.ended = false;
  if (!answer.chunked) connection.close = true;
  return Status::ok;
}

void describe_listing(Server& server, Connection& connection, http::Head& head) {
  const ListingAnswer& answer = listing(server, connection);
  bool html = answer.page.format() == ListingPage::Format::html;
  head.type = html ? "text/html; charset=utf-8" : "application/json";
  if (html) head.policy = http::listing_policy();
  head.vary = "Accept";
  head.chunked = answer.chunked;
}

Filled fill(Server& server, Connection& connection, Workspace& work) {
  if (connection.listing == Connection::lost_listing) return Filled::failed;
  ListingAnswer& answer = listing(server, connection);
  answer.progress_ms = server.clock.now_ms();
  if (answer.generation != server.generation) return Filled::failed; // the sites were read anew
  char* start = work.out + work.out_end;
  size_t room = limits::output_bytes - work.out_end;
  if (room < frame_bytes) return Filled::full;
  size_t front = answer.chunked ? chunk_digits + line_end_bytes : 0;
  Writer out({start + front, room - frame_bytes});
  Filled filled = write_pieces(connection, answer, out);
  Writer frame({start + front + out.size(), frame_bytes - front});
  if (answer.chunked && out.size() > 0) {
    write_chunk_front({start, front}, out.size());
    frame.text("\r\n");
  }
  if (answer.chunked && answer.ended) frame.text("0\r\n\r\n");
  if (out.size() > 0) work.out_end += static_cast<uint32_t>(front + out.size() + frame.size());
  if (answer.ended) end_listing(server, connection);
  return filled;
}

void end_listing(Server& server, Connection& connection) {
  if (!connection.lists()) return;
  if (connection.listing != Connection::lost_listing) server.free_listings.give_back(connection.listing);
  connection.listing = Connection::no_listing;
  connection.directory.close();
}

} // namespace minhttp::serve
