// SPDX-License-Identifier: MIT
#pragma once
// Which process may write to standard output, if several share it. No process waits for the lock: one that does not get
// it keeps its lines and tries again later.

#include "base/shared_word.h"

namespace minhttp::log {

class WriteLock {
 public:
  // who: the number of the caller, not 0. True: the caller has the lock, perhaps since an earlier call.
  bool take(uint32_t who) { return holder_.replace(0, who) || holder_.load() == who; }

  // Also for a process that had the lock when it died.
  void give_back(uint32_t who) { (void)holder_.replace(who, 0); }

 private:
  SharedWord holder_; // 0: no process has the lock
};

} // namespace minhttp::log
