// SPDX-License-Identifier: MIT
// A whole Session, fed with any bytes. In one piece, in small ones and byte by byte the same frames and events come of
// them. Then frame by frame, with DATA sent in between, against a model of the streams' states and windows (RFC 9113
// sections 5.1 and 6.9).
//   0      bit 0: the peer's SETTINGS are among the bytes; bit 1: few streams; the others: bytes of a DATA frame
//   1      size of the pieces
//   2      behind which frame the session drains, and again behind the next one

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "fuzz/cost.h"
#include "fuzz/demand.h"
#include "unit/h2/session_peer.h"

namespace {

namespace flag = minhttp::h2::flag;
using minhttp::fuzz::demand;
using minhttp::h2::stream_max;
using minhttp::test::Frame;
using minhttp::test::FrameType;
using minhttp::test::SessionPeer;

constexpr size_t script_bytes = 3;
constexpr size_t byte_by_byte_max = 3000; // bytes of an input; larger ones take too long

// What becomes of a request: it waits for ever, has a response without a body, or one whose body goes on.
enum class Fate : uint8_t { waits, ends, sends };
Fate fate_of(uint32_t id) { return static_cast<Fate>(id / 2 % 3); }

SessionPeer::Sizes sizes_of(const uint8_t* script) {
  SessionPeer::Sizes sizes;
  sizes.greets = (script[0] & 1) == 0;
  if ((script[0] & 2) != 0) sizes.streams = 2;
  sizes.body_max = 5000;
  return sizes;
}

void answers(SessionPeer& peer) {
  peer.on_request = [&peer](uint32_t slot) {
    uint32_t id = peer.shared.streams[slot].id;
    switch (fate_of(id)) {
      case Fate::waits: peer.session().wait_for_decision(peer.shared, slot); break;
      case Fate::ends: peer.finish(id); break;
      case Fate::sends: peer.respond(id, true); break;
    }
  };
}

std::string play(const uint8_t* script, std::string_view bytes, size_t piece) {
  SessionPeer peer(sizes_of(script));
  answers(peer);
  return peer.feed(bytes, piece) + (peer.broken ? "; broken" : "");
}

std::vector<std::string> split(const std::string& events) {
  std::vector<std::string> all;
  for (size_t at = 0; at < events.size();) {
    size_t end = std::min(events.find("; ", at), events.size());
    all.push_back(events.substr(at, end - at));
    at = end + 2;
  }
  return all;
}

class Model {
 public:
  // A whole frame was read, and the connection lives.
  void note(const Frame& frame, const std::string& events) {
    effect(frame, events);
    if (frame.header.type == FrameType::headers) block_ends_ = frame.header.has(flag::end_stream);
    bool block = frame.header.type == FrameType::headers || frame.header.type == FrameType::continuation;
    uint32_t id = frame.header.stream;
    if (block && frame.header.has(flag::end_headers) && open_.count(id) != 0) { // trailers
      bool reset = events.find("reset ") != events.npos;
      demand(reset || (block_ends_ && !open_[id].peer_ended), "trailers end the request");
      open_[id].peer_ended = true;
    }
    for (const std::string& event : split(events)) apply(event);
  }

  void sent(uint32_t id, uint32_t bytes) {
    demand(open_.count(id) != 0 && fate_of(id) == Fate::sends, "who sends is open");
    open_[id].window -= bytes;
    window_ -= bytes;
    demand(open_[id].window >= 0 && window_ >= 0, "no window is exceeded");
  }

  void compare(const SessionPeer& peer, const minhttp::h2::Session& session, size_t streams_max) const {
    demand(peer.open_streams().size() == open_.size(), "so many streams are open");
    demand(open_.size() <= streams_max, "no more than the peer was told");
    for (const auto& [id, known] : open_) {
      demand(peer.is_open(id), "this stream is open");
      const minhttp::h2::Stream& stream = peer.shared.streams[peer.slot_of(id)];
      demand(stream.window == known.window, "the window of the stream");
      demand(stream.peer_ended == known.peer_ended, "whether the request is complete");
      int64_t most = std::max(int64_t{0}, std::min(known.window, window_));
      most = std::min(most, int64_t{minhttp::limits::h2_data_max});
      demand(session.may_send(stream, UINT64_MAX) == most, "the window of the connection");
    }
  }

 private:
  struct Open {
    int64_t window = 0;
    bool peer_ended = false;
  };

  void effect(const Frame& frame, const std::string& events) {
    uint32_t id = frame.header.stream;
    auto found = open_.find(id);
    std::string number = std::to_string(id);
    switch (frame.header.type) {
      case FrameType::settings:
        if (!frame.header.has(flag::ack)) settings(frame.payload, events);
        return;
      case FrameType::window_update: {
        int64_t more = minhttp::h2::read_number(frame.payload.data(), 4) & stream_max;
        if (id != 0 && found == open_.end()) return;
        int64_t& window = id == 0 ? window_ : found->second.window;
        bool wrong = more == 0 || window + more > stream_max;
        if (wrong) return demand(id != 0 && events.ends_with("reset " + number), "a window that is too large");
        window += more;
        return demand(events.empty(), "a window opens in silence");
      }
      case FrameType::rst_stream:
        return demand(events == (found == open_.end() ? "" : "reset " + number), "the stream is released");
      case FrameType::data:
        if (found == open_.end()) return;
        if (found->second.peer_ended)
          return demand(events.find("RST_STREAM " + number + " STREAM_CLOSED") != events.npos, "DATA behind the end");
        found->second.peer_ended = frame.header.has(flag::end_stream);
        return;
      case FrameType::ping:
        if (!frame.header.has(flag::ack)) demand(events == "PING ack " + frame.payload, "PING is acknowledged");
        return;
      default: return;
    }
  }

  void settings(const std::string& payload, const std::string& events) {
    int64_t next = initial_;
    for (size_t at = 0; at + 6 <= payload.size(); at += 6) {
      if (minhttp::h2::read_number(payload.data() + at, 2) == 4)
        next = minhttp::h2::read_number(payload.data() + at + 2, 4);
    }
    for (auto& [id, stream] : open_) {
      stream.window += next - initial_;
      demand(stream.window <= stream_max, "no window is larger than RFC 9113 allows");
    }
    initial_ = next;
    demand(events == "SETTINGS ack", "SETTINGS are acknowledged");
  }

  void apply(const std::string& event) {
    size_t space = event.find(' ');
    std::string what = event.substr(0, space);
    if (what != "request" && what != "reset" && what != "complete") return;
    auto id = static_cast<uint32_t>(std::stoul(event.substr(space + 1)));
    if (what == "request") {
      demand(id > last_ && id % 2 == 1, "new streams have higher numbers");
      last_ = id;
      open_[id] = {.window = initial_, .peer_ended = block_ends_};
      if (fate_of(id) == Fate::ends && block_ends_) open_.erase(id);
      return;
    }
    demand(open_.count(id) != 0, "what ends was open");
    if (what == "complete") demand(open_[id].peer_ended && fate_of(id) == Fate::ends, "both sides have ended");
    open_.erase(id);
  }

  std::map<uint32_t, Open> open_;
  uint32_t last_ = 0;
  bool block_ends_ = false;
  int64_t initial_ = minhttp::limits::h2_window;
  int64_t window_ = minhttp::limits::h2_window;
};

void drain(SessionPeer& peer) {
  minhttp::Writer out = peer.writer();
  peer.session().drain(out);
}

// Lets streams that have turns send.
void send(SessionPeer& peer, Model& model, uint64_t most) {
  std::string said = peer.send_data(2, most);
  for (size_t at = 0; at < said.size() && said[at] != '-'; at = said.find(' ', at) + 1) {
    size_t colon = said.find(':', at);
    model.sent(static_cast<uint32_t>(std::stoul(said.substr(at, colon - at))),
               static_cast<uint32_t>(std::stoul(said.substr(colon + 1))));
  }
}

void play_frames(const uint8_t* script, std::string_view bytes) {
  SessionPeer peer(sizes_of(script));
  answers(peer);
  Model model;
  std::string left(bytes);
  size_t number = 0;
  for (const Frame& frame : minhttp::test::take_frames(left)) {
    std::string raw = minhttp::test::frame(frame.header.type, frame.header.flags, frame.header.stream, frame.payload);
    std::string events = peer.feed(raw);
    if (peer.broken) return demand(events.find("GOAWAY ") != events.npos, "GOAWAY says why");
    model.note(frame, events);
    model.compare(peer, peer.session(), sizes_of(script).streams);
    send(peer, model, script[0] / 4U + 1);
    model.compare(peer, peer.session(), sizes_of(script).streams);
    if (number == script[2] || number == script[2] + 1U) drain(peer);
    number++;
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < script_bytes) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + script_bytes, size - script_bytes);
  minhttp::test::Cost cost;
  std::string whole = play(data, bytes, SIZE_MAX);
  minhttp::fuzz::check_cost("HTTP/2 session", bytes.size(),
                            minhttp::test::bound::h2_frames(bytes.size(), 1, SessionPeer::Sizes().streams));
  demand(play(data, bytes, data[1] + 10U) == whole, "the same in pieces");
  if (bytes.size() <= byte_by_byte_max) demand(play(data, bytes, 1) == whole, "the same byte by byte");
  play_frames(data, bytes);
  return 0;
}
