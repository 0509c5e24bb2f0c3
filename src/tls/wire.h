// SPDX-License-Identifier: MIT
#pragma once
// What workers and the key process say to each other, each in one message of a SOCK_SEQPACKET between two processes of
// one machine: a request, and its answer. The key process believes nothing in a request.

#include <cstddef>
#include <cstdint>

#include "tables/limits.h"

namespace minhttp::tls {

// TLS SignatureScheme, RFC 8446 section 4.2.3: those that we sign with.
enum class Scheme : uint16_t {
  none = 0,
  rsa_pkcs1_sha256 = 0x0401, // TLS 1.2 only
  rsa_pkcs1_sha384 = 0x0501,
  rsa_pkcs1_sha512 = 0x0601,
  ecdsa_sha256 = 0x0403,
  ecdsa_sha384 = 0x0503,
  ecdsa_sha512 = 0x0603,
  rsa_pss_sha256 = 0x0804,
  rsa_pss_sha384 = 0x0805,
  rsa_pss_sha512 = 0x0806,
  ed25519 = 0x0807,
};

// Which private key: that of a certificate (its number in the options), in one of its generations.
struct KeyName {
  uint32_t certificate = 0;
  uint32_t generation = 0;
};

struct Request {
  uint32_t id = 0; // the answer has the same one
  Scheme scheme = Scheme::none;
  uint16_t bytes = 0; // of message
  KeyName key;
  uint8_t message[limits::tls_signed_max]; // only so many bytes are sent
};
constexpr size_t request_head = offsetof(Request, message);

// The message has as many bytes of the signature as there are. None: it was refused.
struct Answer {
  uint32_t id = 0;
  uint8_t signature[limits::tls_signature_max];
};
constexpr size_t answer_head = offsetof(Answer, signature);

// What the supervisor says to the key process: a request of this id, and no answer comes.
constexpr uint32_t id_of_reload = 0; // read all files again now, and say what is wrong with them

} // namespace minhttp::tls
