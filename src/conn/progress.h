// SPDX-License-Identifier: MIT
#pragma once
// Whether a peer still takes an answer. The kernel tells a loop that a socket can be written to only when a third
// of its send buffer is free (sk_stream_is_writeable), which can be megabytes: a slow peer takes minutes for that
// and is reading all the time. So before its deadline ends a connection, the kernel is asked how much the peer has
// not acknowledged yet. Nobody is asked about a connection that is written to within limits::send_check_ms.

#include <cstdint>

#include "conn/server.h"

namespace minhttp::conn {

// Where the kernel does not say how many bytes are unacknowledged.
constexpr uint32_t unknown_unacked = UINT32_MAX;

constexpr bool waits_to_send(Timer timer) { return timer >= Timer::send && timer <= Timer::file_slow; }

// send for send_slow and file for file_slow: what the connection waits for is the same.
constexpr Timer wait_of(Timer timer) {
  if (timer == Timer::send_slow) return Timer::send;
  return timer == Timer::file_slow ? Timer::file : timer;
}

// connection: waits_to_send, or idle: then the kernel has the whole answer, and may still be delivering it. unacked:
// the bytes that its peer has not acknowledged, or unknown_unacked. true: the wait begins anew, because the peer has
// taken send_progress_min bytes since it was asked about last, or because this is the first time. false: nothing has
// changed, the peer does not take the answer, or has all of it.
bool takes_more(Server& server, Connection& connection, uint32_t unacked);

// After so long without a write the kernel is asked for the first time. A peer that takes nothing is closed
// send_ms after that, so this is short beside it.
constexpr uint32_t check_after_ms(uint32_t send_ms) {
  uint32_t part = send_ms / 16 + 1;
  return part < limits::send_check_ms ? part : limits::send_check_ms;
}

} // namespace minhttp::conn
