// SPDX-License-Identifier: MIT
#pragma once
// Writes the head of a response as a header block (RFC 9113 section 8.3.2).

#include <cstddef>
#include <span>

#include "http/response.h"

namespace minhttp::h2 {

// The fields of h1/write_head.h, in the same order, without those of the connection. Returns the size of the block in
// bytes; the caller divides it into frames. to must hold at least limits::answer_head_max bytes. head.extra must have
// no fields of the connection: rules and options refuse them (tables/rule_fields.def).
size_t write_head(std::span<char> to, const http::Head& head);

} // namespace minhttp::h2
