// SPDX-License-Identifier: MIT
#pragma once
// A directory with a few files, and functions to check responses from it.

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "unit/serve/player.h"
#include "unit/site/tree.h"

namespace minhttp::test {

constexpr std::string_view get_file = "GET /file.txt HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view contents = "abcdefghijklmnopqrstuvwxyz";

struct SmallSite : testing::Test {
  SmallSite() {
    tree.file("file.txt", contents);
    tree.file("index.html", "OK");
    tree.file("empty.txt", "");
    tree.file("dir/index.html", "dir");
    tree.file("big.bin", std::string(3'000'000, 'x'));
    tree.modified("file.txt", 1'704'164'645, 0);
  }
  Plan plan() {
    Plan plan;
    plan.directory = tree.root();
    return plan;
  }
  Tree tree;
};

inline size_t count(std::string_view text, std::string_view piece) {
  size_t n = 0;
  for (size_t at = text.find(piece); at != text.npos; at = text.find(piece, at + piece.size())) n++;
  return n;
}

inline bool begins(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }
inline bool ends(std::string_view text, std::string_view with) {
  return text.size() >= with.size() && text.substr(text.size() - with.size()) == with;
}

inline std::string text_answer(const TestServer& house, const std::string& status, const std::string& fields = "",
                               bool body = true) {
  // Only files may be cached.
  std::string kept = status[0] == '3' ? "no-cache" : "no-store";
  // Location comes before Cache-Control, all other fields after it.
  std::string caching = "Cache-Control: " + kept + "\r\n";
  bool location = fields.rfind("Location: ", 0) == 0;
  size_t end = location ? fields.find('\n') + 1 : 0;
  return "HTTP/1.1 " + status + "\r\nDate: " + house.date() + "\r\nContent-Type: text/plain; charset=utf-8\r\n" +
         "Content-Length: " + std::to_string(status.size() + 1) + "\r\n" + fields.substr(0, end) + caching +
         fields.substr(end) + "\r\n" + (body ? status + "\n" : "");
}

} // namespace minhttp::test
