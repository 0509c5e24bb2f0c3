// SPDX-License-Identifier: MIT
// src/rt/mem.cc under other names (cmake/hosted.cmake), against the C library.

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "unit/guard.h"

extern "C" {
void* minhttp_memcpy(void* to, const void* from, size_t count);
void* minhttp_memmove(void* to, const void* from, size_t count);
void* minhttp_memset(void* to, int byte, size_t count);
int minhttp_memcmp(const void* a, const void* b, size_t count);
size_t minhttp_strlen(const char* text);
}

namespace minhttp::test {
namespace {

constexpr size_t size_max = 70;
constexpr size_t copied_max = 150; // more than twice what one turn of the loop copies

std::vector<char> pattern(size_t size) {
  std::vector<char> bytes(size);
  std::mt19937 random(1);
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

TEST(Mem, CopyAtEveryAlignment) {
  const std::vector<char> from = pattern(200);
  for (size_t size = 0; size <= copied_max; size++) {
    for (size_t source = 0; source < 16; source++) {
      for (size_t target = 0; target < 16; target++) {
        std::vector<char> ours(200, 'z');
        std::vector<char> theirs(200, 'z');
        ASSERT_EQ(minhttp_memcpy(&ours[target], &from[source], size), &ours[target]);
        std::memcpy(&theirs[target], &from[source], size);
        ASSERT_EQ(ours, theirs) << size << " bytes from " << source << " to " << target;
      }
    }
  }
}

TEST(Mem, MoveOverEveryOverlap) {
  for (size_t size = 0; size <= size_max; size++) {
    for (size_t source = 0; source <= size_max; source++) {
      for (size_t target = 0; target <= size_max; target += source % 8 == 0 ? size_t{1} : size_t{3}) {
        std::vector<char> ours = pattern(200);
        std::vector<char> theirs = ours;
        ASSERT_EQ(minhttp_memmove(&ours[target], &ours[source], size), &ours[target]);
        std::memmove(&theirs[target], &theirs[source], size);
        ASSERT_EQ(ours, theirs) << size << " bytes from " << source << " to " << target;
      }
    }
  }
}

TEST(Mem, SetAtEveryAlignment) {
  for (int byte : {0, 1, 0x80, 0xff, 0x1234}) {
    for (size_t size = 0; size <= size_max; size++) {
      for (size_t target = 0; target < 16; target++) {
        std::vector<char> ours(200, 'z');
        std::vector<char> theirs(200, 'z');
        ASSERT_EQ(minhttp_memset(&ours[target], byte, size), &ours[target]);
        std::memset(&theirs[target], byte, size);
        ASSERT_EQ(ours, theirs);
      }
    }
  }
}

int sign(int value) { return value < 0 ? -1 : value > 0 ? 1 : 0; }

TEST(Mem, CompareEveryPlaceOfADifference) {
  for (size_t size = 0; size <= size_max; size++) {
    std::vector<char> a = pattern(size + 1);
    std::vector<char> b = a;
    EXPECT_EQ(minhttp_memcmp(a.data(), b.data(), size), 0);
    for (size_t place = 0; place <= size; place++) {
      for (int difference : {1, 0x7f, 0x80, 0xff}) {
        b[place] = static_cast<char>(a[place] ^ difference);
        ASSERT_EQ(sign(minhttp_memcmp(a.data(), b.data(), size)), sign(std::memcmp(a.data(), b.data(), size)));
        ASSERT_EQ(sign(minhttp_memcmp(b.data(), a.data(), size)), sign(std::memcmp(b.data(), a.data(), size)));
      }
      b[place] = a[place];
    }
  }
}

TEST(Mem, BytesOutsideAreNotTouched) {
  Guard source(4096);
  Guard target(4096);
  for (size_t size = 0; size <= size_max; size++) {
    for (bool at_end : {true, false}) {
      char* from = (at_end ? source.last(size) : source.first(size)).data();
      char* to = (at_end ? target.last(size) : target.first(size)).data();
      minhttp_memset(from, 'a', size);
      minhttp_memcpy(to, from, size);
      EXPECT_EQ(minhttp_memcmp(to, from, size), 0);
      minhttp_memmove(to, from, size);
      for (size_t shift = 0; shift <= size; shift++) {
        minhttp_memmove(to, to + shift, size - shift);
        minhttp_memmove(to + shift, to, size - shift);
      }
    }
    auto text = source.last(size + 1);
    std::memset(text.data(), 'a', size);
    text[size] = 0;
    EXPECT_EQ(minhttp_strlen(text.data()), size);
  }
}

} // namespace
} // namespace minhttp::test
