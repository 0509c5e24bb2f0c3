// SPDX-License-Identifier: MIT
#pragma once
// What a client of HTTP/2 says: a few of a script's requests as streams, several at once, with windows that trickle,
// resets, changed SETTINGS, and whatever else RFC 9113 lets a client do. H2Receiver checks what comes back, frame by
// frame; here is checked what needs to know the conversation.

#include <deque>
#include <map>
#include <set>
#include <string>

#include "sim/asks.h"
#include "sim/hpack_client.h"
#include "unit/h2/receiver.h"

namespace minhttp::sim {

class Http2Talk {
 public:
  struct Stream {
    size_t ask = 0;
    bool body_open = false; // its request is not complete
    uint64_t body_left = 0;
    int64_t window = limits::h2_window; // bytes of DATA that the server still takes
    bool held = false;                  // its window stays shut as long as others are served
    bool reset = false;                 // by the client
    bool over = false;                  // and the server has known that for some time: nothing of it may come
  };

  // patient: it may let the server wait with some streams until others are served. asks: at least one; they stay.
  Http2Talk(const std::vector<Ask>& asks, uint64_t seed, bool patient);

  std::string act(); // what it sends next, often nothing
  void take(std::string_view bytes);

  bool done() const;                          // it wants nothing more, and may end its side
  bool complete() const;                      // it got all that it wanted
  size_t bytes() const { return estimate_; }; // about as many will be sent
  std::string fault() const { return fault_.empty() ? receiver_.fault : fault_; }
  const std::map<uint32_t, Stream>& streams() const { return streams_; }
  const Ask& ask_of(const Stream& stream) const { return asks_[stream.ask]; }
  const test::H2Response& response(uint32_t id) const { return receiver_.responses().at(id); }
  const test::H2Receiver& receiver() const { return receiver_; }
  const std::string& refusal() const { return refusal_; } // a response of HTTP/1, and no frame
  uint32_t last() const { return next_ - 2; }             // the last stream that was opened

 private:
  bool afford(int units);
  bool is_open(uint32_t id, const Stream& stream) const;
  size_t open_streams() const;
  void open();
  void send_body(uint32_t id, Stream& stream);
  void open_windows();
  bool is_held(const Stream& stream) const;
  void change_settings();
  void something();
  void reset_one();
  void note(const test::Frame& frame);
  void note_goaway(const test::Frame& frame);
  void fail(const std::string& what);

  const std::vector<Ask>& asks_;
  Random random_;
  bool patient_;
  HpackClient encoder_;
  test::H2Receiver receiver_;
  std::map<uint32_t, Stream> streams_;
  std::deque<size_t> waiting_; // numbers in asks_ that are still to be opened
  std::string made_;           // frames to be sent
  std::string replies_;
  std::string input_;
  std::string refusal_;
  std::string fault_;
  std::deque<std::pair<std::string, std::set<uint32_t>>> pings_; // not yet answered; streams that were reset before
  size_t settings_ = 0;                                          // not yet acknowledged
  uint32_t next_ = 1;
  size_t streams_max_ = 1; // until its SETTINGS have come
  int64_t send_window_ = limits::h2_window;
  int64_t window_ = limits::h2_window;
  size_t estimate_ = 0;
  int calm_ = 400; // what it may still do that the server counts (docs/http2.md, "What good clients seldom do")
  int resets_ = 4;
  uint64_t trickles_ = 0; // so many WINDOW_UPDATEs are small
  uint64_t drop_ = 1;     // of so many bytes at most
  int64_t low_ = 0;       // windows are opened where they have no more than this
  bool early_ = false;    // ends its side when all is asked; its windows are large enough
  bool begun_ = false;
  bool answered_ = false; // the server's SETTINGS have come
  bool says_goodbye_ = false;
};

} // namespace minhttp::sim
