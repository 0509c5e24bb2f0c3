// SPDX-License-Identifier: MIT
#pragma once
// What the supervisor and its workers tell each other, in memory that all of them share. A signal only wakes its
// receiver: two of a kind can merge into one on their way, and anybody may send them, even to the whole process group
// (Ctrl-C, systemd). The orders are the words here.

#include <array>

#include "base/shared_word.h"
#include "log/write_lock.h"
#include "tables/limits.h"

namespace minhttp::loop {

// What the whole server is doing. It only goes on from one to the next.
enum class Stage : uint32_t {
  serving,
  unready,  // --drain-delay: it accepts and answers as before, but each response is the last of its connection
  replaced, // another server has the listeners; this one accepts no more, and ends when its connections have
};

struct SharedState {
  SharedWord ends;    // how often the server was told to end; the second time means at once
  SharedWord stage;   // a Stage
  SharedWord reloads; // how many reloads were ordered
  SharedWord keeps;   // 1: in the last reload, hosts whose directories are missing stay (app::Missing)
  log::WriteLock log; // the lock for writing to standard output
  SharedWord served;  // 1: a worker has begun to serve, and has printed the start-up line

  // For each worker: twice the number of the last reload that it has done, plus 1 if that one failed.
  std::array<SharedWord, limits::workers_max> reloaded;

  // For each worker's number: how many workers were told to retire.
  std::array<SharedWord, limits::workers_max> retirements;

  // For each worker: the number of the system call that the sandbox refused and that ended the worker, plus 1.
  std::array<SharedWord, limits::workers_max> refused;

  // For each worker: the heartbeat, a number that changes every limits::worker_beat_ms while its loop runs.
  std::array<SharedWord, limits::workers_max> beats;
};

} // namespace minhttp::loop
