// SPDX-License-Identifier: MIT
#include "app/user.h"

#include <gtest/gtest.h>

namespace minhttp::app {
namespace {

bool same(std::optional<User> a, uint32_t user, uint32_t group) { return a && a->user == user && a->group == group; }

TEST(User, ANumberOrTwoNumbers) {
  EXPECT_TRUE(same(parse_user("1000"), 1000, 1000)) << "not group 0, which a container would give";
  EXPECT_TRUE(same(parse_user("1000:50"), 1000, 50));
  EXPECT_TRUE(same(parse_user("0:0"), 0, 0));
  for (const char* text :
       {"", ":", "1:", ":1", "1:2:3", "-1", "+1", " 1", "1 ", "4294967295", "1:4294967295", "nobody", "0x1"}) {
    EXPECT_FALSE(parse_user(text)) << text;
  }
}

TEST(User, IsFoundInPasswd) {
  constexpr std::string_view text =
      "root:x:0:0:root:/root:/bin/bash\n"
      "\n"
      "bad:x:y:1::\n"
      "short:x:5\n"
      "web:x:33:34:a:b\n"
      "web:x:1:1::\n"
      "last:*:9:8";
  EXPECT_TRUE(same(find_user(text, "root"), 0, 0));
  EXPECT_TRUE(same(find_user(text, "web"), 33, 34)) << "the first of a name";
  EXPECT_TRUE(same(find_user(text, "last"), 9, 8));
  for (const char* name : {"ww", "oot", "x", "bad", "short", "WEB", "nobody"})
    EXPECT_FALSE(find_user(text, name)) << name;
  EXPECT_FALSE(find_user("", "root"));
}

} // namespace
} // namespace minhttp::app
