// SPDX-License-Identifier: MIT
#pragma once
// Which process may write to standard output, where several share it. Nobody waits for the lock:
// a process that does not get it keeps its lines and tries again later.

#include "base/shared_word.h"

namespace minhttp::log {

class WriteLock {
 public:
  // who: any number but 0. True: the lock is theirs, perhaps since an earlier call.
  bool take(uint32_t who) { return holder_.replace(0, who) || holder_.load() == who; }

  // Also on behalf of a process that has died with it.
  void give_back(uint32_t who) { (void)holder_.replace(who, 0); }

 private:
  SharedWord holder_; // 0: nobody
};

} // namespace minhttp::log
