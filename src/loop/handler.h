// SPDX-License-Identifier: MIT
#pragma once
// Serves the plain loop's client. minhttp links plain_http.cc, which speaks HTTP with conn/step.h; the case study links
// app/case_study.cc, which sends every client the same response.

#include <cstdint>

#include "conn/wants.h"
#include "sys/abi.h"

namespace minhttp::loop {

struct Handler; // each program has its own

// Waits for a client. False: it is time to end.
bool wait_for_client(Handler& handler, int listener);

// start(): a client was accepted. next(): takes what happened and returns what to do next. patience_ms(): for how long
// that may take (at least 1 ms). The Handler owns the client's socket, which finish() closes.
void start(Handler& handler, int client, const sys::abi::SocketAddress& peer);
conn::Wants next(Handler& handler, conn::Event event);
uint32_t patience_ms(Handler& handler);
void finish(Handler& handler);

} // namespace minhttp::loop
