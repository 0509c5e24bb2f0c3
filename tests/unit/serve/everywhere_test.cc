// SPDX-License-Identifier: MIT
// The conformance cases without a socket: the response is acceptable, and the same however the bytes are split.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "unit/cases.h"
#include "unit/serve/player.h"
#include "unit/site/nobody.h"
#include "unit/site/tree.h"

namespace minhttp::test {
namespace {

constexpr std::string_view continues = "HTTP/1.1 100 Continue\r\n\r\n";

// The files of tests/conformance/mkfixture.sh, except those that only root can make.
void lay_out(const Tree& tree) {
  tree.file("index.html", "OK");
  tree.file("file.txt", "abcdefghijklmnopqrstuvwxyz");
  tree.file("empty.txt", "");
  tree.file("dir/index.html", "<p>dir index</p>");
  tree.file("noindex/a.txt", "a\n");
  tree.directory("sub/deep");
  tree.file("big.bin", std::string(100'000, 'x'));
  tree.file("../outside/secret.txt", "SECRET\n");
  tree.link("link-in", "file.txt");
  tree.link("link-out", "../outside/secret.txt");
  tree.link("linkdir-out", "../outside");
  tree.link("loop", "loop");
  tree.link("dangling", "nowhere");
  if (mkfifo(tree.path("fifo").c_str(), 0644) != 0) throw std::runtime_error("mkfifo");
  tree.file(".hidden", "hid\n");
  tree.file("a b.txt", "sp\n");
  tree.file("\xc3\xa9.txt", "u\n");
  tree.file("%41.txt", "pc\n");
  tree.file("q?x.txt", "q\n");
  tree.file("back\\slash.txt", "bs\n");
  tree.file("noperm.txt", "n\n");
  std::filesystem::permissions(tree.path("noperm.txt"), std::filesystem::perms::none);
  tree.modified("file.txt", 1'704'164'645, 0);
  tree.file("old.txt", "o\n");
  tree.modified("old.txt", -2'146'521'600, 0); // 1901
  tree.file("future.txt", "f\n");
  tree.modified("future.txt", 2'682'374'400, 0); // 2055
  tree.file("year2446.txt", "y\n");
  tree.modified("year2446.txt", 15'032'304'000, 0);
}

struct Everywhere : testing::Test {
  Everywhere() { lay_out(tree); }
  Plan directory() {
    Plan plan;
    plan.directory = tree.root();
    return plan;
  }
  Tree tree;
};

struct Played {
  std::string output;
  bool ended = false;

  bool operator==(const Played&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Played& played) {
  return out << (played.ended ? "ended: " : "open: ") << played.output.substr(0, 2000);
}

// sizes: of the pieces, in order; the rest is sent as one piece.
Played play(TestServer& house, const Case& request, const std::vector<size_t>& sizes, size_t take_at_most = SIZE_MAX) {
  house.server().boundaries = {}; // start again with the first
  Client client(house);
  client.take_at_most(take_at_most);
  std::string_view rest = request.request;
  for (size_t size : sizes) {
    client.send(rest.substr(0, size));
    rest.remove_prefix(std::min(size, rest.size()));
  }
  client.send(rest);
  if (request.half_close) client.half_close();
  for (size_t size = SIZE_MAX; size != client.output().size();) {
    size = client.output().size();
    client.run();
  }
  Played played = {client.output(), client.shut() || client.closed()};
  // Whether 100 Continue is sent depends, rightly, on whether the body has arrived.
  for (size_t at = 0; (at = played.output.find(continues)) != std::string::npos;)
    played.output.erase(at, continues.size());
  return played;
}

Played play(const Plan& plan, const Case& request, const std::vector<size_t>& sizes, size_t take_at_most = SIZE_MAX) {
  TestServer house(plan);
  return play(house, request, sizes, take_at_most);
}

constexpr size_t byte_by_byte_max = 20'000; // of a large request, the rest is sent in one piece

std::vector<size_t> single_bytes(const Case& request) {
  return std::vector<size_t>(std::min(request.request.size(), byte_by_byte_max), 1);
}

void expect_the_same(const Plan& plan) {
  std::mt19937 random(1);
  for (const Case& request : cases()) {
    Played expected = play(plan, request, {});
    ASSERT_EQ(play(plan, request, single_bytes(request)), expected) << request.id << " byte by byte";
    for (int round = 0; round < 8; round++) {
      std::vector<size_t> sizes;
      size_t longest = round < 4 ? 8 : 40 + request.request.size() / 2;
      for (size_t at = 0; at < std::min(request.request.size(), byte_by_byte_max);) {
        sizes.push_back(1 + random() % longest);
        at += sizes.back();
      }
      ASSERT_EQ(play(plan, request, sizes), expected) << request.id << " round " << round;
    }
  }
}

TEST_F(Everywhere, ADirectoryAnswersTheSameToEverySplit) { expect_the_same(directory()); }
TEST_F(Everywhere, TheGreetingIsTheSameForEverySplit) { expect_the_same({}); }

TEST_F(Everywhere, ASlowReaderGetsTheSameBytes) {
  for (const Case& request : cases()) {
    if (request.request.size() > byte_by_byte_max) continue; // its pieces would only meet a full output
    Played expected = play(directory(), request, {});
    if (expected.output.size() > byte_by_byte_max) continue;
    EXPECT_EQ(play(directory(), request, {}, 7), expected) << request.id;
  }
}

// The responses are the same when the cache is filled, when it is used, and when responses are replayed from it.
TEST_F(Everywhere, TheCacheChangesNothing) {
  Plan plan = directory();
  plan.cache_files = 32;
  TestServer cached(plan);
  for (const Case& request : cases()) {
    Played expected = play(directory(), request, {});
    for (int round = 0; round < 3; round++) {
      ASSERT_EQ(play(cached, request, {}), expected) << request.id << " round " << round;
    }
    ASSERT_EQ(play(cached, request, single_bytes(request)), expected) << request.id << " byte by byte";
  }
}

int first_status(std::string_view output) {
  if (output.size() < 12) return 0;
  return std::stoi(std::string(output.substr(9, 3)));
}

TEST_F(Everywhere, EveryCaseIsAnsweredAcceptably) {
  Nobody nobody;
  size_t judged = 0;
  for (const Case& request : cases()) {
    if (request.request.find("/null") != std::string::npos) continue; // a device, which only root can make
    if (request.resets) continue;
    Played played = play(directory(), request, {});
    int status = first_status(played.output);
    bool acceptable = std::find(request.statuses.begin(), request.statuses.end(), status) != request.statuses.end();
    // Neither a response nor an end: the server waits for more, until its timeout.
    bool waits = status == 0 && !played.ended;
    EXPECT_TRUE(acceptable || waits) << request.id << ": " << played;
    bool as_wished = request.connection == "close"  ? played.ended || waits
                     : request.connection == "keep" ? !played.ended
                                                    : true;
    EXPECT_TRUE(as_wished) << request.id << " wants " << request.connection << ": " << played;
    judged += waits ? 0 : 1;
  }
  EXPECT_GT(judged, 200U);
}

// No request, however it is written, can read what is outside of the root.
TEST_F(Everywhere, NothingOutsideTheRootIsServed) {
  for (const Case& request : cases()) {
    EXPECT_EQ(play(directory(), request, {}).output.find("SECRET"), std::string::npos) << request.id;
  }
}

} // namespace
} // namespace minhttp::test
