// SPDX-License-Identifier: MIT
// The pure parts of minhttps-acme. What it does with files, clocks and authorities is in tests/e2e/test_acme*.py.
#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "acme/arguments.h"
#include "acme/certificate.h"
#include "acme/client.h"
#include "acme/encoding.h"
#include "acme/keys.h"
#include "acme/limits.h"

namespace minhttp::acme {
namespace {

using Names = std::vector<std::string>;

constexpr int64_t day_s = limits::day_s;

// RFC 9773 appendix A.
constexpr const char* ari_example = R"(-----BEGIN CERTIFICATE-----
MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt
cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS
BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu
7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf
qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B
yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb
+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK
-----END CERTIFICATE-----
)";

std::string unbase64url(std::string_view text) {
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (char c : text) {
    const std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    bits = (bits << 6) | static_cast<uint32_t>(alphabet.find(c));
    if ((count += 6) >= 8) out += static_cast<char>(bits >> (count -= 8));
  }
  return out;
}

bool verifies(EVP_PKEY* key, std::string_view bytes, std::string_view r_and_s) {
  auto number = [&](size_t at) {
    return BN_bin2bn(reinterpret_cast<const unsigned char*>(r_and_s.data()) + at, 32, nullptr);
  };
  ECDSA_SIG* signature = ECDSA_SIG_new();
  ECDSA_SIG_set0(signature, number(0), number(32));
  unsigned char* der = nullptr;
  int size = i2d_ECDSA_SIG(signature, &der);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  bool good = EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key) == 1 &&
              EVP_DigestVerify(context, der, static_cast<size_t>(size),
                               reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()) == 1;
  EVP_MD_CTX_free(context);
  OPENSSL_free(der);
  ECDSA_SIG_free(signature);
  return good;
}

// A certificate for these names, signed by `signer`, with the issuer's name `issuer`.
Certificate certify(EVP_PKEY* key, const char* subject, const Names& names, EVP_PKEY* signer, const char* issuer) {
  Certificate made(X509_new());
  X509* x = made.get();
  auto name = [](X509_NAME* to, const char* text) {
    X509_NAME_add_entry_by_txt(to, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(text), -1, -1, 0);
  };
  X509_set_version(x, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 5);
  ASN1_TIME_set(X509_getm_notBefore(x), 1'000'000'000);
  ASN1_TIME_set(X509_getm_notAfter(x), 2'000'000'000);
  name(X509_get_subject_name(x), subject);
  X509_NAME* of_issuer = X509_NAME_new();
  name(of_issuer, issuer);
  X509_set_issuer_name(x, of_issuer);
  X509_NAME_free(of_issuer);
  X509_set_pubkey(x, key);
  std::string list;
  for (const std::string& one : names) list += (list.empty() ? "DNS:" : ",DNS:") + one;
  if (!names.empty()) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, list.c_str());
    X509_add_ext(x, extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_sign(x, signer, EVP_sha256());
  return made;
}

TEST(Encoding, Base64ForUrls) { // RFC 4648 section 10, without padding
  EXPECT_EQ(base64url(""), "");
  EXPECT_EQ(base64url("f"), "Zg");
  EXPECT_EQ(base64url("fo"), "Zm8");
  EXPECT_EQ(base64url("foo"), "Zm9v");
  EXPECT_EQ(base64url("foob"), "Zm9vYg");
  EXPECT_EQ(base64url("\xfb\xff\xbf"), "-_-_");
  EXPECT_TRUE(is_base64url("aA0-_"));
  for (const char* other : {"", "a=", "a+", "a/", "a.", "../a", "a b", "\xc3\xa4"})
    EXPECT_FALSE(is_base64url(other)) << other;
}

TEST(Encoding, Times) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_rfc3339("2026-11-29T16:05:30Z"), 1'795'968'330);
  EXPECT_EQ(parse_rfc3339("2026-11-29T17:05:30.123456789+01:00"), 1'795'968'330);
  EXPECT_EQ(parse_rfc3339("2024-02-29T00:00:00Z"), 1'709'164'800);
  for (const char* other : {"", "soon", "2026-11-29", "2026-11-29T16:05:30", "2026-13-29T16:05:30Z",
                            "2026-02-29T00:00:00Z", "2026-11-29T24:00:00Z", "2026-11-29T16:05:30Zx",
                            "2026-11-29T16:05:30.Z", "2026-11-29T16:05:30+1:00", "-026-11-29T16:05:30Z"}) {
    EXPECT_FALSE(parse_rfc3339(other)) << other;
  }
}

TEST(Keys, TheThumbprintOfTheRfc) { // RFC 7638 section 3.1
  Json jwk = {{"kty", "RSA"},
              {"n",
               "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"
               "BJECPebWKRXjBZCiFV4n3oknjhM"
               "stn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"
               "FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5ha"
               "jrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-"
               "kEgU8awapJzKnqDKgw"},
              {"e", "AQAB"}};
  EXPECT_EQ(thumbprint(jwk), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

TEST(Keys, ASignedRequest) {
  Key key = make_key(KeyKind::ecdsa);
  Json jws =
      Json::parse(make_jws(key.get(), {{"nonce", "n"}, {"url", "https://a/"}, {"kid", "https://a/1"}}, R"({"a":1})"));
  EXPECT_EQ(unbase64url(jws["protected"].get<std::string>()),
            R"({"alg":"ES256","kid":"https://a/1","nonce":"n","url":"https://a/"})");
  EXPECT_EQ(unbase64url(jws["payload"].get<std::string>()), R"({"a":1})");
  std::string signature = unbase64url(jws["signature"].get<std::string>());
  ASSERT_EQ(signature.size(), 64);
  std::string text = jws["protected"].get<std::string>() + "." + jws["payload"].get<std::string>();
  EXPECT_TRUE(verifies(key.get(), text, signature));
  EXPECT_FALSE(verifies(key.get(), text + ".", signature));
  EXPECT_EQ(Json::parse(make_jws(key.get(), Json::object(), ""))["payload"], "") << "POST-as-GET";
  for (int i = 0; i < 600; i++) { // numbers that are shorter keep their leading zeros
    ASSERT_EQ(sign_es256(key.get(), std::to_string(i)).size(), 64);
  }
}

TEST(Keys, AreReadAsTheyWereWritten) {
  for (KeyKind kind : {KeyKind::ecdsa, KeyKind::rsa}) {
    Key key = make_key(kind);
    Key read = read_key(to_pem(key.get()));
    ASSERT_TRUE(read);
    EXPECT_EQ(EVP_PKEY_eq(key.get(), read.get()), 1);
    EXPECT_TRUE(is_kind(read.get(), kind));
    EXPECT_FALSE(is_kind(read.get(), kind == KeyKind::rsa ? KeyKind::ecdsa : KeyKind::rsa));
  }
  EXPECT_FALSE(read_key(""));
  EXPECT_FALSE(read_key("-----BEGIN PRIVATE KEY-----\nMIG\n-----END PRIVATE KEY-----\n"));
}

TEST(Keys, WhatAChallengeHas) {
  Key key = make_key(KeyKind::ecdsa);
  Json jwk = public_jwk(key.get());
  EXPECT_EQ(jwk.size(), 4);
  EXPECT_EQ(unbase64url(jwk["x"].get<std::string>()).size(), 32);
  EXPECT_EQ(key_authorization("token", key.get()), "token." + thumbprint(jwk));
}

TEST(Certificates, TheIdentifierOfTheRfc) {
  Chain chain = read_chain(ari_example);
  ASSERT_EQ(chain.certificates.size(), 1);
  EXPECT_EQ(ari_id(chain.leaf()), "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
  Key key = make_key(KeyKind::ecdsa);
  EXPECT_EQ(ari_id(certify(key.get(), "a", {}, key.get(), "a").get()), "") << "without an authority key identifier";
}

TEST(Certificates, ARequestHasKeyAndNames) {
  for (KeyKind kind : {KeyKind::ecdsa, KeyKind::rsa}) {
    Key key = make_key(kind);
    Names names = {"www.example.org", "example.org"};
    std::string der = make_csr(key.get(), names);
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    X509_REQ* request = d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size()));
    ASSERT_NE(request, nullptr);
    EXPECT_EQ(X509_REQ_verify(request, key.get()), 1);
    EXPECT_EQ(X509_NAME_entry_count(X509_REQ_get_subject_name(request)), 0);
    STACK_OF(X509_EXTENSION)* extensions = X509_REQ_get_extensions(request);
    ASSERT_EQ(sk_X509_EXTENSION_num(extensions), 1);
    BIO* out = BIO_new(BIO_s_mem());
    X509V3_EXT_print(out, sk_X509_EXTENSION_value(extensions, 0), 0, 0);
    char* text = nullptr;
    auto size = static_cast<size_t>(BIO_get_mem_data(out, &text));
    EXPECT_EQ(std::string(text, size), "DNS:www.example.org, DNS:example.org");
    BIO_free(out);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    X509_REQ_free(request);
  }
}

TEST(Certificates, AChainMustBeOurs) {
  Key authority = make_key(KeyKind::ecdsa);
  Key key = make_key(KeyKind::ecdsa);
  Key other = make_key(KeyKind::ecdsa);
  auto chain = [&](EVP_PKEY* signer, const char* issuer) {
    Chain made;
    made.certificates.push_back(certify(key.get(), "", {"B.test", "a.test"}, signer, "CA"));
    made.certificates.push_back(certify(authority.get(), issuer, {}, authority.get(), issuer));
    return made;
  };
  Chain good = chain(authority.get(), "CA");
  EXPECT_EQ(problem_of(good, key.get(), {"b.test", "a.test"}), "");
  EXPECT_EQ(begins_s(good.leaf()), 1'000'000'000);
  EXPECT_EQ(ends_s(good.leaf()), 2'000'000'000);
  EXPECT_EQ(names_of(good.leaf()), (Names{"a.test", "b.test"}));
  EXPECT_NE(problem_of(good, other.get(), {"a.test", "b.test"}), "");
  EXPECT_NE(problem_of(good, key.get(), {"a.test"}), "") << "one name too many";
  EXPECT_NE(problem_of(good, key.get(), {"a.test", "b.test", "c.test"}), "") << "one is missing";
  EXPECT_NE(problem_of(chain(other.get(), "CA"), key.get(), {"a.test", "b.test"}), "") << "signed by another";
  EXPECT_NE(problem_of(chain(authority.get(), "CB"), key.get(), {"a.test", "b.test"}), "") << "by another name";
  EXPECT_NE(problem_of(Chain(), key.get(), {"a.test"}), "");
}

TEST(Certificates, OnlyWhatWasUnderstoodIsKept) {
  std::string one = read_chain(ari_example).pem();
  EXPECT_EQ(one, ari_example);
  EXPECT_EQ(read_chain("text before\n" + one + to_pem(make_key(KeyKind::ecdsa).get()) + one).pem(), one + one);
  EXPECT_TRUE(read_chain("").certificates.empty());
  std::string many;
  for (size_t i = 0; i <= limits::chain_certificates; i++) many += one;
  EXPECT_TRUE(read_chain(many).certificates.empty());
  EXPECT_EQ(read_chain(many.substr(one.size())).certificates.size(), limits::chain_certificates);
  for (size_t size = one.size(); size < 2 * one.size() - 1; size++) {
    EXPECT_LE(read_chain((one + one).substr(0, size)).certificates.size(), 1) << size;
  }
}

TEST(Client, OnlyHttpsIsAsked) {
  EXPECT_TRUE(is_url("https://a/"));
  for (const char* other : {"", "https://", "http://a/", "HTTPS://a/", "file:///etc/passwd", "https://a/ b",
                            "https://a/\n", "https://\xc3\xa4/"}) {
    EXPECT_FALSE(is_url(other)) << other;
  }
  EXPECT_FALSE(is_url("https://a/" + std::string(limits::url_bytes, 'a')));
}

TEST(Client, ClocksMayDifferALittle) {
  EXPECT_EQ(problem_of_clock(1'800'000'000, {}), "");
  for (int64_t by : {-day_s, int64_t{0}, day_s})
    EXPECT_EQ(problem_of_clock(1'800'000'000 + by, 1'800'000'000), "") << by;
  for (int64_t by : {-day_s - 1, day_s + 1, int64_t{-1'800'000'000}}) {
    EXPECT_NE(problem_of_clock(1'800'000'000 + by, 1'800'000'000), "") << by;
  }
}

TEST(Arguments, HostNames) {
  for (const char* name : {"www.example.org", "xn--mller-kva.example", "localhost", "a-b.1.test", "1.a"})
    EXPECT_EQ(problem_of_domain(name), "") << name;
  for (const char* name : {"", ".", "a..b", ".a", "a.", "-a.b", "a-.b", "a_b.c", "../a", "a/b", "m\xc3\xbcller.de",
                           "*.a", "1.2.3.4", "a b", "A.b"}) {
    EXPECT_NE(problem_of_domain(name), "") << name;
  }
  EXPECT_NE(problem_of_domain(std::string(64, 'a')), "");
  EXPECT_NE(problem_of_domain(std::string(127, 'a') + std::string(127, '.')), "");
}

TEST(Client, ARunEnds) {
  Http http("", Http::Clock::now());
  try {
    (void)http.get("https://localhost:1/");
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.status(), temporary_failure);
    EXPECT_NE(std::string(failure.what()).find("12 minutes"), std::string::npos) << failure.what();
  }
}

} // namespace
} // namespace minhttp::acme
