// SPDX-License-Identifier: MIT
#include "base/result.h"

#include <gtest/gtest.h>

#include "unit/panic.h"

namespace minhttp::test {
namespace {

static_assert(sizeof(Result<size_t>) == sizeof(long), "one word, as in a register");

TEST(Result, TheKernelsReturnValues) {
  EXPECT_TRUE(Result<size_t>::from_kernel(0).ok());
  EXPECT_TRUE(Result<size_t>::from_kernel(4096).ok());
  EXPECT_FALSE(Result<size_t>::from_kernel(-1).ok());
  EXPECT_FALSE(Result<size_t>::from_kernel(-4095).ok());
  EXPECT_TRUE(Result<size_t>::from_kernel(-4096).ok()) << "an address of mmap may look like this";
  EXPECT_EQ(Result<size_t>::from_kernel(-4096).value(), static_cast<size_t>(-4096));
  EXPECT_EQ(Result<int>::from_kernel(-ENOENT).error(), Errno::ENOENT_);
  EXPECT_TRUE(Result<int>::from_kernel(-ENOENT).is(Errno::ENOENT_));
  EXPECT_FALSE(Result<int>::from_kernel(-ENOENT).is(Errno::EACCES_));
  EXPECT_FALSE(Result<int>::from_kernel(ENOENT).is(Errno::ENOENT_)) << "a value is no error";
}

TEST(Result, ErrorsWithoutAName) {
  auto result = Result<int>::from_kernel(-3999);
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(static_cast<int>(result.error()), 3999);
}

TEST(Result, Values) {
  EXPECT_EQ(Result<int>(7).value(), 7);
  EXPECT_EQ(Result<size_t>::from_kernel(1L << 40).value(), size_t{1} << 40);
  int place = 0;
  EXPECT_EQ(Result<int*>(&place).value(), &place);
  EXPECT_TRUE(Result<>().ok());
  EXPECT_TRUE(Result<>::from_kernel(0).ok());
}

TEST(Result, TakingTheValueOfAnErrorPanics) {
  EXPECT_THROW((void)Result<int>(Errno::EIO_).value(), Panic);
  EXPECT_THROW((void)Result<>(Errno::EIO_).value(), Panic);
}

Result<int> twice(Result<int> result) {
  int value = TRY(result);
  return 2 * value;
}

Result<> only_errors(Result<int> result) {
  TRY(result);
  return {};
}

TEST(Result, TryReturnsErrorsAndPassesValues) {
  EXPECT_EQ(twice(4).value(), 8);
  EXPECT_TRUE(twice(Errno::EMFILE_).is(Errno::EMFILE_));
  EXPECT_TRUE(only_errors(4).ok());
  EXPECT_TRUE(only_errors(Errno::EPIPE_).is(Errno::EPIPE_));
}

TEST(Result, TryEvaluatesOnce) {
  int count = 0;
  auto function = [&]() -> Result<int> {
    count++;
    return count;
  };
  auto caller = [&]() -> Result<int> { return TRY(function()) + 0; };
  EXPECT_EQ(caller().value(), 1);
  EXPECT_EQ(count, 1);
}

} // namespace
} // namespace minhttp::test
