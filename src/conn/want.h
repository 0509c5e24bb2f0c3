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
    received, // bytes were put where Want::to points; 0: the peer's side has ended
    sent,     // the kernel took so many bytes of Want::from and Want::body, or of the file; 0 of a file: it has shrunk
    shut,     // our side of the connection is shut down
    timeout,  // the deadline of the connection's timer
    failed    // the socket or the file reported an error: nothing more can be sent
  };
  Kind kind;
  Errno error = {}; // of failed
  size_t bytes = 0;
};

struct Want {
  enum class Kind : uint8_t {
    recv,      // read at most count bytes to `to`
    send,      // send count bytes of `from`, then `body`; more: more follows at once, or the end of the connection
    send_file, // send count bytes of file from offset
    room,      // a free workspace is needed
    shutdown,  // shut down our side
    pause,     // let other connections go on, then call step() with `ready`
    wait,      // do nothing until the password check is done (step.h)
    close
  };
  Kind kind;
  bool more = false;
  union {
    int file;
    uint32_t body_count; // of a send: 0, or behind `from` there are so many bytes of `body`
  };
  size_t count = 0;
  union {
    char* to;
    const char* from;
    uint64_t offset;
  };
  const char* body; // of a send with body_count

  explicit constexpr Want(Kind simple) : kind(simple), body_count(0), offset(0) {} // room, shutdown, pause, wait, close
  static constexpr Want recv(std::span<char> to) { return {to}; }
  static constexpr Want send(std::string_view from, std::string_view body, bool more) { return {from, body, more}; }
  static constexpr Want send_file(int file, uint64_t offset, size_t count) { return {file, offset, count}; }

 private:
  constexpr Want(std::span<char> in) : kind(Kind::recv), body_count(0), count(in.size()), to(in.data()) {}
  constexpr Want(std::string_view out, std::string_view behind, bool follows)
      : kind(Kind::send),
        more(follows),
        body_count(static_cast<uint32_t>(behind.size())),
        count(out.size()),
        from(out.data()),
        body(behind.data()) {}
  constexpr Want(int source, uint64_t at, size_t bytes)
      : kind(Kind::send_file), file(source), count(bytes), offset(at) {}
};

} // namespace minhttp::conn
