// SPDX-License-Identifier: MIT
#include "acme/certificate.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>

#include "acme/encoding.h"
#include "acme/limits.h"
#include "acme/report.h"

namespace minhttp::acme {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

struct NamesDeleter {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
using Names = std::unique_ptr<GENERAL_NAMES, NamesDeleter>;

std::string_view view_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)), static_cast<size_t>(ASN1_STRING_length(text))};
}

int64_t seconds_of(const ASN1_TIME* time) {
  struct tm civil = {};
  if (ASN1_TIME_to_tm(time, &civil) != 1) return 0;
  return timegm(&civil);
}

// A list of names as the extension has it.
Names general_names(const std::vector<std::string>& names) {
  Names list(sk_GENERAL_NAME_new_null());
  for (const std::string& name : names) {
    std::unique_ptr<GENERAL_NAME, decltype(&GENERAL_NAME_free)> one(GENERAL_NAME_new(), GENERAL_NAME_free);
    std::unique_ptr<ASN1_IA5STRING, decltype(&ASN1_IA5STRING_free)> text(ASN1_IA5STRING_new(), ASN1_IA5STRING_free);
    if (!list || !one || !text || ASN1_STRING_set(text.get(), name.data(), static_cast<int>(name.size())) != 1)
      return {};
    GENERAL_NAME_set0_value(one.get(), GEN_DNS, text.release());
    if (sk_GENERAL_NAME_push(list.get(), one.get()) == 0) return {};
    (void)one.release();
  }
  return list;
}

bool add_names(X509_REQ* request, const std::vector<std::string>& names) {
  Names list = general_names(names);
  if (!list) return false;
  X509_EXTENSION* made = X509V3_EXT_i2d(NID_subject_alt_name, 0, list.get());
  std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(made, X509_EXTENSION_free);
  auto free_stack = [](STACK_OF(X509_EXTENSION) * stack) { sk_X509_EXTENSION_free(stack); };
  std::unique_ptr<STACK_OF(X509_EXTENSION), decltype(free_stack)> all(sk_X509_EXTENSION_new_null(), free_stack);
  return extension && all && sk_X509_EXTENSION_push(all.get(), extension.get()) > 0 &&
         X509_REQ_add_extensions(request, all.get()) == 1;
}

} // namespace

std::string Chain::pem() const {
  Bio out(BIO_new(BIO_s_mem()), BIO_free);
  for (const Certificate& one : certificates) {
    if (!out || PEM_write_bio_X509(out.get(), one.get()) != 1) throw Failure("OpenSSL cannot write a certificate");
  }
  char* text = nullptr;
  long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<size_t>(size)};
}

bool fits(const Chain& chain) {
  size_t bytes = 0;
  for (const Certificate& one : chain.certificates) {
    int size = i2d_X509(one.get(), nullptr);
    if (size < 0) return false;
    bytes += sizeof(uint32_t) + static_cast<size_t>(size); // src/tls/bulletin.h: each behind its size
  }
  return bytes <= limits::chain_bytes;
}

Chain read_chain(std::string_view pem) {
  // OpenSSL would ask the terminal for a password, if a block says that it is encrypted.
  auto no_password = [](char*, int, int, void*) { return -1; };
  Chain chain;
  Bio in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  while (in) {
    Certificate one(PEM_read_bio_X509(in.get(), nullptr, no_password, nullptr));
    if (!one) break;
    chain.certificates.push_back(std::move(one));
    if (chain.certificates.size() > limits::chain_certificates) return {};
  }
  // What ends a good chain is that there is no further beginning of a block.
  bool whole = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  return whole ? std::move(chain) : Chain();
}

int64_t begins_s(const X509* certificate) { return seconds_of(X509_get0_notBefore(certificate)); }
int64_t ends_s(const X509* certificate) { return seconds_of(X509_get0_notAfter(certificate)); }

std::vector<std::string> names_of(const X509* certificate) {
  std::vector<std::string> found;
  Names names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); i++) {
    int kind = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &kind);
    std::string name = kind == GEN_DNS ? std::string(view_of(static_cast<const ASN1_STRING*>(value))) : "?";
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    found.push_back(name);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::string problem_of(const Chain& chain, const EVP_PKEY* key, std::vector<std::string> names) {
  if (chain.certificates.empty()) return "it is no chain of certificates in PEM";
  if (!fits(chain)) {
    return "it has more than " + std::to_string(limits::chain_bytes >> 10) +
           " KiB with those above it, which minhttps does not take";
  }
  std::string problem;
  std::sort(names.begin(), names.end());
  if (X509_check_private_key(chain.leaf(), key) != 1) {
    problem = "it is for another key";
  } else if (names_of(chain.leaf()) != names) {
    problem = "it is for other names";
  }
  for (size_t i = 1; problem.empty() && i < chain.certificates.size(); i++) {
    X509* below = chain.certificates[i - 1].get();
    X509* issuer = chain.certificates[i].get();
    if (X509_check_issued(issuer, below) != X509_V_OK || X509_verify(below, X509_get0_pubkey(issuer)) != 1) {
      problem = "its certificates do not follow from each other";
    }
  }
  ERR_clear_error();
  return problem;
}

std::string ari_id(const X509* certificate) {
  // The library caches what extensions say in the object, which is why it is not const; what is read does not change.
  const ASN1_OCTET_STRING* issuer = X509_get0_authority_key_id(const_cast<X509*>(certificate)); // NOLINT
  std::string serial(64, '\0'); // RFC 5280 allows 20 bytes
  auto* to = reinterpret_cast<unsigned char*>(serial.data());
  const ASN1_INTEGER* number = X509_get0_serialNumber(certificate);
  int size = i2d_ASN1_INTEGER(number, nullptr);
  if (issuer == nullptr || size < 3 || size > static_cast<int>(serial.size())) return {};
  (void)i2d_ASN1_INTEGER(number, &to);
  // Without its tag and its length, which is one byte for less than 128.
  std::string_view content = std::string_view(serial).substr(2, static_cast<size_t>(size) - 2);
  return base64url(view_of(issuer)) + "." + base64url(content);
}

std::string make_csr(EVP_PKEY* key, const std::vector<std::string>& names) {
  std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)> request(X509_REQ_new(), X509_REQ_free);
  bool made = request && X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1 &&
              X509_REQ_set_pubkey(request.get(), key) == 1 && add_names(request.get(), names) &&
              X509_REQ_sign(request.get(), key, EVP_sha256()) > 0;
  unsigned char* der = nullptr;
  int size = made ? i2d_X509_REQ(request.get(), &der) : 0;
  ERR_clear_error();
  if (size <= 0) throw Failure("OpenSSL cannot make a certificate signing request");
  std::string out(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return out;
}

} // namespace minhttp::acme
