// SPDX-License-Identifier: MIT
#pragma once
// A client of HTTP/2 of a test's server. What it gets is checked by H2Receiver.

#include <stdexcept>
#include <string>

#include "unit/h2/receiver.h"
#include "unit/serve/player.h"

namespace minhttp::test {

class H2Client {
 public:
  explicit H2Client(TestServer& house, uint32_t slot = 0, const std::string& settings = settings_frame())
      : client(house, slot) {
    client.send(h2::client_preface());
    send(settings);
  }

  void send(const std::string& frames) {
    receiver.sends(frames);
    client.send(frames);
    update();
  }
  void update() {
    receiver.take(std::string_view(client.output()).substr(taken_));
    taken_ = client.output().size();
    if (!receiver.fault.empty()) throw std::runtime_error(receiver.fault);
  }
  void run() {
    client.run();
    update();
  }
  void timeout() {
    client.timeout();
    update();
  }
  // What has come of this stream.
  const H2Response& operator[](uint32_t stream) { return receiver[stream]; }
  // Opens windows until the response is complete.
  const H2Response& whole(uint32_t stream) {
    for (int i = 0; i < 10'000 && !receiver[stream].ended && receiver[stream].reset.empty(); i++) {
      send(window_update(0, 60'000) + window_update(stream, 60'000));
    }
    return receiver[stream];
  }
  const H2Response& ask(uint32_t stream, const std::string& path, const Fields& fields = {}) {
    send(get(stream, path, fields));
    return whole(stream);
  }
  // Frames other than HEADERS and DATA since the last call.
  std::string frames() { return std::exchange(receiver.frames, ""); }

  Client client;
  H2Receiver receiver;

 private:
  size_t taken_ = 0;
};

} // namespace minhttp::test
