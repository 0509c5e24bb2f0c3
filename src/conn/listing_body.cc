// SPDX-License-Identifier: MIT
#include "conn/listing_body.h"

#include "conn/access_log.h"
#include "h1/chunk.h"

namespace minhttp::conn {

using Filled = serve::Listings::Filled;

constexpr size_t frame_bytes = h1::chunk_front + h1::chunk_end + h1::last_chunk;
static_assert(limits::output_bytes < 1 << (4 * h1::chunk_digits) &&
              limits::output_bytes >= limits::piece_max + frame_bytes);

Filled fill(Server& server, Connection& connection, Workspace& work) {
  char* start = work.out + work.out_end;
  size_t left = limits::output_bytes - work.out_end;
  if (left < frame_bytes) return Filled::full;
  size_t front = connection.chunked ? h1::chunk_front : 0;
  Writer out({start + front, left - frame_bytes});
  serve::Context& context = server.context;
  Filled filled = context.listings.write(connection.listing, server.timers.slot_of(connection), context.generation,
                                         context.clock.now_ms(), out);
  Writer frame({start + front + out.size(), frame_bytes - front});
  if (connection.chunked && out.size() > 0) {
    h1::write_chunk_front({start, front}, out.size());
    frame.text("\r\n");
  }
  if (connection.chunked && filled == Filled::ended) frame.text("0\r\n\r\n");
  if (out.size() > 0) work.out_end += static_cast<uint32_t>(front + out.size() + frame.size());
  if (filled == Filled::ended) {
    connection.listing = serve::Listings::none;
    log_length(server, connection);
  }
  return filled;
}

void end_listing(Server& server, Connection& connection) {
  if (!connection.lists()) return;
  server.context.listings.end(connection.listing, server.timers.slot_of(connection));
  connection.listing = serve::Listings::none;
}

} // namespace minhttp::conn
