// SPDX-License-Identifier: MIT
// Which process is killed where too many have retired.

#include <gtest/gtest.h>

#include "app/formers.h"

namespace minhttp::test {
namespace {

TEST(Formers, AFreePlaceIsTakenFirst) {
  std::array<app::Older, 4> olders = {};
  EXPECT_EQ(&app::place_for_another(olders), &olders[0]);
  for (uint32_t i = 0; i < olders.size(); i++) olders[i] = {.process = 100 + static_cast<int>(i), .id = i + 1};
  olders[2] = {};
  EXPECT_EQ(&app::place_for_another(olders), &olders[2]) << "nobody is killed while there is room";
}

TEST(Formers, WithoutAFreePlaceTheOldestIsReplaced) {
  std::array<app::Older, 3> olders = {{{.process = 7, .id = 9}, {.process = 8, .id = 4}, {.process = 9, .id = 5}}};
  app::Older& place = app::place_for_another(olders);
  EXPECT_EQ(place.id, 4U);
  place = {.process = 10, .id = 10};
  EXPECT_EQ(app::place_for_another(olders).id, 5U);
}

} // namespace
} // namespace minhttp::test
