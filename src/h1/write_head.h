// SPDX-License-Identifier: MIT
#pragma once
// Serializes the head of a response for HTTP/1 (RFC 9112).

#include <cstddef>
#include <cstdint>
#include <span>

#include "http/response_head.h"

namespace minhttp::h1 {

enum class Persistence : uint8_t {
  keep,    // the default of HTTP/1.1: no field
  keep_10, // "Connection: keep-alive", for an HTTP/1.0 client that asked for it
  close    // "Connection: close"
};

// Writes the head with its blank line; returns its size in bytes. out must hold at least limits::answer_head_max bytes.
// chunked: adds Transfer-Encoding.
size_t write_head(std::span<char> out, const http::ResponseHead& head, Persistence persistence, bool chunked);

} // namespace minhttp::h1
