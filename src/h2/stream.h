// SPDX-License-Identifier: MIT
#pragma once
// A stream (RFC 9113 section 5) that is not closed: what the protocol has to know of it. The response's body stands
// behind it, in conn.

#include <cstdint>
#include <span>

#include "base/list.h"
#include "base/pool.h"
#include "h2/priority.h"

namespace minhttp::h2 {

// What a stream waits for.
enum class Waits : uint8_t {
  nothing, // in no list
  turn,    // it has DATA to send and may send it: in Session's list of its urgency
  peer,    // the peer lets it send no DATA, or has not ended its request
  decision // there is no response yet
};

struct Stream {
  uint32_t id = 0;
  uint32_t connection = 0; // its slot
  Links links = {};        // in the list of what it waits for
  int32_t window = 0;      // bytes of DATA that the peer accepts; negative after a smaller SETTINGS_INITIAL_WINDOW_SIZE
  int32_t receive_window = 0;
  uint64_t received = 0;       // bytes of the request's body
  uint64_t content_length = 0; // of the request, or UINT64_MAX: it says none
  int64_t since_ms = 0;        // when it began to wait for the peer, or when that last let it send some more
  uint32_t progress = 0;       // bytes of DATA sent since then
  Waits waits = Waits::nothing;
  Priority priority = {};
  bool left = false;       // DATA is left to be sent
  bool peer_ended = false; // the request is complete
  bool ended = false;      // the response is
  bool reset = false;      // we have ended it

  bool complete() const { return peer_ended && ended; }
};

// The streams of all connections.
struct StreamPool {
  std::span<Stream> streams;
  Pool free = Pool({});

  Stream& operator[](uint32_t slot) const { return streams[slot]; }
};

} // namespace minhttp::h2
