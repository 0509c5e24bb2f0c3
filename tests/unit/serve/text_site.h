// SPDX-License-Identifier: MIT
#pragma once
// A directory with texts that the server compresses, and a function to send requests, all to the same server.

#include <gtest/gtest.h>

#include <ctime>
#include <memory>
#include <string>
#include <string_view>

#include "site/compressor.h"
#include "unit/gzip/gunzip.h"
#include "unit/gzip/inputs.h"
#include "unit/serve/small_site.h"

namespace minhttp::test {

constexpr size_t page_bytes = 9000; // small enough to be cached in memory
constexpr size_t long_bytes = 60'000;
constexpr size_t book_bytes = 1'000'000;

struct TextSite : SmallSite {
  TextSite() {
    tree.file("page.html", prose(page_bytes));
    tree.file("long.css", prose(long_bytes, 2));
    tree.file("book.txt", prose(book_bytes, 3));
    tree.file("random.txt", random_bytes(page_bytes));
    tree.file("short.txt", prose(limits::compress_min - 1));
    tree.file("least.txt", prose(limits::compress_min));
    tree.file("data.bin", prose(page_bytes));
    open();
  }
  void open(size_t cache_bytes = 8 << 20, uint32_t cache_files = 256) {
    Plan with = plan();
    with.cache_files = cache_files;
    with.cache_bytes = cache_bytes;
    with.compress = true;
    with.log = conn::LogFormat::common;
    with.options = options;
    house = std::make_unique<TestServer>(with);
    later(0);
  }
  // Lets time pass: a file is only compressed when its times would show another change.
  void later(int64_t ms) {
    now_ms += ms;
    serve::Clock clock;
    int64_t wall_ms = (std::time(nullptr) + limits::cache_settled_s + 1) * 1000 + now_ms;
    clock.set(now_ms * 1'000'000, wall_ms * 1'000'000);
    house->set_clock(clock);
  }
  std::string get(const std::string& target, const std::string& fields = "Accept-Encoding: gzip\r\n",
                  const std::string& method = "GET") {
    Client client(*house, 0, peer);
    client.send(method + " " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
    return client.output();
  }
  site::Compressor& compressor() { return *house->server().context.compressor; }
  // Runs turns of the loop until nothing waits; returns their number.
  size_t turns() {
    size_t count = 0;
    while (compressor().busy()) {
      compressor().turn();
      count++;
    }
    return count;
  }
  // The number of files that have a copy, of those called f0.html, f1.html and so on.
  size_t copies(size_t files) {
    site::Cache& cache = *house->server().context.cache;
    size_t count = 0;
    for (size_t i = 0; i < files; i++) {
      std::string name = "f" + std::to_string(i) + ".html";
      site::CacheEntry* entry = cache.find(cache.hash_of(0, name));
      count += entry != nullptr && entry->copy == site::Copy::made ? 1 : 0;
    }
    return count;
  }
  static std::string body_of(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }
  static std::string field(const std::string& answer, const std::string& name) {
    std::string head = answer.substr(0, answer.find("\r\n\r\n") + 2);
    size_t at = head.find("\r\n" + name + ": ");
    if (at == head.npos) return {};
    at += name.size() + 4;
    return head.substr(at, head.find("\r\n", at) - at);
  }
  // "gzip" if the body is a gzip copy of the original, "" if it is the original.
  static std::string coding_of(const std::string& answer, const std::string& original) {
    std::string coding = field(answer, "Content-Encoding");
    std::string body = body_of(answer);
    EXPECT_EQ(field(answer, "Content-Length"), std::to_string(body.size()));
    EXPECT_EQ(field(answer, "Vary"), "Accept-Encoding");
    if (coding.empty()) {
      EXPECT_TRUE(body == original);
      return coding;
    }
    Gunzipped gunzipped = gunzip(body);
    EXPECT_EQ(gunzipped.error, "");
    EXPECT_TRUE(gunzipped.bytes == original);
    EXPECT_LT(body.size(), original.size());
    return coding;
  }
  std::string codings(const std::string& target, const std::string& original, int times) {
    std::string all;
    for (int i = 0; i < times; i++) all += coding_of(get(target), original) + ",";
    return all;
  }

  serve::SiteOptions options;
  IpAddress peer = mapped({192, 0, 2, 7});
  int64_t now_ms = 1'000'000;
  std::unique_ptr<TestServer> house;
};

} // namespace minhttp::test
