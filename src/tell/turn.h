// SPDX-License-Identifier: MIT
#pragma once
// Whose turn it is to write, among processes that share standard output. Nobody waits for a
// turn: whoever does not get it keeps the lines and asks again later.

#include "base/shared_word.h"

namespace minhttp::tell {

class Turn {
 public:
  // who: any number but 0. true: it is theirs, perhaps since an earlier call.
  bool take(uint32_t who) { return holder_.replace(0, who) || holder_.load() == who; }

  // Also for somebody who has died with it.
  void give_back(uint32_t who) { (void)holder_.replace(who, 0); }

 private:
  SharedWord holder_; // 0: nobody
};

} // namespace minhttp::tell
