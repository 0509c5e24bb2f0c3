// SPDX-License-Identifier: MIT
#include "http/path.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/bytes.h"
#include "unit/guard.h"

namespace minhttp::test {
namespace {

using http::Path;
using http::Status;

struct Decoded {
  Status status;
  bool directory;
  std::string name;
};

// raw and the place for the name end at unmapped memory, and the place is as short as it
// may be.
Decoded decode(std::string_view raw) {
  static Guard in(16'384);
  static Guard out(16'384);
  Path path = http::decode_path(in.at_end(raw), out.last(raw.size()));
  return {path.status, path.directory, std::string(path.name)};
}

TEST(DecodePath, DecodesNames) {
  struct {
    const char* raw;
    const char* name;
    bool directory;
  } const cases[] = {
      {"/", "", true},
      {"/a", "a", false},
      {"/a/", "a", true},
      {"/a/b.html", "a/b.html", false},
      {"/a/b/", "a/b", true},
      {"/%61", "a", false},
      {"/%41%6a%4A", "AjJ", false},
      {"/a%20b", "a b", false},
      {"/a+b", "a+b", false},
      {"/%c3%a9.txt", "\xc3\xa9.txt", false},
      {"/\xc3\xa9.txt", "\xc3\xa9.txt", false},
      {"/%ff%fe", "\xff\xfe", false},
      {"/%2541", "%41", false}, // once, and only once
      {"/%252e%252e", "%2e%2e", false},
      {"/%252f", "%2f", false},
      {"/%3f%23", "?#", false},
      {"/a%0a%0d%09%7f", "a\n\r\t\x7f", false},
      {"/a.", "a.", false},
      {"/a..", "a..", false},
      {"/a..b", "a..b", false},
      {"/a.b/", "a.b", true},
      {"/~user", "~user", false},
      {"/a;b=c", "a;b=c", false},
      {"/a:b", "a:b", false},
      {"/.well-known", ".well-known", false},
      {"/.well-known/", ".well-known", true},
      {"/.well-known/acme-challenge/x", ".well-known/acme-challenge/x", false},
      {"/%2ewell-known/x", ".well-known/x", false},
      {"/{a}|^`[]", "{a}|^`[]", false},
  };
  for (const auto& c : cases) {
    Decoded decoded = decode(c.raw);
    EXPECT_EQ(decoded.status, Status::ok) << c.raw;
    EXPECT_EQ(decoded.name, c.name) << c.raw;
    EXPECT_EQ(decoded.directory, c.directory) << c.raw;
  }
}

TEST(DecodePath, PathsThatOnlyAttackersSendAreRefused) {
  for (const char* raw : {"/.",
                          "/..",
                          "/./",
                          "/../",
                          "/a/.",
                          "/a/..",
                          "/a/./b",
                          "/a/../b",
                          "/../../etc/passwd",
                          "/%2e",
                          "/%2e%2e",
                          "/.%2e",
                          "/%2E.",
                          "/%2e%2e/",
                          "/a/%2e%2e/b",
                          "/%2e%2e%2fetc",
                          "/%2f",
                          "/a%2fb",
                          "/a%2Fb",
                          "/%2f%2f",
                          "/\\",
                          "/a\\b",
                          "/..\\",
                          "/%5c",
                          "/a%5Cb",
                          "/%5c..",
                          "/%00",
                          "/a%00",
                          "/a%00.html",
                          "/%",
                          "/%4",
                          "/a%",
                          "/a%4",
                          "/%g0",
                          "/%0g",
                          "/%%41",
                          "/%-1",
                          "/% 1",
                          "/%+1",
                          "/%u0041",
                          "/%4\xb9",
                          "/a%0",
                          "/.hidden/..",
                          "/a//../b",
                          "/.%00",
                          "//..",
                          "/.git/%2e%2e/x"}) {
    EXPECT_EQ(decode(raw).status, Status::bad_request) << raw;
  }
}

TEST(DecodePath, ANulIsRefused) { EXPECT_EQ(decode(std::string_view("/a\0b", 4)).status, Status::bad_request); }

TEST(DecodePath, HiddenAndImpossibleNamesAreNotFound) {
  for (const char* raw : {"/.hidden",
                          "/.git/config",
                          "/a/.hidden",
                          "/a/.hidden/b",
                          "/%2ehidden",
                          "/...",
                          "/.hidden/",
                          "/..a",
                          "/.a.",
                          "//",
                          "//a",
                          "/a//b",
                          "/a//",
                          "///",
                          "/.well-knownx",
                          "/.well-know",
                          "/.WELL-KNOWN/x",
                          "/a/.well-known/x",
                          "/.well-known/.hidden",
                          "/.well-known//x"}) {
    EXPECT_EQ(decode(raw).status, Status::not_found) << raw;
  }
}

// Every byte in its escaped form is itself, but for the three that are refused.
TEST(DecodePath, EveryByteEscaped) {
  for (int byte = 0; byte < 256; byte++) {
    char raw[8];
    std::snprintf(raw, sizeof raw, "/a%%%02x", byte);
    Decoded decoded = decode(raw);
    if (byte == 0 || byte == '/' || byte == '\\') {
      EXPECT_EQ(decoded.status, Status::bad_request) << raw;
    } else {
      EXPECT_EQ(decoded.status, Status::ok) << raw;
      EXPECT_EQ(decoded.name, std::string("a") + static_cast<char>(byte)) << raw;
    }
  }
}

// An independent reading of the rules, against all short paths of the bytes that matter.
Status oracle(const std::string& raw) {
  std::vector<std::string> segments(1);
  for (size_t i = 1; i < raw.size(); i++) {
    int byte = static_cast<unsigned char>(raw[i]);
    if (raw[i] == '/') {
      segments.emplace_back();
      continue;
    }
    if (raw[i] == '\\') return Status::bad_request;
    if (raw[i] == '%') {
      std::string digits = raw.substr(i + 1, 2);
      if (digits.size() < 2 || digits.find_first_not_of("0123456789abcdefABCDEF") != digits.npos) {
        return Status::bad_request;
      }
      byte = std::stoi(digits, nullptr, 16);
      if (byte == 0 || byte == '/' || byte == '\\') return Status::bad_request;
      i += 2;
    }
    segments.back().push_back(static_cast<char>(byte));
  }
  Status status = Status::ok;
  for (size_t i = 0; i < segments.size(); i++) {
    const std::string& s = segments[i];
    if (s == "." || s == "..") return Status::bad_request;
    bool last = i + 1 == segments.size();
    if ((s.empty() && !last) || (!s.empty() && s[0] == '.')) status = Status::not_found;
  }
  return status;
}

TEST(DecodePath, AllShortPaths) {
  const std::string alphabet = "/.%2eEfF05cC\\a";
  for (size_t length = 0; length <= 5; length++) {
    std::vector<size_t> digits(length);
    while (true) {
      std::string raw = "/";
      for (size_t digit : digits) raw.push_back(alphabet[digit]);
      Decoded decoded = decode(raw);
      ASSERT_EQ(decoded.status, oracle(raw)) << raw;
      if (decoded.status == Status::ok) {
        ASSERT_EQ(decoded.directory, raw.back() == '/') << raw;
        ASSERT_TRUE(decoded.name.empty() || (decoded.name.front() != '/' && decoded.name.back() != '/')) << raw;
        ASSERT_EQ(decoded.name.find('\0'), std::string::npos) << raw;
      }
      size_t i = 0;
      while (i < length && ++digits[i] == alphabet.size()) digits[i++] = 0;
      if (i == length) break;
    }
  }
}

TEST(DecodePath, LongestTarget) {
  std::string raw = "/";
  for (int i = 0; i < 2730; i++) raw += "%61";
  EXPECT_EQ(decode(raw).name, std::string(2730, 'a'));
  EXPECT_EQ(decode("/" + std::string(8191, 'b')).name, std::string(8191, 'b'));
}

} // namespace
} // namespace minhttp::test
