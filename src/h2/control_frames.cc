// SPDX-License-Identifier: MIT
#include "h2/control_frames.h"

namespace minhttp::h2 {
namespace {

void write_number_frame(Writer& out, FrameType type, uint32_t stream, uint32_t number) {
  char payload[4];
  write_number(payload, number, sizeof payload);
  write_frame(out, {.length = sizeof payload, .type = type, .stream = stream}, {payload, sizeof payload});
}

} // namespace

[[gnu::noinline]] Writer& write_frame(Writer& out, const FrameHeader& header, std::string_view payload) {
  char nine[frame_header_bytes];
  write_frame_header(nine, header);
  return out.text({nine, sizeof nine}).text(payload);
}

// RFC 9113 section 6.4.
void write_rst_stream(Writer& out, uint32_t stream, Error error) {
  write_number_frame(out, FrameType::rst_stream, stream, static_cast<uint32_t>(error));
}

// Section 6.9.
void write_window_update(Writer& out, uint32_t stream, uint32_t bytes) {
  write_number_frame(out, FrameType::window_update, stream, bytes);
}

// Section 6.5.
void write_settings_ack(Writer& out) { write_frame(out, {.type = FrameType::settings, .flags = flag::ack}, {}); }

// Section 6.7.
void write_ping(Writer& out, std::string_view opaque, bool ack) {
  write_frame(out, {.length = 8, .type = FrameType::ping, .flags = ack ? flag::ack : uint8_t{0}}, opaque);
}

// Section 6.8.
void write_goaway(Writer& out, uint32_t last, Error error) {
  char payload[8];
  write_number(payload, last, 4);
  write_number(payload + 4, static_cast<uint32_t>(error), 4);
  write_frame(out, {.length = sizeof payload, .type = FrameType::goaway}, {payload, sizeof payload});
}

} // namespace minhttp::h2
