// SPDX-License-Identifier: MIT
#include "sim/scripts.h"

#include "sim/random.h"
#include "unit/cases.h"

namespace minhttp::sim {
namespace {

constexpr int64_t old_s = 1'600'000'000;
constexpr int64_t new_s = 1'600'001'000;
constexpr size_t own_scripts = 300;

// Every byte shows which file it is from, and at what position.
std::string text(const std::string& whose, size_t size) {
  std::string all;
  while (all.size() < size) all += whose + std::to_string(all.size()) + ";";
  return all.substr(0, size);
}

const std::vector<std::string> targets = {
    "/",         "/tiny.txt",     "/small.txt",   "/page",         "/page.html", "/mid.bin",  "/big.bin",
    "/link.txt", "/out",          "/nothing",     "/dir",          "/dir/",      "/fifo",     "/secret.txt",
    "/old",      "/replaced.txt", "/shrinks.bin", "/vanishes.txt", "/a/../b",    "/%2e%2e/x", "/empty.txt"};

std::string request(Random& random, Script& script, bool last) {
  const std::string& target = targets[random.below(targets.size())];
  bool head = random.chance(150);
  script.heads.push_back(head);
  script.cut = script.cut || target == "/shrinks.bin";
  std::string all = (head ? "HEAD " : "GET ") + target + " HTTP/1.1\r\nHost: sim\r\n";
  switch (random.below(8)) {
    case 0:
      all +=
          "Range: bytes=" + std::to_string(random.below(50)) + "-" + std::to_string(50 + random.below(9000)) + "\r\n";
      break;
    case 1: all += "Range: bytes=0-4,10-19,-5\r\n"; break;
    case 2: all += "Accept-Encoding: gzip, br\r\n"; break;
    case 3: all += "If-Modified-Since: Thu, 01 Jan 2026 00:00:00 GMT\r\n"; break;
    case 4: all += "If-None-Match: *\r\n"; break;
    case 5: all += "Content-Length: 10\r\n"; break;
    case 6: all += "X-Padding: " + std::string(random.below(3000), 'p') + "\r\n"; break;
    default: break;
  }
  bool has_body = all.find("Content-Length") != all.npos;
  if (last) all += "Connection: close\r\n";
  all += "\r\n";
  return has_body ? all + "0123456789" : all;
}

std::vector<Script> all_scripts() {
  std::vector<Script> all;
  for (const test::Case& one : test::cases()) {
    if (one.resets || one.request.size() > 200'000) continue;
    Script script;
    script.name = one.id;
    script.bytes = one.request;
    script.exact = true;
    script.half_close = true; // so that every conversation ends
    script.asks = asks_of(script.bytes, true);
    all.push_back(script);
  }
  for (size_t i = 0; i < own_scripts; i++) {
    Random random(i);
    Script script;
    script.name = "own " + std::to_string(i);
    for (uint64_t left = random.between(1, 12); left > 0; left--) script.bytes += request(random, script, left == 1);
    script.asks = asks_of(script.bytes, false);
    all.push_back(script);
  }
  return all;
}

} // namespace

void lay_site(Files& files, int version) {
  using Kind = Node::Kind;
  auto put = [&](const char* name, std::string content) {
    files.put(std::string("/site/") + name, Kind::file, std::move(content), old_s);
  };
  put("index.html", text("index", 700));
  put("tiny.txt", text("tiny", 20));
  put("empty.txt", "");
  put("small.txt", text("small", 3000));
  put("file.txt", text("file", 1000));
  put("page.html", text("page", 5000));
  put("page.html.gz", text("gzip", 900));
  put("mid.bin", text("mid", 15'000));
  put("big.bin", text("big", 400'000));
  put("404.html", text("missing", 300));
  put("dir/index.html", text("dir", 100));
  put("replaced.txt", text("before", 2000));
  put("shrinks.bin", text("shrinks", 30'000));
  put("vanishes.txt", text("vanishes", 500));
  put("_redirects", "/old /tiny.txt 301\n");
  put("_headers", "/dir/*\n  X-Dir: yes\n");
  files.put("/site/link.txt", Kind::link, "tiny.txt");
  files.put("/site/out", Kind::link, "/etc/passwd");
  files.put("/site/fifo", Kind::fifo);
  files.put("/site/secret.txt", Kind::file, "secret", old_s)->readable = false;
  files.put("/etc/passwd", Kind::file, "outside of the site", old_s);
  if (version >= 2) {
    files.remove("/site/404.html");
    files.remove("/site/page.html.gz");
  }
  for (int which = 0; version % 2 == 1 && which < change_count; which++) change(files, which);
}

void change(Files& files, int which) {
  auto shrinks = files.at("/site/shrinks.bin");
  switch (which) {
    case 0: files.put("/site/replaced.txt", Node::Kind::file, text("after", 6000), new_s); break;
    case 1:
      shrinks->content.resize(11'000);
      shrinks->mtime_s = new_s;
      break;
    default:
      if (files.at("/site/vanishes.txt")) files.remove("/site/vanishes.txt");
  }
}

const Script& dripping(bool empty_lines) {
  static const Script head = {.name = "dripping", .bytes = "GET /tiny.txt HTTP/1.1\r\nX-Drip: ", .heads = {}};
  static const Script lines = {.name = "dripping empty lines", .bytes = "\r\n", .heads = {}};
  return empty_lines ? lines : head;
}

const std::vector<Script>& scripts() {
  static const std::vector<Script> all = all_scripts();
  return all;
}

} // namespace minhttp::sim
