// SPDX-License-Identifier: MIT
#pragma once
// What a supervisor tells its workers and they tell it, in memory that all of them share. A
// signal only rings the bell: two of a kind can become one on their way, and anybody may send
// them, also to the whole process group at once (Ctrl-C, systemd). What counts stands here.

#include <array>

#include "base/shared_word.h"
#include "log/write_lock.h"
#include "tables/limits.h"

namespace minhttp::loop {

struct SharedState {
  SharedWord ends;    // how often the end was asked for; the second time means at once
  SharedWord reloads; // how often reading anew was
  SharedWord keeps;   // 1: in the last one, hosts whose directories are missing keep their places
  log::WriteLock log; // who writes to standard output
  SharedWord served;  // 1: a worker has begun to serve, and has printed the start-up line

  // Of each worker: the last reload that it has done, twice, and one more where it failed.
  std::array<SharedWord, limits::workers_max> reloaded;

  // Of each worker: how many were told to make way for another one.
  std::array<SharedWord, limits::workers_max> leaves;

  // Of each worker: the number of the system call that ended it, which the sandbox refused, plus 1.
  std::array<SharedWord, limits::workers_max> refused;

  // Of each worker: the heartbeat, a number that changes every worker_beat_ms as long as its loop turns.
  std::array<SharedWord, limits::workers_max> beats;
};

} // namespace minhttp::loop
