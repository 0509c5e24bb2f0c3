// SPDX-License-Identifier: MIT
#pragma once
// Who answers the plain loop's client. minhttp links plain_talk.cc, which speaks HTTP with
// serve/step; the case study links app/case_study.cc, which has one answer for everybody.

#include <cstdint>

#include "conn/want.h"
#include "sys/abi.h"

namespace minhttp::loop {

struct Handler; // each program's own

// Waits until a client is there. false: it is time to end.
bool wait_for_client(Handler& talk, int listener);

// A client has come; what it did, and what to do next; for how long at most (at least
// 1 ms). The talk owns the client, and closes it with finish().
void start(Handler& talk, int client, const sys::abi::SocketAddress& peer);
conn::Want next(Handler& talk, conn::Event event);
uint32_t patience_ms(Handler& talk);
void finish(Handler& talk);

} // namespace minhttp::loop
