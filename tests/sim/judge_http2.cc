// SPDX-License-Identifier: MIT
#include "sim/judge_http2.h"

namespace minhttp::sim {
namespace {

using test::Error;
using test::H2Response;

std::string without_connection(std::string answer) {
  size_t end = answer.find("\r\n\r\n");
  size_t at = answer.find("\r\nConnection: ");
  return at < end ? answer.erase(at, answer.find("\r\n", at + 2) - at) : answer;
}

// The responses of HTTP/1, for each version of the site.
struct Answers {
  std::vector<std::string> of[site_versions];
};

Answers answers_of(const Script& script, const Expected& expected) {
  Answers answers;
  for (int version = 0; version < site_versions; version++) {
    std::string rest;
    bool head = script.exact && script.asks[0].method == "HEAD";
    answers.of[version] = split(expected.stream[version], script.exact ? std::vector<bool>{head} : script.heads, rest);
    if (script.exact && (answers.of[version].size() != 1 || !rest.empty())) answers.of[version].clear();
  }
  return answers;
}

// Those to one request; false: HTTP/1 has none, as an earlier one ended the connection.
bool expected_of(const Ask& ask, const Answers& all, Expected& one) {
  for (int version = 0; version < site_versions; version++) {
    if (ask.answer >= all.of[version].size()) return false;
    one.stream[version] = without_connection(all.of[version][ask.answer]);
  }
  return true;
}

// The response as HTTP/1 writes it; the text behind the status is that of the expected ones.
std::string as_http1(const H2Response& response, const Expected& expected) {
  std::string line = "HTTP/1.1 " + response.status() + " ";
  for (const std::string& other : expected.stream) {
    if (other.compare(0, line.size(), line) != 0) continue;
    line = other.substr(0, other.find("\r\n"));
    break;
  }
  std::string text = line + "\r\n";
  for (const auto& [name, value] : response.fields) {
    if (name == ":status") continue;
    std::string written = name == "etag" ? "ETag" : name == "www-authenticate" ? "WWW-Authenticate" : name;
    for (size_t i = 0; i < written.size(); i++) {
      bool first = i == 0 || written[i - 1] == '-';
      if (first && written[i] >= 'a' && written[i] <= 'z') written[i] = static_cast<char>(written[i] - 'a' + 'A');
    }
    text += written + ": " + value + "\r\n";
  }
  return text + "\r\n" + response.body;
}

bool may_reset(const H2Response& response, const Script& script, const Expected& expected, const Leave& leave) {
  if (response.reset == "PROTOCOL_ERROR") return expected.stream[0].starts_with("HTTP/1.1 400 ");
  if (response.reset == "INTERNAL_ERROR") return leave.errors || (leave.cut && script.cut);
  if (response.reset == "REFUSED_STREAM") return leave.errors || leave.busy;
  return response.reset == "CANCEL" && leave.cut;
}

std::string judge_stream(const Http2Talk& talk, uint32_t id, const Script& script, const Answers& all,
                         const Leave& leave) {
  const Http2Talk::Stream& stream = talk.streams().at(id);
  const H2Response& response = talk.response(id);
  const Ask& ask = talk.ask_of(stream);
  Expected expected;
  if (!expected_of(ask, all, expected)) return {};
  bool excluded = talk.receiver().leaving && id > talk.receiver().last;
  if (!response.reset.empty() && !stream.reset && !may_reset(response, script, expected, leave))
    return "it is reset with " + response.reset;
  bool whole = !leave.cut && !stream.reset && response.reset.empty() && !excluded;
  if (whole && !response.ended) return "its response is not complete";
  if (!response.head) return {};
  Script one = {.name = script.name, .bytes = {}, .heads = {ask.method == "HEAD"}};
  Leave allowed = leave;
  allowed.cut = !response.ended;
  return judge(one, expected, as_http1(response, expected), allowed);
}

// Which responses may come in place of frames.
bool may_refuse(const std::string& text, const Leave& leave) {
  auto is = [&](const std::string& begin) { return text.starts_with(begin) || (leave.cut && begin.starts_with(text)); };
  return (leave.errors && is("HTTP/1.1 503 ")) || (leave.late && is("HTTP/1.1 408 "));
}

std::string judge_end(const Http2Talk& talk, const Leave& leave, bool drains) {
  const test::H2Receiver& receiver = talk.receiver();
  if (receiver.leaving && receiver.error != Error::no_error &&
      (receiver.error != Error::enhance_your_calm || !leave.cut))
    return std::string("GOAWAY says ") + test::name_of(receiver.error);
  if (!leave.cut && receiver.leaving) return "GOAWAY without a reason";
  if (!leave.cut && !talk.complete()) return "the conversation is not complete";
  bool named = drains && receiver.leaving && receiver.last != h2::stream_max;
  if (named && !talk.streams().empty() && receiver.last != talk.last())
    return "GOAWAY names " + std::to_string(receiver.last) + ", and the last stream is " + std::to_string(talk.last());
  return {};
}

} // namespace

std::string judge_http2(const Http2Talk& talk, const Script& script, const Expected& expected, const Leave& leave,
                        bool drains) {
  if (!talk.fault().empty()) return "over HTTP/2: " + talk.fault();
  if (!talk.refusal().empty())
    return may_refuse(talk.refusal(), leave) ? "" : "in place of HTTP/2: " + talk.refusal().substr(0, 300);
  Leave strict = leave; // streams that GOAWAY does not exclude are still served
  if (drains && talk.receiver().leaving && talk.receiver().last != h2::stream_max) strict.cut = script.cut;
  Answers answers = answers_of(script, expected);
  for (const auto& [id, stream] : talk.streams()) {
    std::string fault = judge_stream(talk, id, script, answers, strict);
    if (!fault.empty())
      return "stream " + std::to_string(id) + " for " + talk.ask_of(stream).fields[2].second + ": " + fault;
  }
  return judge_end(talk, leave, drains);
}

std::vector<std::string> statuses_of(const Http2Talk& talk) {
  std::vector<std::string> all;
  for (const auto& [id, stream] : talk.streams()) {
    if (talk.response(id).ended) all.push_back(talk.response(id).status());
  }
  return all;
}

} // namespace minhttp::sim
