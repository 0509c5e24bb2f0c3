// SPDX-License-Identifier: MIT
// Responses from a pack, as a client gets them.

#include <gtest/gtest.h>

#include <string>

#include "pack/writer.h"
#include "unit/serve/player.h"

namespace minhttp::test {
namespace {

struct ServePack : testing::Test {
  ServePack() {
    writer.add("index.html", "home")
        .add("d/a.txt", "a")
        .add("d/b.txt", "bb")
        .add("style.css", "body", {{http::Coding::gzip, "gz"}});
    writer.add("large.bin", large);
    memory = writer.write();
    EXPECT_EQ(pack.open(memory.view()), "");
  }
  Plan plan(uint32_t listings = 0) {
    Plan plan;
    plan.pack = &pack;
    plan.cache_files = 4;
    plan.listings = listings;
    return plan;
  }

  std::string large = std::string(limits::sendfile_max * 2 + 1000, 'l');
  PackWriter writer;
  PackWriter::Memory memory;
  site::Pack pack;
};

std::string get(const std::string& path, const std::string& fields = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

std::string body_of(const std::string& output) { return output.substr(output.find("\r\n\r\n") + 4); }

TEST_F(ServePack, AnswersAndReplaysTheSame) {
  TestServer house(plan());
  std::string first;
  for (int i = 0; i < 3; i++) {
    for (const std::string path : {"/", "/style.css"}) {
      Client client(house);
      client.send(get(path, "Accept-Encoding: gzip\r\n"));
      EXPECT_EQ(body_of(client.output()), path == "/" ? "home" : "gz");
      EXPECT_NE(client.output().find("\r\nETag: \""), std::string::npos);
      EXPECT_EQ(client.output().find("Last-Modified"), std::string::npos);
      if (path != "/") continue;
      if (i == 0) first = client.output();
      EXPECT_EQ(client.output(), first);
    }
  }
}

TEST_F(ServePack, SendsALargeFileInPieces) {
  for (uint32_t cached : {0U, 4U}) {
    Plan with = plan();
    with.cache_files = cached;
    TestServer house(with);
    for (int i = 0; i < 2; i++) { // the second one is replayed
      Client client(house);
      client.send(get("/large.bin"));
      EXPECT_TRUE(body_of(client.output()) == large);
      EXPECT_GE(client.writes().size(), 3U);
      for (const std::string& piece : client.writes())
        EXPECT_LE(piece.size(), limits::sendfile_max + limits::output_bytes);
    }
    Client slow(house);
    slow.take_at_most(100'000);
    slow.send(get("/large.bin", "Connection: close\r\n"));
    for (int turn = 0; turn < 20 && !slow.closed(); turn++) slow.run();
    EXPECT_TRUE(body_of(slow.output()) == large);
  }
}

TEST_F(ServePack, AnswersConditionsAndRanges) {
  TestServer house(plan());
  Client client(house);
  client.send(get("/index.html"));
  size_t tag = client.output().find("ETag: ") + 6;
  std::string etag = client.output().substr(tag, client.output().find("\r\n", tag) - tag);
  for (int i = 0; i < 2; i++) {
    Client again(house);
    again.send(get("/index.html", "If-None-Match: " + etag + "\r\n"));
    EXPECT_EQ(again.output().substr(0, 12), "HTTP/1.1 304");
    EXPECT_EQ(body_of(again.output()), "");
    Client part(house);
    part.send(get("/large.bin", "Range: bytes=0-1,300000-300002\r\n"));
    EXPECT_NE(part.output().find("\r\n\r\nlll\r\n--"), std::string::npos);
  }
}

TEST_F(ServePack, ListsADirectory) {
  TestServer house(plan(2));
  for (const auto& [path, status] : {std::pair("/d/", "200"), {"/none/", "404"}, {"/d/a.txt/", "404"}}) {
    Client client(house);
    client.send(get(path, "Accept: application/json\r\n"));
    EXPECT_EQ(client.output().substr(9, 3), status) << path;
    bool listed = client.output().find("\"name\":\"b.txt\"") != std::string::npos;
    EXPECT_EQ(listed, std::string(status) == "200") << path;
  }
}

TEST_F(ServePack, SaysThatAnEntryIsDamaged) {
  for (const char* path : {"index.html", "d"}) {
    auto broken = writer.write();
    site::Pack good;
    ASSERT_EQ(good.open(broken.view()), "");
    site::Pack::Item item;
    ASSERT_EQ(good.find(path, item), site::Pack::Lookup::found);
    auto at = reinterpret_cast<const char*>(item.entry) - broken.data();
    broken.data()[at + 16] ^= 1; // the count
    Plan with = plan(2);
    with.pack = &good;
    TestServer house(with);
    Client client(house);
    client.send(get(std::string("/") + path + (std::string(path) == "d" ? "/" : "")));
    EXPECT_EQ(client.output().substr(9, 3), "500") << path;
  }
}

TEST_F(ServePack, IsSentOverHttp2FromTheSameCache) {
  Plan with = plan();
  with.h2_sessions = 1;
  TestServer house(with);
  Client client(house);
  std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  std::string settings("\0\0\0\4\0\0\0\0\0", 9);
  // HEADERS with four indexed or literal fields: GET, /, http, and a as :authority.
  std::string request("\0\0\6\1\5\0\0\0\1\x82\x84\x86\x41\1a", 15);
  client.send(preface + settings + request);
  request[8] = 3;
  client.send(request);
  size_t first = client.output().find("home");
  EXPECT_NE(first, std::string::npos);
  EXPECT_NE(client.output().find("home", first + 1), std::string::npos);
}

} // namespace
} // namespace minhttp::test
