// SPDX-License-Identifier: MIT
// A log whose reader is slow, gone, or just right.

#include "log/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

namespace minhttp::test {
namespace {

struct LogTest : testing::Test {
  LogTest() {
    if (pipe(ends) != 0) throw std::runtime_error("pipe");
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    fcntl(ends[1], F_SETPIPE_SZ, 4096);
    signal(SIGPIPE, SIG_IGN); // as the server does
  }
  ~LogTest() override {
    for (int end : ends) {
      if (end >= 0) close(end);
    }
  }

  // false: it was dropped.
  static bool say(log::Log& log, const std::string& line) {
    auto to = log.reserve(line.size());
    if (to.empty()) return false;
    std::memcpy(to.data(), line.data(), line.size());
    log.commit(line.size());
    return true;
  }
  std::string read_all() const {
    std::string all;
    char piece[8192];
    for (ssize_t size = 0; (size = read(ends[0], piece, sizeof piece)) > 0;)
      all.append(piece, static_cast<size_t>(size));
    return all;
  }
  void no_reader() {
    close(ends[0]);
    ends[0] = -1;
  }

  int ends[2];
  std::vector<char> buffer = std::vector<char>(10'000);
};

TEST_F(LogTest, LinesWaitUntilTheyAreFlushed) {
  log::Log log(buffer, ends[1]);
  EXPECT_FALSE(log.pending());
  EXPECT_TRUE(say(log, "one\n"));
  EXPECT_TRUE(say(log, "two\n"));
  EXPECT_TRUE(log.pending());
  EXPECT_EQ(read_all(), "") << "one write for many lines";
  log.flush();
  EXPECT_FALSE(log.pending());
  EXPECT_EQ(read_all(), "one\ntwo\n");
}

TEST_F(LogTest, ALineMayBeShorterThanReserved) {
  log::Log log(buffer, ends[1]);
  auto to = log.reserve(100);
  ASSERT_EQ(to.size(), 100U);
  std::memcpy(to.data(), "short\n", 6);
  log.commit(6);
  say(log, "next\n");
  log.flush();
  EXPECT_EQ(read_all(), "short\nnext\n");
}

TEST_F(LogTest, MoreThanAPipeHoldsComesInOrder) {
  log::Log log(buffer, ends[1]);
  std::string expected;
  std::string got;
  for (int i = 0; i < 2000; i++) {
    std::string line = "line " + std::to_string(i) + "\n";
    ASSERT_TRUE(say(log, line));
    expected += line;
    log.flush();
    if (i % 100 == 99) {
      got += read_all();
      log.flush();
    }
  }
  while (log.pending()) {
    got += read_all();
    log.flush();
  }
  EXPECT_EQ(got + read_all(), expected);
}

TEST_F(LogTest, ASlowReaderLosesWholeLinesAndTheirCountIsLogged) {
  log::Log log(buffer, ends[1]);
  std::string line = std::string(99, 'x') + "\n";
  int dropped = 0;
  for (int i = 0; i < 1000; i++) {
    if (!say(log, line)) dropped++;
    log.flush(); // and this never blocks
  }
  EXPECT_GT(dropped, 800);
  std::string got;
  for (int i = 0; i < 100; i++) {
    got += read_all();
    log.flush();
  }
  int whole = 0;
  std::string told;
  for (size_t at = 0; at < got.size();) {
    size_t end = got.find('\n', at);
    ASSERT_NE(end, got.npos);
    std::string one = got.substr(at, end + 1 - at);
    if (one == line) {
      whole++;
    } else {
      told += one;
    }
    at = end + 1;
  }
  EXPECT_EQ(whole + dropped, 1000);
  EXPECT_EQ(told, "minhttp: log lines dropped: " + std::to_string(dropped) + "\n") << "once";
  EXPECT_FALSE(log.pending());
}

// What a reader gets in one piece ends with a line, so that another writer's lines fit between.
TEST_F(LogTest, AWriteEndsAtTheEndOfALine) {
  fcntl(ends[1], F_SETPIPE_SZ, 65536);
  log::Log log(buffer, ends[1]);
  std::string line = std::string(999, 'x') + "\n";
  for (int i = 0; i < 9; i++) say(log, line);
  log.flush();
  EXPECT_EQ(read_all().size(), 9000U);
  fcntl(ends[1], F_SETPIPE_SZ, 4096); // room for one write
  for (int i = 0; i < 9; i++) say(log, line);
  log.flush();
  EXPECT_EQ(read_all().size(), 4000U);
}

TEST_F(LogTest, TwoWritersTakeTurns) {
  fcntl(ends[1], F_SETPIPE_SZ, 65536);
  log::WriteLock turn;
  std::vector<char> other_buffer(10'000);
  log::Log log(buffer, ends[1]);
  log::Log other(other_buffer, ends[1]);
  log.share(turn, 1);
  other.share(turn, 2);
  say(log, "one\n");
  EXPECT_TRUE(log.flush());
  say(other, "two\n");
  EXPECT_TRUE(other.flush());
  EXPECT_EQ(read_all(), "one\ntwo\n");
  ASSERT_TRUE(turn.take(1));
  say(other, "later\n");
  EXPECT_FALSE(other.flush());
  EXPECT_EQ(read_all(), "");
  turn.give_back(1);
  EXPECT_TRUE(other.flush());
  EXPECT_EQ(read_all(), "later\n");
}

TEST_F(LogTest, ALineLongerThanAWriteStaysWhole) {
  log::WriteLock turn;
  std::vector<char> other_buffer(10'000);
  log::Log log(buffer, ends[1]);
  log::Log other(other_buffer, ends[1]);
  log.share(turn, 1);
  other.share(turn, 2);
  std::string line = std::string(8999, 'x') + "\n";
  say(log, line);
  say(other, "other\n");
  EXPECT_TRUE(log.flush());
  std::string got = read_all();
  EXPECT_EQ(got.size(), 4096U) << "the pipe holds no more";
  EXPECT_FALSE(other.flush()) << "in the middle of a line";
  while (log.pending()) {
    log.flush();
    got += read_all();
  }
  EXPECT_TRUE(other.flush());
  EXPECT_EQ(got + read_all(), line + "other\n");
}

// Whoever dies in its turn has it taken away, and does not take away anybody else's.
TEST_F(LogTest, OnlyItsHolderReleasesTheWriteLock) {
  log::WriteLock turn;
  ASSERT_TRUE(turn.take(1));
  EXPECT_TRUE(turn.take(1)) << "again";
  turn.give_back(2);
  EXPECT_FALSE(turn.take(2));
  turn.give_back(1);
  EXPECT_TRUE(turn.take(2));
}

TEST_F(LogTest, WithoutAReaderLinesAreDropped) {
  no_reader();
  log::Log log(buffer, ends[1]);
  for (int i = 0; i < 1000; i++) {
    say(log, "a line that nobody reads\n");
    log.flush();
  }
  EXPECT_TRUE(say(log, "the server goes on\n"));
}

TEST_F(LogTest, ALineLongerThanTheBufferIsDropped) {
  log::Log log(buffer, ends[1]);
  EXPECT_TRUE(log.reserve(buffer.size() + 1).empty());
  EXPECT_TRUE(say(log, "others do\n"));
  log.flush();
  EXPECT_EQ(read_all().substr(0, 10), "others do\n");
}

} // namespace
} // namespace minhttp::test
