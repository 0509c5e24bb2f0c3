// SPDX-License-Identifier: MIT
#pragma once
// Certificates (RFC 5280): what they say, and the request for one (RFC 2986).

#include <openssl/x509.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "acme/keys.h"

namespace minhttp::acme {

struct CertificateDeleter {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, CertificateDeleter>;

// The server's certificate first, then each one's issuer.
struct Chain {
  std::vector<Certificate> certificates;
  const X509* leaf() const { return certificates.front().get(); }
  std::string pem() const; // of what was understood, and nothing else
};

// Does minhttps take it? Not more than limits::chain_bytes.
bool fits(const Chain& chain);

// Reads PEM. An empty chain: it has no certificate, or more than limits::chain_certificates, or one that is damaged.
Chain read_chain(std::string_view pem);

// Seconds since 1970.
int64_t begins_s(const X509* certificate);
int64_t ends_s(const X509* certificate);

// Its host names, in lower case, sorted, each once. A name of another kind is "?".
std::vector<std::string> names_of(const X509* certificate);

// What is wrong with a chain for this key and these names, which are in lower case; "" if nothing. Dates are not looked
// at, nor whether anybody trusts the last issuer.
std::string problem_of(const Chain& chain, const EVP_PKEY* key, std::vector<std::string> names);

// How renewalInfo calls it (RFC 9773 section 4.1); "" if it has no authority key identifier.
std::string ari_id(const X509* certificate);

// A certificate signing request for these names: DER.
std::string make_csr(EVP_PKEY* key, const std::vector<std::string>& names);

} // namespace minhttp::acme
