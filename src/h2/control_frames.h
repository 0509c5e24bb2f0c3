// SPDX-License-Identifier: MIT
#pragma once
// Writes the short frames: everything but HEADERS and DATA. `out` must have room for them.

#include <string_view>

#include "base/bytes.h"
#include "h2/frame.h"

namespace minhttp::h2 {

// The longest of them.
constexpr size_t control_frame_max = frame_header_bytes + 4 * 6;

Writer& write_frame(Writer& out, const FrameHeader& header, std::string_view payload);

void write_rst_stream(Writer& out, uint32_t stream, Error error);
void write_window_update(Writer& out, uint32_t stream, uint32_t bytes); // bytes: not 0
void write_settings_ack(Writer& out);
void write_ping(Writer& out, std::string_view opaque, bool ack); // opaque: eight bytes
// last: no later stream was or will be answered.
void write_goaway(Writer& out, uint32_t last, Error error);

} // namespace minhttp::h2
