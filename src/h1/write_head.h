// SPDX-License-Identifier: MIT
#pragma once
// The head of a response on the wire of HTTP/1 (RFC 9112).

#include <cstddef>
#include <cstdint>
#include <span>

#include "http/response.h"

namespace minhttp::h1 {

enum class Persistence : uint8_t {
  keep,    // the default of HTTP/1.1: no field says it
  keep_10, // "Connection: keep-alive", for an HTTP/1.0 client that has asked for it
  close    // "Connection: close"
};

// Writes the head with its blank line; returns its size in bytes. out has at least limits::answer_head_max bytes.
// chunked: Transfer-Encoding says so.
size_t write_head(std::span<char> out, const http::Head& head, Persistence persistence, bool chunked);

} // namespace minhttp::h1
