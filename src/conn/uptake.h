// SPDX-License-Identifier: MIT
#pragma once
// Uptake: whether a peer is still taking a response. The kernel reports a socket as writable only when a third of its
// send buffer is free (sk_stream_is_writeable), which can be megabytes: a slow peer takes minutes for that, though it
// reads all the time. So before a deadline closes a connection, the loop asks the kernel how many bytes the peer has
// not acknowledged yet. It does not ask about a connection that was written to within limits::send_check_ms.

#include <cstdint>

#include "conn/server.h"

namespace minhttp::conn {

// The value of unacked if the kernel does not say how many bytes are unacknowledged.
constexpr uint32_t unknown_unacked = UINT32_MAX;

constexpr bool waits_to_send(Timer timer) { return timer >= Timer::send && timer <= Timer::file_slow; }

// A wait has two stages, send then send_slow, or file then file_slow. Gives the first one's timer; another timer is its
// own first stage.
constexpr Timer first_stage(Timer timer) {
  if (timer == Timer::send_slow) return Timer::send;
  return timer == Timer::file_slow ? Timer::file : timer;
}

// connection: waits_to_send(), or idle: then the kernel has the whole response, and may still be delivering it.
// unacked: the bytes that the peer has not acknowledged, or unknown_unacked. True: the wait begins anew, because the
// peer has taken limits::send_progress_min bytes since the last check, or because this is the first check. False: the
// timer stays as it is, for one of two reasons: the peer has all of the response (unacked is 0, or not known of an idle
// one), or it does not take it.
bool check_uptake(Server& server, Connection& connection, uint32_t unacked);

// Milliseconds without a write until the kernel is asked for the first time. A peer that takes nothing is closed
// send_ms after that, so this is short compared with send_ms.
constexpr uint32_t first_check_ms(uint32_t send_ms) {
  uint32_t part = send_ms / 16 + 1;
  return part < limits::send_check_ms ? part : limits::send_check_ms;
}

} // namespace minhttp::conn
