// SPDX-License-Identifier: MIT
#pragma once
// A simulated client: connects, sends its script in pieces, and reads, in its own manner.

#include <memory>
#include <string>

#include "sim/http2_talk.h"
#include "sim/kernel.h"
#include "sim/scripts.h"

namespace minhttp::sim {

class Client {
 public:
  enum class Manner {
    good,          // short pauses, reads everything
    slow,          // a few bytes now and then, within all limits
    silent,        // sends a part of the request, and nothing more
    stops_reading, // sends requests, and does not read the responses
    resets,        // resets the connection in the middle
    drips          // sends a byte of its script now and then, and starts over at the end
  };

  // http2: it speaks HTTP/2; the script has asks.
  Client(int number, const Script& script, Manner manner, uint64_t seed, int64_t begins_ns, bool http2);

  // Does what is due. Returns when it is to be called again; INT64_MAX: it is done.
  int64_t step(Kernel& kernel);

  const Script& script() const { return script_; }
  Manner manner() const { return manner_; }
  const Wire* wire() const { return wire_.get(); }
  const std::string& received() const { return received_; }
  bool done() const { return done_; }
  bool lost() const { return lost_; } // a reset discarded what was in transit
  int64_t begins_ns() const { return begins_ns_; }
  const Http2Talk* talk() const { return talk_.get(); } // null: it speaks HTTP/1
  std::string sent() const { return bytes_.substr(0, sent_); }
  int64_t acted_ns() const { return acted_ns_; } // when it last sent or received something

 private:
  void read(Kernel& kernel);
  void send(Kernel& kernel);
  void get(std::string_view bytes);
  bool send_some(Kernel& kernel);
  void leave(Kernel& kernel);
  int64_t pause();

  int number_;
  const Script& script_;
  Manner manner_;
  Random random_;
  int64_t begins_ns_;
  int64_t next_ns_;
  int64_t acted_ns_ = 0;
  std::string bytes_; // what it sends, as far as that is decided
  std::unique_ptr<Http2Talk> talk_;
  size_t send_until_ = SIZE_MAX;
  std::shared_ptr<Wire> wire_;
  size_t sent_ = 0;
  std::string received_;
  bool done_ = false;
  bool lost_ = false;
};

} // namespace minhttp::sim
