// SPDX-License-Identifier: MIT
#include "acme/client.h"

#include <ctime>

#include "acme/encoding.h"
#include "acme/limits.h"

namespace minhttp::acme {
namespace {

constexpr const char* json_type = "application/json, application/problem+json";

[[noreturn]] void fail_temporarily(const std::string& why) { throw Failure(why, temporary_failure); }

// A text for people, "" where it is none.
std::string said(const Json& object, const char* name) {
  auto found = object.find(name);
  return found != object.end() && found->is_string() ? printable(found->get<std::string>()) : "";
}

// What the authority says about single names (RFC 8555 section 6.7.1).
std::string about_names(const Json& problem) {
  std::string text;
  auto found = problem.find("subproblems");
  if (found == problem.end() || !found->is_array()) return text;
  for (const Json& one : *found) {
    if (!one.is_object() || text.size() > 500) continue;
    auto of = one.find("identifier");
    std::string name = of != one.end() && of->is_object() ? said(*of, "value") : "";
    text += "; " + name + (name.empty() ? "" : ": ") + said(one, "detail");
  }
  return text;
}

[[noreturn]] void refuse(const std::string& url, const Reply& reply) {
  Json problem = Json::parse(reply.body, nullptr, false);
  if (!problem.is_object()) problem = Json::object();
  std::string type = said(problem, "type");
  constexpr std::string_view acme = "urn:ietf:params:acme:error:";
  if (type.starts_with(acme)) type = type.substr(acme.size());
  std::string text = printable(url) + " answers with " + std::to_string(reply.status);
  if (!type.empty()) text += ", " + type;
  if (std::string detail = said(problem, "detail"); !detail.empty()) text += ": " + detail;
  text += about_names(problem);
  bool limited = reply.status == 429 || type == "rateLimited";
  bool temporary = limited || reply.status >= 500 || reply.status == 408 || type == "badNonce";
  throw Refusal(text, type, temporary ? temporary_failure : 1,
                limited || reply.status == 503 ? reply.retry_s : std::nullopt);
}

void require_success(const std::string& url, const Reply& reply) {
  if (reply.status >= 400) refuse(url, reply);
  if (reply.status >= 200 && reply.status < 300) return;
  std::string to = reply.location.empty() ? "" : " to " + printable(reply.location);
  fail_temporarily(printable(url) + " answers with " + std::to_string(reply.status) + to +
                   "; redirects are not followed");
}

} // namespace

std::string text_member(const Json& object, const char* name, const char* of) {
  auto found = object.find(name);
  if (found == object.end() || !found->is_string()) {
    fail_temporarily(std::string("the authority's ") + of + " has no text \"" + name + "\"");
  }
  return found->get<std::string>();
}

std::string url_member(const Json& object, const char* name, const char* of) {
  std::string url = text_member(object, name, of);
  if (!is_url(url)) {
    fail_temporarily(std::string("the authority's ") + of + " has no https URL as \"" + name + "\": " + printable(url));
  }
  return url;
}

Json parse_object(const std::string& body, const std::string& url) {
  Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) fail_temporarily(printable(url) + " answers with something that is no JSON object");
  return json;
}

std::string problem_of_clock(int64_t now_s, std::optional<int64_t> authority_s) {
  if (!authority_s) return {};
  int64_t ahead_s = now_s - *authority_s;
  if (ahead_s <= limits::clock_most_s && ahead_s >= -limits::clock_most_s) return {};
  return "this machine's clock says " + utc(now_s) + ", the authority's " + utc(*authority_s) +
         ": set the clock (timedatectl set-ntp true)";
}

const Directory& Client::directory() {
  if (directory_) return *directory_;
  Answer answer = get(directory_url_);
  if (std::string problem = problem_of_clock(time(nullptr), answer.reply.date_s); !problem.empty()) {
    throw Failure(problem);
  }
  constexpr const char* of = "directory";
  Directory read;
  read.new_nonce = url_member(answer.json, "newNonce", of);
  read.new_account = url_member(answer.json, "newAccount", of);
  read.new_order = url_member(answer.json, "newOrder", of);
  // Help, not a condition: one that is none is as good as none.
  auto info = answer.json.find("renewalInfo");
  if (info != answer.json.end() && info->is_string() && is_url(info->get<std::string>())) {
    read.renewal_info = info->get<std::string>();
  }
  auto meta = answer.json.find("meta");
  if (meta != answer.json.end() && meta->is_object()) {
    read.terms = said(*meta, "termsOfService");
    auto external = meta->find("externalAccountRequired");
    read.needs_external = external != meta->end() && external->is_boolean() && external->get<bool>();
  }
  return directory_.emplace(read);
}

Answer Client::get(const std::string& url) {
  Reply reply = http_.get(url);
  require_success(url, reply);
  return {.json = parse_object(reply.body, url), .reply = std::move(reply)};
}

void Client::keep_nonce(const Reply& reply) {
  if (reply.nonce.size() <= limits::nonce_bytes && is_base64url(reply.nonce)) nonce_ = reply.nonce;
}

std::string Client::take_nonce() {
  if (nonce_.empty()) {
    const std::string& url = directory().new_nonce;
    Reply reply = http_.head(url);
    require_success(url, reply);
    keep_nonce(reply);
    if (nonce_.empty()) fail_temporarily(printable(url) + " gives no nonce");
  }
  return std::exchange(nonce_, {});
}

// Tried again with the nonce of the answer, as long as that is badNonce (RFC 8555 section 6.5).
Reply Client::send(const std::string& url, const std::string& payload, const char* accept) {
  for (int attempt = 1;; attempt++) {
    Json head = {{"nonce", take_nonce()}, {"url", url}};
    if (account_url_.empty()) {
      head["jwk"] = public_jwk(account_);
    } else {
      head["kid"] = account_url_;
    }
    Reply reply = http_.post(url, make_jws(account_, std::move(head), payload), accept);
    keep_nonce(reply);
    try {
      require_success(url, reply);
      return reply;
    } catch (const Refusal& refusal) {
      if (!refusal.is("badNonce") || attempt == limits::nonce_attempts) throw;
    }
  }
}

Answer Client::post_text(const std::string& url, const std::string& payload) {
  Reply reply = send(url, payload, json_type);
  return {.json = parse_object(reply.body, url), .reply = std::move(reply)};
}

std::string Client::fetch_chain(const std::string& url) {
  return send(url, "", "application/pem-certificate-chain").body;
}

} // namespace minhttp::acme
