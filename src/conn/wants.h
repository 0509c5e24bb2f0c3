// SPDX-License-Identifier: MIT
#pragma once
// The two messages between the state machine and the loops.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"

namespace minhttp::conn {

struct Event {
  enum class Kind : uint8_t {
    ready,    // go on: just accepted, or something has become readable or writable
    received, // bytes were put where Wants::to points; 0: the peer's side has ended
    sent,    // the kernel took so many bytes of Wants::from and Wants::body, or of the file; 0 of a file: it has shrunk
    shut,    // our side of the connection is shut down
    timeout, // the deadline of the connection's timer
    failed   // the socket or the file reported an error: nothing more can be sent
  };
  Kind kind;
  Errno error = {}; // of failed
  size_t bytes = 0;
};

// There may be something to receive into and something to send at the same time. Then a loop does what the socket is
// ready for, one call at a time, and the two take turns where it is ready for both.
struct Wants {
  enum class Kind : uint8_t {
    transfer,  // receive, send, or both
    workspace, // a free workspace is needed
    shutdown,  // shut down our side
    // Let other connections go on, then call step() with `ready`: a slice of work is done, or a file's hash is being
    // computed.
    pause,
    wait, // do nothing: a password is being checked, and step_auth() (step.h) says when to go on
    close
  };
  enum class Sends : uint8_t {
    nothing,
    bytes, // send `count` bytes of `from`, then `body`
    file   // send `count` bytes of the file, from `offset`
  };
  Kind kind = Kind::transfer;
  Sends sends = Sends::nothing;
  bool more = false;     // more follows at once, or the end of the connection
  bool again = false;    // of a transfer: call step() with `ready` in the next turn even if nothing can be transferred
  uint32_t to_count = 0; // receive at most so many bytes; 0: receive nothing
  char* to = nullptr;
  size_t count = 0;
  union {
    const char* from = nullptr;
    uint64_t offset;
  };
  const char* body = nullptr; // of Sends::bytes
  union {
    uint32_t body_count = 0;
    int file;
  };

  constexpr bool receives() const { return to_count > 0; }

  constexpr Wants& be(Kind simple) { // all but a transfer
    kind = simple;
    return *this;
  }
  constexpr Wants& recv(std::span<char> buffer) {
    to = buffer.data();
    to_count = static_cast<uint32_t>(buffer.size());
    return *this;
  }
  constexpr Wants& send(std::string_view first, std::string_view behind, bool follows) {
    sends = Sends::bytes;
    more = follows;
    from = first.data();
    count = first.size();
    body = behind.data();
    body_count = static_cast<uint32_t>(behind.size());
    return *this;
  }
  constexpr Wants& send_file(int source, uint64_t at, size_t bytes) {
    sends = Sends::file;
    file = source;
    offset = at;
    count = bytes;
    return *this;
  }
};

} // namespace minhttp::conn
