// SPDX-License-Identifier: MIT
// Another part of tls/transport.cc: what is sent. A record that the kernel takes in part stays in a buffer, and its
// bytes are reported as sent when it has taken the rest, so that deadlines and the log mean the same as without TLS.

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "sys/file.h"
#include "sys/net.h"
#include "tls/transport.h"

namespace minhttp::tls {

using conn::Connection;
using conn::Wants;
using Phase = Session::Phase;

namespace {

size_t total_of(const Wants& wants) {
  return wants.sends == Wants::Sends::bytes ? wants.count + wants.body_count : wants.count;
}

size_t least(size_t a, size_t b) { return a < b ? a : b; }

} // namespace

// What OpenSSL writes; it fits but for a handshake with long certificates, whose rest is written after a flush().
size_t Transport::write_for(Session& session, const char* from, size_t size) {
  if (session.buffer == Pool::none) {
    session.buffer = free_buffers_.take();
    if (session.buffer == Pool::none) return 0; // never: admits() has looked
    session.out_begin = session.out_end = 0;
  }
  size_t count = least(size, buffer_bytes - session.out_end);
  __builtin_memcpy(buffers_ + session.buffer * buffer_bytes + session.out_end, from, count);
  session.out_end += static_cast<uint32_t>(count);
  return count;
}

// Writes the buffer. EAGAIN: the socket is full.
Result<> Transport::flush(Connection& c, Session& session, int flags) {
  while (session.out_begin < session.out_end) {
    if (!c.writable) return Errno::EAGAIN_;
    const char* from = buffers_ + session.buffer * buffer_bytes + session.out_begin;
    auto sent = sys::send(session.socket, {from, session.out_end - session.out_begin}, flags);
    if (sent.is(Errno::EINTR_)) continue;
    if (sent.is(Errno::EAGAIN_)) c.writable = false;
    if (!sent.ok()) return sent.error();
    session.out_begin += static_cast<uint32_t>(sent.value());
  }
  if (session.buffer != Pool::none) free_buffers_.give_back(session.buffer);
  session.buffer = Pool::none;
  session.out_begin = session.out_end = 0;
  return {};
}

// The plain text of the next records, behind the `done` bytes that are sent. Returns its bytes; 0: the file has ended.
Result<size_t> Transport::gather(const Wants& wants, size_t done, std::span<const char>& piece) {
  size_t left = least(total_of(wants) - done, piece_max);
  if (wants.sends == Wants::Sends::file) {
    size_t read = TRY(sys::pread(wants.file, scratch_, left, wants.offset + done));
    piece = {scratch_, read};
  } else if (done >= wants.count) {
    piece = {wants.body + (done - wants.count), left};
  } else if (wants.count - done >= left) {
    piece = {wants.from + done, left};
  } else { // a head and what follows it
    size_t first = wants.count - done;
    __builtin_memcpy(scratch_, wants.from + done, first);
    __builtin_memcpy(scratch_ + first, wants.body, left - first);
    piece = {scratch_, left};
  }
  return piece.size();
}

// Into the buffer, which is empty and has room for all records of a piece.
bool Transport::encrypt(Session& session, std::span<const char> piece) {
  ERR_clear_error();
  while (!piece.empty()) { // a record in each turn (SSL_MODE_ENABLE_PARTIAL_WRITE)
    size_t written = 0;
    if (SSL_write_ex(session.made, piece.data(), piece.size(), &written) != 1) return false;
    piece = piece.subspan(written);
  }
  return true;
}

Result<size_t> Transport::send(Connection& c, const Wants& wants) {
  Session& session = session_of(c);
  if (session.phase != Phase::open) return Errno::ECONNRESET_;
  TRY(flush(c, session, 0));
  size_t total = total_of(wants);
  size_t done = least(session.held, total);
  session.held = 0;
  constexpr int pieces = limits::tls_records_a_turn / static_cast<int>(limits::tls_records_a_write);
  for (int i = 0; i < pieces && done < total; i++) {
    std::span<const char> piece;
    auto gathered = gather(wants, done, piece);
    if (!gathered.ok() || gathered.value() == 0) return done > 0 ? Result<size_t>(done) : gathered;
    if (!encrypt(session, piece)) return fail(c, session).error();
    bool follows = wants.more || done + piece.size() < total;
    auto flushed = flush(c, session, follows ? sys::abi::msg_more : 0);
    if (flushed.is(Errno::EAGAIN_)) {
      session.held = static_cast<uint32_t>(piece.size());
      return done > 0 ? Result<size_t>(done) : Errno::EAGAIN_;
    }
    TRY(flushed);
    done += piece.size();
  }
  return done;
}

// The alert is lost where the socket is broken.
Result<> Transport::shut(Connection& c) {
  Session& session = session_of(c);
  if (session.phase == Phase::open && !session.closing) {
    session.closing = true;
    ERR_clear_error();
    (void)SSL_shutdown(session.made);
  }
  auto flushed = flush(c, session, 0);
  if (flushed.is(Errno::EAGAIN_)) return flushed;
  (void)sys::shutdown(session.socket); // ENOTCONN: the peer is gone
  return {};
}

} // namespace minhttp::tls
