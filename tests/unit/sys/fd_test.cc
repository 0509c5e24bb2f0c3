// SPDX-License-Identifier: MIT
#include "sys/fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <utility>

namespace minhttp::test {
namespace {

using sys::Fd;

bool is_open(int number) { return fcntl(number, F_GETFD) >= 0; }

TEST(Fd, IsClosedWithItsOwner) {
  int number = dup(0);
  {
    Fd fd(number);
    EXPECT_TRUE(fd.open());
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(Fd, MovingLeavesOneOwner) {
  int number = dup(0);
  Fd first(number);
  Fd second(std::move(first));
  EXPECT_FALSE(first.open());
  EXPECT_EQ(second.number(), number);
  int other = dup(0);
  Fd third(other);
  third = std::move(second);
  EXPECT_FALSE(is_open(other)) << "what it had before is closed";
  EXPECT_TRUE(is_open(number));
  third = std::move(*&third);
  EXPECT_TRUE(is_open(number)) << "given to itself";
}

TEST(Fd, ClosedTwiceIsClosedOnce) {
  Fd fd(dup(0));
  int number = fd.number();
  fd.close();
  Fd next(dup(0));
  ASSERT_EQ(next.number(), number) << "the kernel gives the lowest number that is free";
  fd.close();
  EXPECT_TRUE(is_open(number)) << "which belongs to somebody else now";
}

TEST(Fd, ReleasedIsNotClosed) {
  int number = dup(0);
  {
    Fd fd(number);
    EXPECT_EQ(fd.release(), number);
    EXPECT_FALSE(fd.open());
  }
  EXPECT_TRUE(is_open(number));
  close(number);
}

TEST(Fd, WithoutADescriptorNothingIsClosed) {
  Fd fd;
  EXPECT_FALSE(fd.open());
  fd.close();
}

} // namespace
} // namespace minhttp::test
