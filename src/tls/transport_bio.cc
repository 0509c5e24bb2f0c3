// SPDX-License-Identifier: MIT
// Another part of tls/transport.cc: how OpenSSL reads and writes (BIO_meth_new(3)).

#include "tls/transport_bio.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include "tls/transport.h"

namespace minhttp::tls {
namespace {

struct End {
  Transport& transport;
  Session& session;
};

End end_of(BIO* bio);

int on_read(BIO* bio, char* to, size_t size, size_t* got) {
  BIO_clear_retry_flags(bio);
  End end = end_of(bio);
  auto result = end.transport.read_for(end.session, to, size);
  *got = result.ok() ? result.value() : 0;
  if (result.is(Errno::EAGAIN_)) BIO_set_retry_read(bio);
  if (result.ok() && result.value() == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return *got > 0 ? 1 : 0;
}

int on_write(BIO* bio, const char* from, size_t size, size_t* taken) {
  BIO_clear_retry_flags(bio);
  End end = end_of(bio);
  *taken = end.transport.write_for(end.session, from, size);
  if (*taken == 0) BIO_set_retry_write(bio);
  return *taken > 0 ? 1 : 0;
}

// Nothing waits here: flush() of the transport writes. SSL_OP_IGNORE_UNEXPECTED_EOF holds only for an end that is said
// here.
long on_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int on_create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

constinit Transport* only = nullptr; // of this process

End end_of(BIO* bio) { return {*only, *static_cast<Session*>(BIO_get_data(bio))}; }

} // namespace

bio_method_st* make_bio_method(Transport& transport) {
  only = &transport;
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "minhttp");
  bool made = method != nullptr && BIO_meth_set_read_ex(method, on_read) == 1 &&
              BIO_meth_set_write_ex(method, on_write) == 1 && BIO_meth_set_ctrl(method, on_control) == 1 &&
              BIO_meth_set_create(method, on_create) == 1;
  return made ? method : nullptr;
}

bool attach_bio(bio_method_st* method, Session& session) {
  BIO* bio = BIO_new(method);
  if (bio == nullptr) return false;
  BIO_set_data(bio, &session);
  SSL_set_bio(session.made, bio, bio); // one reference for both directions
  return true;
}

// SSL_read handles such messages on its own, one after the other, and returns only with plain text or when there is
// nothing to read. OpenSSL counts empty records and warnings, but not these.
void count_later_messages(Session& session) {
  SSL_set_msg_callback_arg(session.made, &session);
  SSL_set_msg_callback(session.made, [](int sent, int, int kind, const void*, size_t, SSL*, void* of) {
    if (sent == 0 && kind == SSL3_RT_HANDSHAKE) static_cast<Session*>(of)->later_messages++;
  });
}

} // namespace minhttp::tls
