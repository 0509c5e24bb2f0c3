// SPDX-License-Identifier: MIT
// Standard error that nobody reads, of every kind: a write says so and does not wait.

#include "rt/output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace minhttp::test {
namespace {

// Puts ends[1] in the place of standard error until it is destroyed; nobody reads from ends[0] by itself.
struct OutputTest : testing::Test {
  OutputTest() : kept{dup(1), dup(2)} {}
  ~OutputTest() override {
    dup2(kept[0], 1); // it has been prepared, too
    dup2(kept[1], 2);
    for (int fd : {kept[0], kept[1], ends[0], ends[1]}) close(fd);
  }

  void prepare() {
    ASSERT_GE(dup2(ends[1], 2), 0);
    rt::prepare_output();
  }
  // Writes lines until there is no room, and nothing more comes through.
  void fill() {
    std::string line(100, 'x');
    line.back() = '\n';
    size_t taken = 0;
    Result<size_t> written = size_t{0};
    while (taken < (4 << 20)) {
      written = rt::write_without_blocking(2, line);
      if (!written.ok()) break;
      taken += written.value();
    }
    EXPECT_TRUE(!written.ok() && written.is(Errno::EAGAIN_));
    EXPECT_GT(taken, 0U);
    rt::print(2, line); // drops it
  }
  void is_left_to_others_as_it_was() { EXPECT_EQ(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0); }

  int kept[2];
  int ends[2] = {-1, -1};
};

TEST_F(OutputTest, DoesNotBlockOnAFullPipe) {
  ASSERT_EQ(pipe(ends), 0);
  prepare();
  fill();
  is_left_to_others_as_it_was();
  char bytes[4096];
  ASSERT_GT(read(ends[0], bytes, sizeof bytes), 0);
  ASSERT_GT(read(ends[0], bytes, sizeof bytes), 0);
  EXPECT_TRUE(rt::write_without_blocking(2, "again\n").ok()) << "there is room again";
}

TEST_F(OutputTest, DoesNotBlockOnAFullSocket) {
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  prepare();
  fill();
  is_left_to_others_as_it_was();
}

TEST_F(OutputTest, DoesNotBlockOnAFullTerminal) {
  ends[0] = posix_openpt(O_RDWR | O_NOCTTY);
  if (ends[0] < 0 || grantpt(ends[0]) != 0 || unlockpt(ends[0]) != 0) GTEST_SKIP() << "no terminals";
  ends[1] = open(ptsname(ends[0]), O_RDWR | O_NOCTTY);
  ASSERT_GE(ends[1], 0);
  prepare();
  fill();
  is_left_to_others_as_it_was();
}

TEST_F(OutputTest, WritesToAFile) {
  char name[] = "/tmp/minhttp-output-XXXXXX";
  ends[1] = mkstemp(name);
  ASSERT_GE(ends[1], 0);
  unlink(name);
  prepare();
  rt::print(2, "one\n");
  rt::print(2, "two\n");
  char bytes[16] = {};
  EXPECT_EQ(pread(ends[1], bytes, sizeof bytes, 0), 8);
  EXPECT_STREQ(bytes, "one\ntwo\n");
}

TEST_F(OutputTest, AWriteIsNotLongerThanAPipeTakesAtOnce) {
  ASSERT_EQ(pipe(ends), 0);
  prepare();
  auto written = rt::write_without_blocking(2, std::string(10'000, 'x'));
  ASSERT_TRUE(written.ok());
  EXPECT_EQ(written.value(), 4096U);
}

} // namespace
} // namespace minhttp::test
