// SPDX-License-Identifier: MIT
#include "sim/client.h"

#include <algorithm>

namespace minhttp::sim {
namespace {

constexpr int64_t us = 1'000;
constexpr int64_t ms = 1'000'000;
constexpr size_t pieces_ahead = 20'000; // bytes of HTTP/2 that wait to be sent

} // namespace

Client::Client(int number, const Script& script, Manner manner, uint64_t seed, int64_t begins_ns, bool http2)
    : number_(number), script_(script), manner_(manner), random_(seed), begins_ns_(begins_ns), next_ns_(begins_ns) {
  if (http2) talk_ = std::make_unique<Http2Talk>(script.asks, ~seed, manner == Manner::good);
  if (!http2) bytes_ = script.bytes;
  bool stops = manner == Manner::silent || manner == Manner::resets;
  if (stops) send_until_ = random_.below((http2 ? talk_->bytes() : bytes_.size()) + 1);
}

int64_t Client::pause() {
  switch (manner_) {
    case Manner::good:
    case Manner::resets: return static_cast<int64_t>(random_.between(10, 2000)) * us;
    case Manner::drips:
    case Manner::slow: return static_cast<int64_t>(random_.between(1, 200)) * ms;
    case Manner::silent:
    case Manner::stops_reading: break;
  }
  return 100 * ms;
}

int64_t Client::step(Kernel& kernel) {
  if (done_) return INT64_MAX;
  if (kernel.now_ns() < next_ns_) return next_ns_;
  next_ns_ = kernel.now_ns() + pause();
  if (!wire_) {
    wire_ = kernel.connect(number_);
    if (!wire_) {
      done_ = true;
      return INT64_MAX;
    }
    acted_ns_ = kernel.now_ns();
    wire_->room = random_.chance(500) ? 1 << 17 : random_.between(1, 20'000);
  }
  read(kernel);
  if (!done_) send(kernel);
  return done_ ? INT64_MAX : next_ns_;
}

void Client::read(Kernel& kernel) {
  if (wire_->reset) { // it overtakes an arbitrary part of what was sent
    get(wire_->to_client.substr(0, random_.below(wire_->to_client.size() + 1)));
    lost_ = true;
    return leave(kernel);
  }
  bool stopped = manner_ == Manner::stops_reading && !received_.empty() && !wire_->server_end;
  if (!stopped && !wire_->to_client.empty()) {
    bool full = wire_->to_client.size() >= wire_->room;
    size_t most = manner_ == Manner::slow ? 8000 : 100'000;
    size_t count = std::min<size_t>(wire_->to_client.size(), random_.between(1, most));
    get(wire_->to_client.substr(0, count));
    wire_->to_client.erase(0, count);
    acted_ns_ = kernel.now_ns();
    if (full) kernel.notify(*wire_);
  }
  if (wire_->to_client.empty() && wire_->server_end) leave(kernel);
  if (stopped && wire_->server_gone) leave(kernel);
}

void Client::get(std::string_view bytes) {
  received_ += bytes;
  if (talk_) talk_->take(bytes);
}

void Client::send(Kernel& kernel) {
  if (manner_ == Manner::drips) {
    if (wire_->server_gone) return leave(kernel);
    wire_->to_server += script_.bytes[sent_++ % script_.bytes.size()];
    return kernel.notify(*wire_);
  }
  if (talk_ && !wire_->server_gone && bytes_.size() < sent_ + pieces_ahead) bytes_ += talk_->act();
  if (!send_some(kernel) || (talk_ && sent_ < send_until_ && !talk_->done())) return;
  if (manner_ == Manner::resets) {
    wire_->broken = true;
    lost_ = true;
    return leave(kernel);
  }
  if (manner_ != Manner::silent && (talk_ || script_.half_close) && !wire_->client_end) {
    wire_->client_end = true;
    kernel.notify(*wire_);
  }
}

// True: everything is sent.
bool Client::send_some(Kernel& kernel) {
  size_t end = std::min(send_until_, bytes_.size());
  if (sent_ >= end) return true;
  // Slow, but within --head-ms and --body-ms: thirty pieces, 200 ms apart.
  size_t most = manner_ == Manner::slow && !talk_ ? script_.bytes.size() / 15 + 1 : 5000;
  size_t count = std::min<size_t>(end - sent_, random_.between(1, most));
  if (wire_->server_gone) {
    wire_->reset = true; // there is no receiver any more
    return false;
  }
  wire_->to_server.append(bytes_, sent_, count);
  sent_ += count;
  acted_ns_ = kernel.now_ns();
  kernel.notify(*wire_);
  return sent_ == end;
}

void Client::leave(Kernel& kernel) {
  wire_->client_end = wire_->client_gone = true;
  if (!wire_->server_gone) wire_->client_left_ns = kernel.now_ns();
  kernel.notify(*wire_);
  done_ = true;
}

} // namespace minhttp::sim
