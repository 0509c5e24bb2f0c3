// SPDX-License-Identifier: MIT
#pragma once
// TLS between a connection and its socket. A tour: the loop calls recv(), send(), shut() and close() here instead of
// the kernel where Connection::secure is set. The first recv() looks at the client's first byte; only if it begins a
// handshake, and there is memory for all of it, a session is made (admission). OpenSSL reads and writes by the two
// functions of transport_bio.cc: from the socket at once into its own buffer, and into a buffer of ours, which belongs
// to the connection only until the kernel has taken its bytes.
//
// What the loop knows of readiness, Connection::readable and writable, is kept here, because a record that was read may
// hold more than was asked for.

#include <cstdint>
#include <span>

#include "base/list.h"
#include "base/pool.h"
#include "base/result.h"
#include "conn/connection.h"
#include "conn/server.h"
#include "conn/slot_shares.h"
#include "conn/wants.h"
#include "tables/limits.h"

struct ssl_st;        // SSL of <openssl/ssl.h>
struct bio_method_st; // BIO_METHOD of <openssl/bio.h>

namespace minhttp::tls {

class Contexts;

// How many handshakes have come to what, since the start of this process.
struct Handshakes {
  uint64_t done = 0;
  uint64_t resumed = 0; // of those that are done: with a ticket
  uint64_t failed = 0;  // also those that the client has not ended
  uint64_t refused = 0; // for lack of memory
};

struct Session {
  enum class Phase : uint8_t {
    none,      // there is no TLS
    proxy,     // the header of the PROXY protocol comes first, outside of TLS
    first,     // no byte of the client was read yet
    handshake, // the peer, or the key process, has the word
    open,
    ended // nothing can be sent or received any more
  };
  ssl_st* made = nullptr;
  int socket = -1;
  uint32_t buffer = Pool::none; // its place among the buffers
  uint32_t out_begin = 0;       // bytes in the buffer that the kernel has not taken
  uint32_t out_end = 0;
  uint32_t held = 0;           // bytes of send() that are in the buffer, and were not reported as sent
  uint32_t later_messages = 0; // of the client's: handshake messages after the handshake
  Phase phase = Phase::none;
  Errno error = {};          // of the socket
  bool broken = false;       // the socket has reported it
  bool drained = false;      // the last read has emptied the socket
  bool waits_key = false;    // for a signature
  bool closing = false;      // the alert close_notify was written
  bool waits_client = false; // within the handshake: since then, and so in a list
  int64_t waits_since_ms = 0;
  Links waiting_links = {};
};

class Transport {
 public:
  // Maps what is needed for so many connections, and makes what OpenSSL wants once. heap_bytes: of tls/memory.h. Before
  // the memory is sealed. ENOMEM: there is not enough.
  // handshake_bytes: what one handshake may need at most. subjects: one for each connection, which finds there what its
  // client's certificate says; or none.
  Result<> prepare(Contexts& contexts, std::span<conn::Connection> connections, size_t heap_bytes,
                   size_t handshake_bytes, std::span<conn::ClientSubject> subjects);

  // A client that was just accepted into its slot. proxied: a header of the PROXY protocol comes first.
  void adopt(conn::Connection& connection, bool proxied);

  // As recv(2) and sendfile(2) would do it, of what is inside TLS. recv: 0 is the peer's end. Both: EAGAIN, and of
  // readable and writable what is not so any more is reset; where both are still set, turn() says when to go on.
  // ENOBUFS: a handshake was to begin, and there is no memory for it; make room and ask again, or close. ECONNRESET:
  // TLS has failed, and the peer was told why.
  Result<size_t> recv(conn::Connection& connection, std::span<char> to, int64_t now_ms);
  Result<size_t> send(conn::Connection& connection, const conn::Wants& wants);

  // Tells the peer that nothing follows. EAGAIN: as above.
  Result<> shut(conn::Connection& connection);

  // The connection's socket is about to be closed.
  void close(conn::Connection& connection);

  // Bytes that the kernel has not even been given yet.
  uint32_t pending(const conn::Connection& connection) const;

  // Its handshake is done.
  bool is_open(const conn::Connection& connection) const {
    return session_of(connection).phase == Session::Phase::open;
  }

  bool is_in_handshake(const conn::Connection& connection) const {
    return session_of(connection).phase == Session::Phase::handshake;
  }

  // Of the handshakes that wait for their client, the one that does for longest, or null; and whether that is too long.
  // Those that wait for the key process are not among them: that is our own delay.
  conn::Connection* longest_waiting();
  bool is_stalled(const conn::Connection& connection, int64_t now_ms) const;

  // Whether handshakes have more than their part of the memory.
  bool has_many_handshakes() const;
  conn::SlotShares& shares() { return shares_; }

  // The key process: what to wait for, and who can go on. resume(connection) is called for each.
  int key_fd() const;
  bool wants_turn() const; // now, although there may be nothing to read
  template <typename Resume>
  void turn(const Resume& resume) {
    uint32_t slots[limits::tls_signatures];
    size_t count = take_turn(slots);
    for (size_t i = 0; i < count; i++) resume(connections_[slots[i]]);
  }

  // The client that recv() has refused with ENOBUFS is closed.
  void note_refused() { handshakes_.refused++; }

  const Handshakes& handshakes() const { return handshakes_; }

  // For the functions that OpenSSL calls.
  Result<size_t> read_for(Session& session, char* to, size_t size);
  size_t write_for(Session& session, const char* from, size_t size);

 private:
  static constexpr size_t piece_max = limits::tls_records_a_write * limits::tls_record_max;
  static constexpr size_t buffer_bytes = limits::tls_buffer_bytes;

  Session& session_of(const conn::Connection& connection) { return sessions_[slot_of(connection)]; }
  const Session& session_of(const conn::Connection& connection) const { return sessions_[slot_of(connection)]; }
  uint32_t slot_of(const conn::Connection& connection) const {
    return static_cast<uint32_t>(&connection - connections_.data());
  }
  bool admits() const;
  Result<size_t> begin(conn::Connection& connection, Session& session);
  Errno refuse(Session& session, char first);
  Result<size_t> read_proxy_header(conn::Connection& connection, Session& session, std::span<char> to);
  Result<> go_on(conn::Connection& connection, Session& session);
  void list(Session& session, int64_t now_ms);
  void unlist(Session& session);
  Result<> finish(conn::Connection& connection, Session& session);
  Result<> fail(conn::Connection& connection, Session& session);
  Result<size_t> receive_plain(conn::Connection& connection, Session& session, std::span<char> to);
  Result<> flush(conn::Connection& connection, Session& session, int flags);
  bool encrypt(Session& session, std::span<const char> piece);
  Result<size_t> gather(const conn::Wants& wants, size_t done, std::span<const char>& piece);
  size_t take_turn(std::span<uint32_t, limits::tls_signatures> slots);

  Contexts* contexts_ = nullptr;
  size_t handshake_bytes_ = 0;
  std::span<conn::Connection> connections_;
  std::span<Session> sessions_; // one for each connection
  std::span<conn::ClientSubject> subjects_;
  Pool free_buffers_ = Pool({});
  char* buffers_ = nullptr;
  char* scratch_ = nullptr; // a piece of plain text, while it is made
  bio_method_st* method_ = nullptr;
  uint32_t handshaking_ = 0; // sessions whose handshake is under way
  uint32_t open_ = 0;        // and whose is done
  Handshakes handshakes_;
  List waiting_; // handshakes that wait for their client, the longest one first
  conn::SlotShares shares_ = conn::SlotShares(conn::SlotShares::Of::tls_memory);
};

} // namespace minhttp::tls
