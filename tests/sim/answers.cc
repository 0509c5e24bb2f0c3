// SPDX-License-Identifier: MIT
#include "sim/answers.h"

#include <algorithm>
#include <span>

#include "unit/gzip/gunzip.h"

namespace minhttp::sim {
namespace {

bool starts_with(const std::string& text, const std::string& what) { return text.compare(0, what.size(), what) == 0; }

void overwrite(std::string& stream, size_t at, size_t size, char with) {
  for (size_t i = at; i < std::min(at + size, stream.size()); i++) stream[i] = with;
}

std::string field(const std::string& head, const std::string& name) {
  size_t at = head.find("\r\n" + name + ": ");
  if (at == head.npos) return {};
  at += name.size() + 4;
  return head.substr(at, head.find("\r\n", at) - at);
}

bool is_allowed(const std::string& answer, const Leave& leave) {
  auto is = [&](int status) {
    std::string begin = "HTTP/1.1 " + std::to_string(status) + " ";
    return starts_with(answer, begin) || (leave.cut && starts_with(begin, answer));
  };
  return (leave.errors && (is(500) || is(503))) || (leave.refused && (is(403) || is(404))) || (leave.late && is(408));
}

std::string shortened(const std::string& text) { return "'" + text.substr(0, 300) + "'"; }

std::string without_line(std::string head, const std::string& name) {
  size_t at = head.find("\r\n" + name + ": ");
  return at == head.npos ? head : head.erase(at, head.find("\r\n", at + 2) - at);
}

// Whether got is the server's own gzip copy of the expected file, which the oracle's server does not make.
bool is_copy_of(const std::string& got, const std::string& expected) {
  size_t end = std::min(got.find("\r\n\r\n"), got.size());
  size_t expected_end = std::min(expected.find("\r\n\r\n"), expected.size());
  std::string head = got.substr(0, end);
  size_t tag = head.find("-gz1\"\r\n");
  if (tag == head.npos) return false;
  head.erase(tag, 4);
  std::string wanted = expected.substr(0, expected_end);
  for (const char* name : {"Content-Length", "Content-Encoding", "Accept-Ranges"}) {
    head = without_line(head, name);
    wanted = without_line(wanted, name);
  }
  if (head != wanted) return false;
  std::string body = got.substr(end + 4);
  if (body.empty()) return true; // for HEAD, or 304
  test::Gunzipped gunzipped = test::gunzip(body);
  return gunzipped.error.empty() && gunzipped.bytes == expected.substr(expected_end + 4);
}

// Whether got is the start of such a response. Content-Length differs, and comes before the tag.
bool begins_copy_of(const std::string& got, const std::string& expected) {
  size_t length = expected.find("Content-Length: ");
  if (length == expected.npos) return false;
  size_t tag = got.find("-gz1\"\r\n");
  bool in_head = got.find("\r\n\r\n") == got.npos;
  return (in_head || tag != got.npos) && got.compare(0, length, expected, 0, length) == 0;
}

// Whether the stream agrees with `expected` up to an allowed error at the start of a response.
bool agrees_up_to_an_error(const std::string& stream, const std::string& expected, const Leave& leave) {
  size_t same = static_cast<size_t>(
      std::mismatch(stream.begin(), stream.begin() + static_cast<long>(std::min(stream.size(), expected.size())),
                    expected.begin())
          .first -
      stream.begin());
  size_t begin = stream.rfind("HTTP/1.1 ", same);
  return begin != stream.npos && is_allowed(stream.substr(begin), leave);
}

} // namespace

std::string normalized(std::string stream) {
  static const std::string interim = "HTTP/1.1 100 Continue\r\n\r\n";
  for (size_t at = 0; (at = stream.find(interim, at)) != stream.npos;) stream.erase(at, interim.size());
  static const std::string date = "\r\nDate: ";
  for (size_t at = 0; (at = stream.find(date, at)) != stream.npos; at++) overwrite(stream, at + date.size(), 29, 'D');
  static const std::string boundary = "boundary=";
  for (size_t at = 0; (at = stream.find(boundary, at)) != stream.npos; at++) {
    size_t begin = at + boundary.size();
    size_t end = std::min(stream.find("\r\n", begin), stream.size());
    std::string value = stream.substr(begin, end - begin);
    for (size_t other = begin; !value.empty() && (other = stream.find(value, other)) != stream.npos;) {
      overwrite(stream, other, value.size(), 'B');
    }
    for (size_t part = std::min(value.size(), stream.size()); part > 0;
         part--) { // if the stream is cut in the middle of a boundary
      bool behind_dashes = stream.size() >= part + 2 && stream.compare(stream.size() - part - 2, 2, "--") == 0;
      if (!behind_dashes || stream.compare(stream.size() - part, part, value, 0, part) != 0) continue;
      overwrite(stream, stream.size() - part, part, 'B');
      break;
    }
  }
  return stream;
}

std::vector<std::string> split(const std::string& stream, const std::vector<bool>& heads, std::string& rest) {
  std::vector<std::string> answers;
  size_t at = 0;
  while (at < stream.size()) {
    size_t end = stream.find("\r\n\r\n", at);
    if (end == stream.npos) break;
    std::string head = stream.substr(at, end + 4 - at);
    size_t size = head.size();
    bool bodiless = (answers.size() < heads.size() && heads[answers.size()]) || starts_with(head, "HTTP/1.1 304") ||
                    starts_with(head, "HTTP/1.1 204");
    // A rejection has a body even for HEAD: the server has not looked at the request.
    bool final = field(head, "Connection") == "close";
    if (final && (starts_with(head, "HTTP/1.1 408") || starts_with(head, "HTTP/1.1 503"))) bodiless = false;
    if (!bodiless) size += std::stoul("0" + field(head, "Content-Length"));
    if (size > stream.size() - at) break;
    answers.push_back(stream.substr(at, size));
    at += size;
  }
  rest = stream.substr(at);
  return answers;
}

std::string judge(const Script& script, const Expected& expected, const std::string& received, const Leave& leave) {
  bool whole = !leave.cut;
  std::string stream = normalized(received);
  if (script.exact) {
    const std::string& wanted = expected.stream[0];
    for (int version : {0, 2}) {
      const std::string& other = expected.stream[version];
      bool same = stream == other || (leave.cut && starts_with(other, stream)) || is_copy_of(stream, other) ||
                  (leave.cut && begins_copy_of(stream, other));
      if ((version == 0 || leave.errors) && (same || agrees_up_to_an_error(stream, other, leave))) return {};
    }
    return "got " + shortened(stream) + " instead of " + shortened(wanted);
  }
  std::string rest;
  std::string unused;
  std::vector<std::string> got = split(stream, script.heads, rest);
  std::vector<std::string> wanted[site_versions];
  for (int version = 0; version < site_versions; version++)
    wanted[version] = split(expected.stream[version], script.heads, unused);
  for (size_t i = 0; i < got.size(); i++) {
    bool error = is_allowed(got[i], leave);
    bool good = error;
    for (const auto& answers : std::span(wanted, leave.errors ? site_versions : 2))
      good = good || (i < answers.size() && (got[i] == answers[i] || is_copy_of(got[i], answers[i])));
    if (!good) {
      return "answer " + std::to_string(i + 1) + " is " + shortened(got[i]) + " instead of " +
             (i < wanted[0].size() ? shortened(wanted[0][i]) : "none");
    }
    if (error && field(got[i], "Connection") == "close") whole = false; // no response may follow
  }
  if (!rest.empty()) {
    bool good = is_allowed(rest, leave) || (leave.cut && rest.size() < 13);
    for (const auto& answers : std::span(wanted, leave.errors ? site_versions : 2))
      good = good || (got.size() < answers.size() &&
                      (starts_with(answers[got.size()], rest) || begins_copy_of(rest, answers[got.size()])));
    if (!good) {
      const std::string next = got.size() < wanted[0].size() ? wanted[0][got.size()] : "";
      size_t same = 0;
      while (same < std::min(rest.size(), next.size()) && rest[same] == next[same]) same++;
      return "behind answer " + std::to_string(got.size()) + ", from byte " + std::to_string(same) + " of " +
             std::to_string(rest.size()) + ": " + shortened(rest.substr(same)) + " instead of " +
             shortened(next.substr(same));
    }
  }
  if (whole && got.size() < wanted[0].size()) {
    return std::to_string(got.size()) + " of " + std::to_string(wanted[0].size()) + " answers, and the end";
  }
  return {};
}

} // namespace minhttp::sim
