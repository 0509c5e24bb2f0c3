// SPDX-License-Identifier: MIT
#pragma once
// What OpenSSL reads from and writes to.

struct bio_method_st; // BIO_METHOD of <openssl/bio.h>

namespace minhttp::tls {

class Transport;
struct Session;

// The functions for the one transport of this process. Null: no memory.
bio_method_st* make_bio_method(Transport& transport);

// Gives session.made its two ends; session must stay where it is. False: no memory.
bool attach_bio(bio_method_st* method, Session& session);

// From now on Session::later_messages counts, which read_for() looks at.
void count_later_messages(Session& session);

} // namespace minhttp::tls
