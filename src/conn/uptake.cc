// SPDX-License-Identifier: MIT
#include "conn/uptake.h"

namespace minhttp::conn {

bool check_uptake(Server& server, Connection& c, uint32_t unacked) {
  bool answered = c.timer == Timer::idle || (c.timer == Timer::file_slow && c.state != State::sending);
  if (answered && (unacked == 0 || unacked == unknown_unacked)) return false;
  bool asked_before = c.timer != first_stage(c.timer);
  // Unacknowledged bytes at the last check, plus the bytes written since, minus the bytes unacknowledged now.
  int64_t taken = int64_t{c.unacked} + c.written - unacked;
  if (asked_before && taken < int64_t{limits::send_progress_min}) return false;
  Timer slow = first_stage(c.timer) == Timer::send ? Timer::send_slow : Timer::file_slow;
  server.timers.set(c, slow, server.context.clock.now_ms());
  c.unacked = unacked;
  c.written = 0;
  return true;
}

} // namespace minhttp::conn
