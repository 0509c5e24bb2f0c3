// SPDX-License-Identifier: MIT
// Another part of conn/http2_streams.cc: bodies become DATA frames.

#include "base/bytes.h"
#include "conn/access_log.h"
#include "conn/answer.h"
#include "conn/http2_streams.h"
#include "conn/metering.h"
#include "h2/frame.h"

namespace minhttp::conn {
namespace {

enum class Taken : uint8_t {
  some,  // and more is left
  last,  // the body is complete
  pause, // nothing yet: a directory is being read, go on in the next turn
  failed // the file is shorter now, or the directory cannot be read
};

// The texts of a body, which its workspace holds: rows of a listing, what precedes a part, short pages.
std::string_view text_of(const Server& server, const StreamBody& body) {
  if (body.workspace == Pool::none) return {};
  const Workspace& work = server.workspaces[body.workspace];
  return {work.out + work.out_begin, work.out_end - work.out_begin};
}

// Makes the next text, or the next part of the file, where the former one is used up.
Taken refill(Server& server, StreamBody& body, uint32_t ticket) {
  if (body.left > 0 || !text_of(server, body).empty()) return Taken::some;
  if (body.multipart) {
    Workspace& work = server.workspaces[body.workspace];
    work.out_begin = work.out_end = 0;
    if (auto part = next_part(work)) {
      body.offset = part->first;
      body.left = part->length;
    } else {
      body.multipart = false;
    }
    return Taken::some;
  }
  if (body.listing == serve::Listings::none) return Taken::last;
  using Filled = serve::Listings::Filled;
  Workspace& work = server.workspaces[body.workspace];
  Writer out(work.out);
  Filled filled = server.context.listings.write(body.listing, ticket, server.context.generation,
                                                server.context.clock.now_ms(), out);
  work.out_begin = 0;
  work.out_end = static_cast<uint32_t>(out.size());
  if (filled == Filled::ended) body.listing = serve::Listings::none;
  if (filled == Filled::failed) return Taken::failed;
  if (out.size() > 0) return Taken::some;
  return filled == Filled::ended ? Taken::last : Taken::pause;
}

bool is_complete(const Server& server, const StreamBody& body) {
  return body.left == 0 && !body.multipart && body.listing == serve::Listings::none && text_of(server, body).empty();
}

// Puts the next bytes of the body into `to`, which becomes as short as they are.
Taken take_data(Server& server, StreamBody& body, uint32_t ticket, std::span<char>& to) {
  Taken next = refill(server, body, ticket);
  if (next != Taken::some) {
    to = to.first(0);
    return next;
  }
  if (std::string_view text = text_of(server, body); !text.empty()) {
    if (text.size() < to.size()) to = to.first(text.size());
    __builtin_memcpy(to.data(), text.data(), to.size());
    server.workspaces[body.workspace].out_begin += static_cast<uint32_t>(to.size());
  } else {
    if (body.left < to.size()) to = to.first(static_cast<size_t>(body.left));
    if (!body.source.copy(body.offset, to)) {
      body.source.forget(); // who opens it anew may have better luck
      return Taken::failed;
    }
    body.offset += to.size();
    body.left -= to.size();
  }
  return is_complete(server, body) ? Taken::last : Taken::some;
}

// One frame of the stream. most: bytes of DATA. False: there is none in this turn.
bool write_data(Http2Connection& c, uint32_t slot, uint32_t most) {
  h2::Stream& stream = c.http2.shared.streams[slot];
  StreamBody& body = c.http2.bodies[slot];
  char* at = c.work.out + c.work.out_end;
  std::span<char> data = {at + h2::frame_header_bytes, most};
  auto ticket = static_cast<uint32_t>(c.server.connections.size()) + slot;
  Taken taken = take_data(c.server, body, ticket, data);
  if (taken == Taken::pause) return false;
  if (taken == Taken::failed) {
    reset_stream(c, slot, h2::Error::internal_error);
    return true;
  }
  bool last = taken == Taken::last;
  auto bytes = static_cast<uint32_t>(data.size());
  h2::write_frame_header(at, {.length = bytes,
                              .type = h2::FrameType::data,
                              .flags = last ? h2::flag::end_stream : uint8_t{0},
                              .stream = stream.id});
  c.work.out_end += static_cast<uint32_t>(h2::frame_header_bytes) + bytes;
  body.sent += bytes;
  c.session.note_sent(stream, bytes, last);
  note_data(c, slot, last);
  return true;
}

} // namespace

void note_data(Http2Connection& c, uint32_t slot, bool end) {
  StreamBody& body = c.http2.bodies[slot];
  if (end) {
    log_stream_end(c.server, c.connection, body.log_record, body.sent);
    body.log_record = Pool::none;
    meter_stream_end(c.server, body);
    body.source.close();
    release_workspace(c.server, body); // the stream may stay open until the request is complete
  }
  c.session.wait(c.http2.shared, slot, !end);
  if (c.http2.shared.streams[slot].complete()) close_stream(c.server, c.connection, slot);
}

bool fill_output(Http2Connection& c) {
  size_t pauses = c.session.open_streams().size();
  bool again = false;
  while (true) {
    size_t room = c.output_left().size();
    if (room < h2::frame_header_bytes + limits::h2_control_room + limits::h2_data_least) return again;
    uint32_t slot = c.session.next(c.http2.shared);
    if (slot == Pool::none) return again;
    uint32_t most =
        c.session.may_send(c.http2.shared.streams[slot], room - h2::frame_header_bytes - limits::h2_control_room);
    if (write_data(c, slot, most)) continue;
    again = true;
    if (pauses-- == 0) return true;
  }
}

} // namespace minhttp::conn
