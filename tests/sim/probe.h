// SPDX-License-Identifier: MIT
#pragma once
// Tests, when all clients are gone, whether there is still room for as many as at the start. Idle connections hold a
// slot each, others in the middle of a request a workspace too; none may be dropped.

#include <memory>
#include <vector>

#include "sim/kernel.h"

namespace minhttp::sim {

class Probe {
 public:
  // workspaces is at most connections. http2: the idle ones speak HTTP/2.
  Probe(Kernel& kernel, uint64_t connections, uint64_t workspaces, bool http2)
      : kernel_(kernel), connections_(connections), workspaces_(workspaces), http2_(http2) {}

  // Does what is due. Returns when it is to be called again; INT64_MAX: it is done, and everything held.
  int64_t step();

 private:
  void connect();
  void tell(size_t from, size_t to, std::string_view bytes);
  void look();

  Kernel& kernel_;
  uint64_t connections_;
  uint64_t workspaces_;
  bool http2_;
  std::vector<std::shared_ptr<Wire>> wires_;
  uint64_t first_call_ = 0;
  int stage_ = 0;
  int64_t next_ns_ = 0;
};

} // namespace minhttp::sim
