// SPDX-License-Identifier: MIT
// A tour: adopt() and close() are the ends of a session's life. recv() leads a connection through its phases: the
// header of a proxy, the first bytes, the handshake; then it receives. send() is in transport_send.cc.

#include "tls/transport.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/bytes.h"
#include "h1/proxy_protocol.h"
#include "sys/net.h"
#include "sys/process.h"
#include "tls/contexts.h"
#include "tls/memory.h"
#include "tls/transport_bio.h"

namespace minhttp::tls {

using conn::Connection;
using Phase = Session::Phase;

namespace {

// The first byte of a record that begins a handshake (RFC 8446 section 5.1).
constexpr char handshake_record = 22;

// To a client that speaks HTTP to the port of TLS.
constexpr std::string_view plain_answer() {
  return "HTTP/1.1 400 Bad Request\r\n"
         "Content-Type: text/plain; charset=utf-8\r\n"
         "Content-Length: 49\r\n"
         "Connection: close\r\n"
         "\r\n"
         "400 Bad Request: this port speaks https, not http"sv;
}

} // namespace

Result<> Transport::prepare(Contexts& contexts, std::span<Connection> connections, size_t heap_bytes,
                            size_t handshake_bytes, std::span<conn::ClientSubject> subjects) {
  contexts_ = &contexts;
  subjects_ = subjects;
  handshake_bytes_ = handshake_bytes;
  connections_ = connections;
  size_t most = heap_bytes / limits::tls_growth; // sessions, and so buffers that are in use
  size_t buffers = most < connections.size() ? most : connections.size();
  auto map = [](size_t bytes) { return sys::map_memory((bytes + Heap::page - 1) / Heap::page * Heap::page); };
  sessions_ = {reinterpret_cast<Session*>(TRY(map(connections.size() * sizeof(Session)))), connections.size()};
  auto* places = reinterpret_cast<uint32_t*>(TRY(map(buffers * sizeof(uint32_t))));
  free_buffers_ = Pool({places, buffers});
  buffers_ = reinterpret_cast<char*>(TRY(map(buffers * buffer_bytes)));
  scratch_ = reinterpret_cast<char*>(TRY(map(piece_max)));
  method_ = make_bio_method(*this);
  return method_ != nullptr ? Result<>() : Result<>(Errno::ENOMEM_);
}

void Transport::adopt(Connection& c, bool proxied) {
  c.secure = true;
  Session& session = session_of(c);
  session = Session();
  session.socket = c.socket.number();
  session.phase = proxied ? Phase::proxy : Phase::first;
  if (!subjects_.empty()) subjects_[slot_of(c)].size = 0;
}

// Whether a handshake may begin: everything that was promised to sessions fits, and all of this one too.
bool Transport::admits() const {
  size_t promised = limits::tls_spare + (size_t{handshaking_} + 1) * handshake_bytes_ + open_ * limits::tls_growth;
  return memory().free_bytes() >= promised && free_buffers_.taken() < free_buffers_.size();
}

// A client that does not begin with TLS. What it has sent is read: with unread bytes the kernel would reset the
// connection, and the answer would be lost.
Errno Transport::refuse(Session& session, char first) {
  (void)sys::recv(session.socket, scratch_, piece_max);
  bool http = is_letter(first); // of a method
  if (http) (void)sys::send(session.socket, plain_answer(), 0);
  handshakes_.failed++;
  session.phase = Phase::ended;
  (void)sys::shutdown(session.socket);
  return Errno::ECONNRESET_;
}

// Looks at the client's first byte, and makes the session if there is memory for it. OpenSSL reads the byte again: it
// may not have begun to read when it has to wait for a fibre. Returns the bytes seen; 0: the client has ended.
Result<size_t> Transport::begin(Connection& c, Session& session) {
  char first = 0;
  auto seen = sys::peek(session.socket, &first, 1);
  if (seen.is(Errno::EAGAIN_)) c.readable = false;
  if (!seen.ok() || seen.value() == 0) return seen;
  if (first != handshake_record) return refuse(session, first);
  if (!admits()) return Errno::ENOBUFS_;
  session.made = contexts_->begin(slot_of(c));
  if (session.made != nullptr && !attach_bio(method_, session)) {
    contexts_->end(slot_of(c), session.made);
    session.made = nullptr;
  }
  if (session.made == nullptr) {
    session.phase = Phase::ended;
    handshakes_.refused++;
    return Errno::ECONNRESET_;
  }
  SSL_set_options(session.made, SSL_OP_IGNORE_UNEXPECTED_EOF); // where a message ends HTTP says itself
  SSL_set_read_ahead(session.made, 1);                         // one read takes all that is there, up to a record
  SSL_set_mode(session.made,
               SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  session.phase = Phase::handshake;
  handshaking_++;
  c.holds_tls = true;
  return seen;
}

// The header lies outside of TLS, and the connection wants to see it. It is read without what follows.
Result<size_t> Transport::read_proxy_header(Connection& c, Session& session, std::span<char> to) {
  size_t most = to.size() < limits::tls_record_max ? to.size() : limits::tls_record_max;
  auto seen = sys::peek(session.socket, to.data(), most);
  if (seen.is(Errno::EAGAIN_)) c.readable = false;
  if (!seen.ok() || seen.value() == 0) return seen;
  h1::ProxyHeader header = h1::parse_proxy_header({to.data(), seen.value()});
  if (header.kind == h1::ProxyHeader::Kind::more && !c.end_ahead && seen.value() < most) {
    c.readable = false; // the next bytes come with an event
    return Errno::EAGAIN_;
  }
  if (header.kind == h1::ProxyHeader::Kind::done) session.phase = Phase::first;
  return sys::recv(session.socket, to.data(),
                   header.kind == h1::ProxyHeader::Kind::done ? header.length : seen.value());
}

// The handshake's next steps.
Result<> Transport::go_on(Connection& c, Session& session) {
  for (int i = 0; i < limits::tls_steps_a_turn; i++) {
    session.waits_key = false;
    ERR_clear_error();
    Step step = contexts_->handshake(slot_of(c), session.made);
    auto flushed = flush(c, session, 0);
    switch (step) {
      case Step::done: return finish(c, session);
      case Step::failed: return fail(c, session);
      case Step::wants_read: c.readable = false; return Errno::EAGAIN_;
      case Step::wants_key: session.waits_key = true; return Errno::EAGAIN_;
      case Step::wants_write: break;
    }
    TRY(flushed);
  }
  return Errno::EAGAIN_;
}

void Transport::list(Session& session, int64_t now_ms) {
  if (session.waits_client) return; // more bytes of the client do not move it
  session.waits_client = true;
  session.waits_since_ms = now_ms;
  waiting_.append(sessions_, &Session::waiting_links, static_cast<uint32_t>(&session - sessions_.data()));
}

void Transport::unlist(Session& session) {
  if (!session.waits_client) return;
  session.waits_client = false;
  waiting_.remove(sessions_, &Session::waiting_links, static_cast<uint32_t>(&session - sessions_.data()));
}

Connection* Transport::longest_waiting() { return waiting_.empty() ? nullptr : &connections_[waiting_.front]; }

bool Transport::is_stalled(const Connection& c, int64_t now_ms) const {
  return session_of(c).waits_since_ms + limits::tls_stalled_ms <= now_ms;
}

bool Transport::has_many_handshakes() const {
  size_t all = memory().free_bytes() + memory().used_bytes();
  return handshaking_ * handshake_bytes_ > all / limits::tls_handshakes_part;
}

Result<> Transport::finish(Connection& c, Session& session) {
  unlist(session);
  handshaking_--;
  open_++;
  handshakes_.done++;
  if (SSL_session_reused(session.made) == 1) handshakes_.resumed++;
  session.phase = Phase::open;
  count_later_messages(session);
  if (!subjects_.empty()) {
    conn::ClientSubject& subject = subjects_[slot_of(c)];
    subject.size = static_cast<uint16_t>(Contexts::client(session.made, subject.text).size());
  }
  c.chose_http2 = Contexts::protocol(session.made) == Protocol::http2;
  return {};
}

// What OpenSSL had to say, an alert, is in the output, and is written if the socket takes it.
Result<> Transport::fail(Connection& c, Session& session) {
  if (session.phase == Phase::handshake) {
    unlist(session);
    handshaking_--;
    open_++; // close() takes it back
    handshakes_.failed++;
  }
  session.phase = Phase::ended;
  (void)flush(c, session, 0);
  return session.broken ? session.error : Errno::ECONNRESET_;
}

Result<size_t> Transport::recv(Connection& c, std::span<char> to, int64_t now_ms) {
  Session& session = session_of(c);
  if (session.phase == Phase::ended) return Errno::ECONNRESET_;
  if (session.waits_key) return Errno::EAGAIN_;
  session.drained = false; // epoll has reported something since
  if (session.phase == Phase::proxy) return read_proxy_header(c, session, to);
  if (session.phase == Phase::first) {
    auto begun = begin(c, session);
    if (!begun.ok() || begun.value() == 0) return begun;
  }
  if (session.phase == Phase::handshake) {
    auto gone_on = go_on(c, session);
    if (gone_on.is(Errno::EAGAIN_)) session.waits_key ? unlist(session) : list(session, now_ms);
    TRY(gone_on);
  }
  return receive_plain(c, session, to);
}

Result<size_t> Transport::receive_plain(Connection& c, Session& session, std::span<char> to) {
  for (int i = 0; i < limits::tls_steps_a_turn; i++) {
    size_t got = 0;
    ERR_clear_error();
    int result = SSL_read_ex(session.made, to.data(), to.size(), &got);
    int error = result == 1 ? SSL_ERROR_NONE : SSL_get_error(session.made, result);
    if (session.out_begin < session.out_end) {
      auto flushed = flush(c, session, 0); // an alert, or a new key
      if (!flushed.ok() && !flushed.is(Errno::EAGAIN_)) return flushed.error();
    }
    switch (error) {
      case SSL_ERROR_NONE: c.readable = !session.drained || SSL_has_pending(session.made) == 1; return got;
      case SSL_ERROR_ZERO_RETURN: return size_t{0};
      case SSL_ERROR_WANT_READ: c.readable = false; return Errno::EAGAIN_;
      case SSL_ERROR_WANT_WRITE:
        if (session.out_begin < session.out_end) return Errno::EAGAIN_; // flush() has found the socket full
        break;
      default: return fail(c, session).error();
    }
  }
  return Errno::EAGAIN_;
}

void Transport::close(Connection& c) {
  Session& session = session_of(c);
  if (session.phase == Phase::open && !session.closing && c.socket.open()) (void)shut(c);
  if (session.made != nullptr) {
    if (session.phase == Phase::handshake) {
      unlist(session);
      handshaking_--;
      handshakes_.failed++;
    } else {
      open_--;
    }
    contexts_->end(slot_of(c), session.made);
    ERR_clear_error();
    c.holds_tls = false;
  }
  if (session.buffer != Pool::none) free_buffers_.give_back(session.buffer);
  session = Session();
}

uint32_t Transport::pending(const Connection& c) const {
  const Session& session = session_of(c);
  return session.out_end - session.out_begin;
}

int Transport::key_fd() const { return contexts_->fd(); }

bool Transport::wants_turn() const { return contexts_->wants_turn(); }

// Those that were closed meanwhile, or have another owner, do not wait.
size_t Transport::take_turn(std::span<uint32_t, limits::tls_signatures> slots) {
  size_t count = contexts_->turn(slots);
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    Session& session = sessions_[slots[i]];
    if (!session.waits_key) continue;
    session.waits_key = false;
    slots[kept++] = slots[i];
  }
  return kept;
}

Result<size_t> Transport::read_for(Session& session, char* to, size_t size) {
  if (session.drained) return Errno::EAGAIN_;
  if (session.later_messages > limits::tls_later_messages) {
    session.broken = true;
    session.error = Errno::ECONNRESET_;
    return session.error;
  }
  auto read = sys::recv(session.socket, to, size);
  bool ends = connections_[static_cast<size_t>(&session - sessions_.data())].end_ahead; // behind a short read, too
  session.drained = read.is(Errno::EAGAIN_) || (read.ok() && read.value() > 0 && read.value() < size && !ends);
  if (!read.ok() && !read.is(Errno::EAGAIN_)) {
    session.broken = true;
    session.error = read.error();
  }
  return read;
}

} // namespace minhttp::tls
