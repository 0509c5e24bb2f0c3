// SPDX-License-Identifier: MIT
#pragma once
// Judges whether a client of HTTP/2 got what the same requests get over HTTP/1.

#include <string>
#include <vector>

#include "sim/answers.h"
#include "sim/http2_talk.h"

namespace minhttp::sim {

// What is wrong; empty: nothing. expected: of the script, over HTTP/1. drains: the server ended in the middle, and the
// client was fast enough to get the responses of all streams that GOAWAY does not exclude.
std::string judge_http2(const Http2Talk& talk, const Script& script, const Expected& expected, const Leave& leave,
                        bool drains);

// The statuses of the responses that are complete.
std::vector<std::string> statuses_of(const Http2Talk& talk);

} // namespace minhttp::sim
