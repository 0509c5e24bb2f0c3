// SPDX-License-Identifier: MIT
#include "sim/probe.h"

#include "unit/h2/frames.h"

namespace minhttp::sim {
namespace {

constexpr int64_t s = 1'000'000'000;
const std::string request = "GET /tiny.txt HTTP/1.1\r\nHost: sim\r\n\r\n";
constexpr size_t half = 20;

std::string http2_request() {
  return std::string(h2::client_preface()) + test::settings_frame() + test::get(1, "/tiny.txt");
}

bool is_served(std::string output) {
  if (output.starts_with("HTTP/1.1 200 ")) return true;
  for (const test::Frame& frame : test::take_frames(output)) {
    // The size of the encoder's table, and the status 200 of the static table.
    if (frame.header.type == test::FrameType::headers && frame.payload.starts_with("\x20\x88")) return true;
  }
  return false;
}

} // namespace

int64_t Probe::step() {
  if (kernel_.now_ns() < next_ns_) return next_ns_;
  next_ns_ = kernel_.now_ns() + s;
  size_t resting = connections_ - workspaces_;
  switch (stage_++) {
    case 0: connect(); break;
    case 1: tell(0, resting, http2_ ? http2_request() : request); break;
    case 2: tell(resting, connections_, request.substr(0, half)); break;
    case 3: tell(resting, connections_, request.substr(half)); break;
    case 4: look(); break;
    default: return INT64_MAX;
  }
  return next_ns_;
}

void Probe::connect() {
  first_call_ = kernel_.calls;
  for (uint64_t i = 0; i < connections_; i++) {
    wires_.push_back(kernel_.connect(static_cast<int>(i)));
    if (!wires_.back()) throw Broken("nobody listens any more");
  }
}

void Probe::tell(size_t from, size_t to, std::string_view bytes) {
  for (size_t i = from; i < to; i++) {
    wires_[i]->to_server += bytes;
    kernel_.notify(*wires_[i]);
  }
}

void Probe::look() {
  size_t served = 0;
  for (auto& wire : wires_) {
    served += !wire->server_end && is_served(wire->to_client);
    wire->client_end = wire->client_gone = true;
    wire->to_client.clear();
    kernel_.notify(*wire);
  }
  if (served == wires_.size()) return;
  wires_.clear();
  if (kernel_.fail_call > first_call_ && kernel_.fail_call <= kernel_.calls) { // one of the probes met the fault
    stage_ = 0;
    return;
  }
  throw Broken(std::to_string(served) + " of " + std::to_string(connections_) +
               " new clients are served: a slot or a workspace is lost");
}

} // namespace minhttp::sim
