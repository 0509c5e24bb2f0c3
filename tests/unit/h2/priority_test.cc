// SPDX-License-Identifier: MIT
#include "h2/priority.h"

#include <gtest/gtest.h>

namespace minhttp::test {
namespace {

TEST(Priority, OfAField) { // RFC 9218 section 4
  struct Row {
    const char* text;
    int urgency;
    bool incremental;
  };
  for (const Row& row :
       {Row{"", 3, true},       {" ", 3, true},        {"u=0", 0, false},        {"u=7", 7, false},
        {"i", 3, true},         {"i=?1", 3, true},     {"i=?0", 3, false},       {"i=1", 3, false},
        {"u=1, i", 1, true},    {"u=1,i", 1, true},    {"\ti ,\tu=5 ", 5, true}, {"u=1;a=b, i;c", 1, true},
        {"u=2, u=4", 4, false}, {"i, i=?0", 3, false}, {"u=8", 3, false},        {"u=-1", 3, false},
        {"u=/", 3, false},      {"u=10", 3, false},    {"u=", 3, false},         {"u", 3, false},
        {"u=1.0", 3, false},    {"x=1, y", 3, false},  {"uu=1, ii", 3, false},   {",,,", 3, false},
        {"=", 3, false},        {"u=9, i", 3, true}}) {
    h2::Priority priority = h2::parse_priority(row.text);
    EXPECT_EQ(priority.urgency, row.urgency) << "'" << row.text << "'";
    EXPECT_EQ(priority.incremental, row.incremental) << "'" << row.text << "'";
  }
}

} // namespace
} // namespace minhttp::test
