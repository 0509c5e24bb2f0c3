// SPDX-License-Identifier: MIT
#include "acme/order.h"

#include <algorithm>
#include <chrono>

#include "acme/challenge.h"
#include "acme/encoding.h"
#include "acme/limits.h"

namespace minhttp::acme {
namespace {

struct Order {
  std::string url;
  std::string status;
  std::string finalize;
  Json json;
};

// One name to prove, and its challenge.
struct Proof {
  std::string url; // of the authorization
  std::string name;
  std::string challenge;
};

// Asks again and again, with growing pauses, and ends at a deadline.
class Patience {
 public:
  // Before the next question; the authority may want a longer pause.
  void wait(const Reply& reply, const std::string& what) {
    int64_t ms = std::max(next_ms_, reply.retry_s.value_or(0) * 1'000);
    ms = std::min(ms, limits::poll_most_ms);
    if (std::chrono::steady_clock::now() + std::chrono::milliseconds(ms) > end_) {
      throw Failure("the authority does not end: " + what, temporary_failure);
    }
    pause_ms(ms);
    next_ms_ = std::min(2 * next_ms_, limits::poll_most_ms);
  }

 private:
  std::chrono::steady_clock::time_point end_ =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(limits::poll_whole_ms);
  int64_t next_ms_ = limits::poll_first_ms;
};

Order read_order(Json json, const std::string& url) {
  return {.url = url,
          .status = text_member(json, "status", "order"),
          .finalize = url_member(json, "finalize", "order"),
          .json = std::move(json)};
}

// The "detail" of an object's "error", which is a problem document.
std::string detail_of(const Json& object) {
  auto error = object.find("error");
  if (error == object.end() || !error->is_object()) return "it does not say why";
  auto detail = error->find("detail");
  return detail != error->end() && detail->is_string() ? printable(detail->get<std::string>()) : "it does not say why";
}

Order new_order(Client& client, const Wanted& wanted) {
  Json payload = {{"identifiers", Json::array()}};
  for (const std::string& name : wanted.names) payload["identifiers"].push_back({{"type", "dns"}, {"value", name}});
  if (!wanted.replaces.empty()) payload["replaces"] = wanted.replaces;
  Answer answer = client.post(client.directory().new_order, payload);
  if (!is_url(answer.reply.location)) {
    throw Failure("the authority gives no URL of the order: " + printable(answer.reply.location), temporary_failure);
  }
  std::string url = answer.reply.location;
  return read_order(std::move(answer.json), url);
}

// The URLs of an order's authorizations, one for each name.
std::vector<std::string> authorizations_of(const Order& order, size_t most) {
  std::vector<std::string> urls;
  auto found = order.json.find("authorizations");
  bool good = found != order.json.end() && found->is_array() && found->size() <= most;
  for (size_t i = 0; good && i < found->size(); i++) {
    good = (*found)[i].is_string() && is_url((*found)[i].get<std::string>());
    if (good) urls.push_back((*found)[i].get<std::string>());
  }
  if (!good) throw Failure("the authority's order has no list of authorizations", temporary_failure);
  return urls;
}

std::string name_in(const Json& authorization) {
  auto found = authorization.find("identifier");
  if (found == authorization.end() || !found->is_object()) {
    throw Failure("the authority's authorization has no identifier", temporary_failure);
  }
  return printable(text_member(*found, "value", "identifier"));
}

const Json* http_challenge(const Json& authorization) {
  auto found = authorization.find("challenges");
  if (found == authorization.end() || !found->is_array()) return nullptr;
  for (const Json& one : *found) {
    if (!one.is_object()) continue;
    auto type = one.find("type"); // not copied: copies recurse as deeply as it is nested
    if (type != one.end() && type->is_string() && *type == "http-01") return &one;
  }
  return nullptr;
}

// The last request that the authority made for a challenge, and the address that it asked (RFC 8555 section 8.3 has no
// such member; authorities give it all the same).
std::string asked_address(const Json& challenge) {
  auto found = challenge.find("validationRecord");
  if (found == challenge.end() || !found->is_array() || found->empty() || !found->back().is_object()) return {};
  auto text = [&](const char* name) {
    auto member = found->back().find(name);
    return member != found->back().end() && member->is_string() ? printable(member->get<std::string>()) : "";
  };
  std::string url = text("url");
  std::string address = text("addressUsed");
  return (url.empty() ? "" : "; it asked " + url) + (address.empty() ? "" : " at " + address);
}

// An authorization in a state from which no way leads to "valid" (RFC 8555 section 7.1.6).
[[noreturn]] void fail_authorization(const Json& authorization, const std::string& status, const std::string& name) {
  if (status != "invalid") {
    throw Failure("the authority's authorization of " + name + " is \"" + printable(status) + "\"", temporary_failure);
  }
  const Json* challenge = http_challenge(authorization);
  std::string why = challenge == nullptr ? "it does not say why" : detail_of(*challenge) + asked_address(*challenge);
  throw Failure(
      "the authority could not see that " + name + " is served from here: " + why +
      "; does the name lead to this machine, and does a server answer on port 80 from the directory of --webroot?");
}

// Puts the file of an authorization's challenge up. Nothing: it is proved already.
std::optional<Proof> begin_proof(Client& client, const std::string& url, ChallengeFiles& files) {
  Json authorization = client.fetch(url).json;
  std::string status = text_member(authorization, "status", "authorization");
  std::string name = name_in(authorization);
  if (status == "valid") return {};
  if (status != "pending") fail_authorization(authorization, status, name);
  const Json* challenge = http_challenge(authorization);
  if (challenge == nullptr) throw Failure("the authority does not offer HTTP-01 for " + name);
  std::string token = text_member(*challenge, "token", "challenge");
  files.put(token, key_authorization(token, client.account()));
  return Proof{.url = url, .name = name, .challenge = url_member(*challenge, "url", "challenge")};
}

void finish_proof(Client& client, const Proof& proof, Patience& patience) {
  while (true) {
    Answer answer = client.fetch(proof.url);
    std::string status = text_member(answer.json, "status", "authorization");
    if (status == "valid") return;
    if (status != "pending") fail_authorization(answer.json, status, proof.name);
    patience.wait(answer.reply, "it still checks " + proof.name);
  }
}

void prove(Client& client, const Order& order, const Wanted& wanted) {
  ChallengeFiles files(wanted.webroot);
  std::vector<Proof> proofs;
  for (const std::string& url : authorizations_of(order, wanted.names.size())) {
    if (auto proof = begin_proof(client, url, files)) proofs.push_back(*proof);
  }
  for (const Proof& proof : proofs) (void)client.post(proof.challenge, Json::object());
  Patience patience; // for all of them: the authority checks them side by side
  for (const Proof& proof : proofs) finish_proof(client, proof, patience);
}

// Waits until an order leaves a state in which the authority works. last: its latest answer.
void wait_while(Client& client, Order& order, std::string_view state, Reply last) {
  Patience patience;
  while (order.status == state) {
    patience.wait(last, "the order stays \"" + printable(order.status) + "\"");
    Answer answer = client.fetch(order.url);
    last = std::move(answer.reply);
    order = read_order(std::move(answer.json), order.url);
  }
}

} // namespace

std::string obtain(Client& client, const Wanted& wanted) {
  Order order;
  try {
    order = new_order(client, wanted);
  } catch (const Refusal& refusal) {
    // Another certificate has replaced it already (RFC 9773 section 5), or it is not known there, which authorities say
    // in different ways: an ordinary order then.
    if (wanted.replaces.empty() || refusal.status() == temporary_failure) throw;
    Wanted plain = wanted;
    plain.replaces.clear();
    order = new_order(client, plain);
  }
  if (order.status == "pending") {
    prove(client, order, wanted);
    Answer answer = client.fetch(order.url);
    order = read_order(std::move(answer.json), order.url);
    wait_while(client, order, "pending", std::move(answer.reply));
  }
  Reply last;
  if (order.status == "ready") {
    Answer answer = client.post(order.finalize, Json{{"csr", base64url(wanted.csr)}});
    order = read_order(std::move(answer.json), order.url);
    last = std::move(answer.reply);
  }
  wait_while(client, order, "processing", std::move(last));
  if (order.status != "valid") {
    throw Failure("the authority gives no certificate; the order is \"" + printable(order.status) +
                      "\": " + detail_of(order.json),
                  temporary_failure);
  }
  return client.fetch_chain(url_member(order.json, "certificate", "order"));
}

} // namespace minhttp::acme
