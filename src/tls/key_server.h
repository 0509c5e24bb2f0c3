// SPDX-License-Identifier: MIT
#pragma once
// The loop of the key process: signs for those who ask, looks at the files once a minute, and ends with the supervisor.

#include <cstdint>
#include <span>

#include "sys/fd.h"
#include "tls/key_store.h"

namespace minhttp::tls {

class KeyServer {
 public:
  // channels: ends of SOCK_SEQPACKETs whose other ends belong to workers; supervisor: the same of the supervisor. They
  // do not block. look_ms: how often to look at the files.
  KeyServer(KeyStore& store, std::span<const int> channels, int supervisor, uint32_t look_ms = limits::tls_look_ms)
      : store_(store), channels_(channels), supervisor_(supervisor), look_ms_(look_ms) {}

  // Makes what waiting needs, while more may be opened.
  Result<> prepare();

  // Returns when the supervisor has closed its end. Until then every other error is survived.
  void run();

 private:
  void serve(uint32_t number);
  bool hear_supervisor(bool& asked) const;
  int wait_ms(int64_t now_ms) const;

  KeyStore& store_;
  std::span<const int> channels_;
  int supervisor_;
  uint32_t look_ms_;
  int64_t looks_ms_ = 0; // when to look again
  sys::Fd epoll_;
};

} // namespace minhttp::tls
