// SPDX-License-Identifier: MIT
#pragma once
// One request to a server, for `minhttp healthcheck`, with blocking calls.

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace minhttp::loop {

struct Asked {
  uint32_t status = 0; // of HTTP; 0: there was no HTTP answer
  Errno error = {};    // then, why; ETIMEDOUT: limits::healthcheck_ms were over; none: the answer is not HTTP/1
  bool failed = false; // error is set
};

// address: of connect(2), with its family and size. request: the whole head. Takes limits::healthcheck_ms at most.
Asked ask(int family, const void* address, size_t size, std::string_view request);

// The status of the status line with which the bytes begin (RFC 9112 section 4), or 0.
uint32_t status_of(std::string_view answer);

} // namespace minhttp::loop
