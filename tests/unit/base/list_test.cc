// SPDX-License-Identifier: MIT
#include "base/list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <list>
#include <random>

namespace minhttp::test {
namespace {

struct Entry {
  Links by_name;
  Links by_age;
};

std::list<uint32_t> forward(const List& list, std::span<Entry> entries, Links Entry::*links) {
  std::list<uint32_t> all;
  for (uint32_t i = list.front; i != Pool::none; i = (entries[i].*links).next) all.push_back(i);
  return all;
}

std::list<uint32_t> backward(const List& list, std::span<Entry> entries, Links Entry::*links) {
  std::list<uint32_t> all;
  for (uint32_t i = list.back; i != Pool::none; i = (entries[i].*links).previous) all.push_front(i);
  return all;
}

TEST(List, AppendsAtTheBackAndRemovesAnywhere) {
  std::array<Entry, 4> array;
  std::span<Entry> entries(array);
  List list;
  EXPECT_TRUE(list.empty());
  for (uint32_t i : {2U, 0U, 3U, 1U}) list.append(entries, &Entry::by_name, i);
  EXPECT_EQ(forward(list, entries, &Entry::by_name), (std::list<uint32_t>{2, 0, 3, 1}));
  list.remove(entries, &Entry::by_name, 3); // in the middle
  list.remove(entries, &Entry::by_name, 2); // the front
  list.remove(entries, &Entry::by_name, 1); // the back
  EXPECT_EQ(forward(list, entries, &Entry::by_name), (std::list<uint32_t>{0}));
  list.remove(entries, &Entry::by_name, 0);
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.back, Pool::none);
}

TEST(List, IsAsAListOfTheLibrary) {
  std::array<Entry, 16> array;
  std::span<Entry> entries(array);
  List list;
  List other; // the same entries, by other links
  for (uint32_t i = 0; i < array.size(); i++) other.append(entries, &Entry::by_age, i);
  std::list<uint32_t> model;
  std::mt19937 random(1);
  for (int i = 0; i < 5000; i++) {
    auto index = static_cast<uint32_t>(random() % array.size());
    auto at = std::find(model.begin(), model.end(), index);
    if (at == model.end()) {
      list.append(entries, &Entry::by_name, index);
      model.push_back(index);
    } else {
      list.remove(entries, &Entry::by_name, index);
      model.erase(at);
    }
    ASSERT_EQ(forward(list, entries, &Entry::by_name), model);
    ASSERT_EQ(backward(list, entries, &Entry::by_name), model);
    ASSERT_EQ(list.count, model.size());
  }
  EXPECT_EQ(forward(other, entries, &Entry::by_age).size(), array.size());
}

} // namespace
} // namespace minhttp::test
