// SPDX-License-Identifier: MIT
#pragma once
// An ACME server (RFC 8555), asked with the key of an account. All that it answers is checked: it may be anybody.

#include <optional>
#include <string>
#include <string_view>

#include "acme/http.h"
#include "acme/keys.h"
#include "acme/report.h"

namespace minhttp::acme {

// A problem document (RFC 7807, RFC 8555 section 6.7), or a status of 400 and above without one.
class Refusal : public Failure {
 public:
  Refusal(const std::string& text, std::string problem, int status, std::optional<int64_t> wait_s)
      : Failure(text, status, wait_s), problem_(std::move(problem)) {}
  // The last part of its type, as in "badNonce".
  bool is(std::string_view problem) const { return problem_ == problem; }

 private:
  std::string problem_;
};

struct Directory {
  std::string new_nonce, new_account, new_order;
  std::string renewal_info;    // "": it has none (RFC 9773), or one that is no URL
  std::string terms;           // URL of the terms of service; may be ""
  bool needs_external = false; // an account of another kind has to exist already (RFC 8555 section 7.3.4)
};

struct Answer {
  Json json; // an object
  Reply reply;
};

// Members of an answer. Failure (temporary) where they are not there, or of another type.
std::string text_member(const Json& object, const char* name, const char* of);
std::string url_member(const Json& object, const char* name, const char* of);

// What an answer is, read strictly: an object. Failure (temporary) otherwise.
Json parse_object(const std::string& body, const std::string& url);

// Our clock and the authority's: "" if they agree, roughly.
std::string problem_of_clock(int64_t now_s, std::optional<int64_t> authority_s);

class Client {
 public:
  Client(Http& http, std::string directory_url) : http_(http), directory_url_(std::move(directory_url)) {}

  // Asked for once. Failure if our clock and the authority's disagree (limits::clock_most_s).
  const Directory& directory();
  // An unsigned question, as for renewalInfo.
  Answer get(const std::string& url);

  // account: must outlive this. url: of the account; "" before it is known.
  void use_account(EVP_PKEY* account, std::string url) {
    account_ = account;
    account_url_ = std::move(url);
  }
  EVP_PKEY* account() const { return account_; }

  // A signed request. Refusal; Failure if the answer is no JSON object.
  Answer post(const std::string& url, const Json& payload) { return post_text(url, payload.dump()); }
  // POST-as-GET.
  Answer fetch(const std::string& url) { return post_text(url, ""); }
  // The same, for a chain of certificates.
  std::string fetch_chain(const std::string& url);

 private:
  Answer post_text(const std::string& url, const std::string& payload);
  Reply send(const std::string& url, const std::string& payload, const char* accept);
  std::string take_nonce();
  void keep_nonce(const Reply& reply);

  Http& http_;
  std::string directory_url_;
  std::optional<Directory> directory_;
  EVP_PKEY* account_ = nullptr;
  std::string account_url_;
  std::string nonce_;
};

} // namespace minhttp::acme
