// SPDX-License-Identifier: MIT
#pragma once
// A session with its memory, and what happens to it as text: one line an event.

#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "h2/session.h"
#include "unit/h2/frames.h"

namespace minhttp::test {

class SessionPeer {
 public:
  struct Sizes {
    uint32_t streams = 8; // of the connection
    uint32_t pool = 8;    // of all
    uint64_t body_max = 100'000;
    uint32_t table = 4096;
    bool greets = true; // the peer's SETTINGS have come already
  };

  SessionPeer() : SessionPeer(Sizes()) {}
  explicit SessionPeer(const Sizes& sizes)
      : streams_(sizes.pool), free_(sizes.pool), text_(limits::head_max), scratch_(limits::head_max) {
    shared.streams = {.streams = streams_, .free = Pool(free_)};
    shared.text = text_;
    shared.scratch = scratch_;
    shared.streams_max = sizes.streams;
    shared.body_max = sizes.body_max;
    shared.now_ms = 1'000'000;
    table_.resize(h2::DynamicTable::memory_for(sizes.table));
    session_ = std::make_unique<h2::Session>(7, table_, sizes.table);
    session_->note_time(shared.now_ms);
    Writer out(output_);
    session_->start(shared, out);
    started = std::string(out.view());
    if (sizes.greets) (void)feed(settings_frame());
  }

  // The peer sends this, in pieces of so many bytes. Returns what comes of it, with "; " between events.
  std::string feed(std::string_view bytes, size_t piece = SIZE_MAX) {
    events_.clear();
    while (!bytes.empty() && !broken) {
      std::string_view next = bytes.substr(0, piece);
      bytes.remove_prefix(next.size());
      for (char c : next) { // no more is there than a workspace holds
        input_.push_back(c);
        if (input_.size() == limits::head_max + limits::body_window) read_all();
      }
      read_all();
    }
    std::string said;
    for (const std::string& event : events_) said += (said.empty() ? "" : "; ") + event;
    return said;
  }

  // Its request has a response. left: of DATA.
  void respond(uint32_t id, bool left) { session().wait(shared, slot_of(id), left); }
  // The response's END_STREAM is in the output.
  void finish(uint32_t id) {
    uint32_t slot = slot_of(id);
    session().note_sent(shared.streams[slot], 0, true);
    session().wait(shared, slot, false);
    if (shared.streams[slot].complete()) session().close(shared, slot);
  }
  // Sends DATA as conn does, at most so many bytes in `frames` frames; says whose they are.
  std::string send_data(size_t frames, uint64_t most) {
    std::string said;
    for (; frames > 0; frames--) {
      uint32_t slot = session().next(shared);
      if (slot == Pool::none) return said + "-";
      h2::Stream& stream = shared.streams[slot];
      uint32_t bytes = session().may_send(stream, most);
      if (bytes == 0) throw std::runtime_error("a turn of nothing");
      session().note_sent(stream, bytes, false);
      session().wait(shared, slot, true);
      said += std::to_string(stream.id) + ":" + std::to_string(bytes) + " ";
    }
    return said;
  }

  uint32_t slot_of(uint32_t id) const {
    for (uint32_t slot : session_->open_streams()) {
      if (shared.streams[slot].id == id) return slot;
    }
    throw std::runtime_error("no such stream is open");
  }
  h2::Stream& stream(uint32_t id) { return shared.streams[slot_of(id)]; }
  bool is_open(uint32_t id) const {
    for (uint32_t slot : session_->open_streams()) {
      if (shared.streams[slot].id == id) return true;
    }
    return false;
  }
  h2::Session& session() { return *session_; }
  std::span<const uint32_t> open_streams() const { return session_->open_streams(); }
  // What has been written by something that was called in the test.
  std::string written(const Writer& out) {
    std::string bytes(out.view());
    std::string said;
    for (const Frame& frame : take_frames(bytes)) said += (said.empty() ? "" : "; ") + describe(frame);
    return said;
  }
  Writer writer() { return Writer(output_); }

  // What else is done with the frames that are written, and with a request; by default it waits for a decision.
  std::function<void(const std::string&)> on_output = [](const std::string&) {};
  std::function<void(uint32_t)> on_request = [this](uint32_t slot) { session_->wait_for_decision(shared, slot); };

  h2::Shared shared;
  std::string started; // our first frame
  bool broken = false;
  bool may_be_request = false; // some frame could have completed one
  http::Request request;
  http::Status status = http::Status::ok;

 private:
  void read_all() {
    while (!broken) {
      bool announced = session_->may_complete_request(input_);
      may_be_request |= announced;
      Writer out(output_);
      status = http::Status::ok;
      h2::Input got = session_->read(input_, shared, out, request, status);
      std::string bytes(out.view());
      on_output(bytes);
      for (const Frame& frame : take_frames(bytes)) events_.push_back(describe(frame));
      if (!bytes.empty()) throw std::runtime_error("half a frame was written");
      if (got.used > input_.size()) throw std::runtime_error("more was used than is there");
      if (got.kind == h2::Input::Kind::more && (got.used > 0 || out.size() > 0))
        throw std::runtime_error("an incomplete frame has changed something");
      input_.erase(input_.begin(), input_.begin() + got.used);
      input_.shrink_to_fit(); // so that AddressSanitizer sees its end
      switch (got.kind) {
        case h2::Input::Kind::more: return;
        case h2::Input::Kind::broken: broken = true; return;
        case h2::Input::Kind::frame:
          if (got.stream == Pool::none) break;
          if (!shared.streams[got.stream].complete()) break;
          events_.push_back("complete " + std::to_string(shared.streams[got.stream].id));
          session_->close(shared, got.stream);
          break;
        case h2::Input::Kind::request: {
          if (!announced) throw std::runtime_error("nobody was ready for a request");
          std::string line = "request " + std::to_string(shared.streams[got.stream].id) + " ";
          line += status == http::Status::ok ? std::string(request.path) : std::to_string(static_cast<int>(status));
          events_.push_back(line);
          on_request(got.stream);
          break;
        }
        case h2::Input::Kind::reset:
          events_.push_back("reset " + std::to_string(shared.streams[got.stream].id));
          session_->close(shared, got.stream);
          break;
      }
    }
  }

  std::vector<h2::Stream> streams_;
  std::vector<uint32_t> free_;
  std::vector<char> text_;
  std::vector<char> scratch_;
  std::vector<char> table_;
  std::unique_ptr<h2::Session> session_;
  std::vector<char> input_;
  std::vector<std::string> events_;
  std::array<char, limits::h2_control_room> output_ = {};
};

} // namespace minhttp::test
