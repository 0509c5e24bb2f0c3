// SPDX-License-Identifier: MIT
// Where a body goes that has no room behind its head, and when a response is not replayed.

#include "conn/answer.h"

#include <gtest/gtest.h>

#include "unit/rules/ruled.h"
#include "unit/serve/cached_site.h"

namespace minhttp::test {
namespace {

struct Answer : CachedSite {};

// The largest body that is read into the output, behind pipelined responses that leave room for its head alone. The
// cache has no memory for bodies, so they are read from their descriptors.
TEST_F(Answer, ABodyWithoutRoomBehindItsHeadIsSentOnItsOwn) {
  std::string body(limits::body_in_memory_max, 'b');
  tree.file("body.bin", body);
  Ruled headers("", "/*\n X: " + std::string(3800, 'x') + "\n");
  rules::Fields fields = headers.match("/");
  TestServer plain(plan());
  Plan small = cached();
  small.cache_bytes = 0;
  TestServer house(small);
  house.server().context.options.default_headers = plain.server().context.options.default_headers = &fields;
  std::string body_response = ask(plain, get("/body.bin"));
  bool gathered = false;
  bool alone = false;
  for (size_t size = 0; size < 4000; size += 100) {
    tree.file("front" + std::to_string(size), std::string(size, 'f'));
    std::string request = get("/front" + std::to_string(size));
    std::string response = ask(plain, request);
    Client client(house);
    client.send(request + request + get("/body.bin"));
    EXPECT_TRUE(client.output() == response + response + body_response) << size;
    gathered |= client.writes().size() == 1;
    alone |= ends(client.writes()[0], "\r\n\r\n") && client.writes().back() == body;
  }
  EXPECT_TRUE(gathered);
  EXPECT_TRUE(alone);
}

TEST_F(Answer, WithoutACacheOfResponsesNothingIsReplayed) {
  TestServer plain(plan());
  TestServer house(cached());
  house.server().responses = nullptr;
  for (int i = 0; i < 3; i++) EXPECT_EQ(ask(house, get_file), ask(plain, get_file));
}

// Who edits a file and requests it sees the change, though the last response could be replayed.
TEST_F(Answer, AfterAQuietMomentNothingIsReplayed) {
  static_assert(limits::cache_quiet_ms < limits::cache_fresh_ms);
  TestServer house(cached());
  set_time(house, 0, 0);
  std::string first = ask(house, get_file);
  EXPECT_EQ(ask(house, get_file), first);
  tree.file("file.txt", "another");
  set_time(house, limits::cache_quiet_ms - 1, limits::cache_quiet_ms - 1);
  EXPECT_EQ(ask(house, get_file), first);
  set_time(house, 2 * limits::cache_quiet_ms, 2 * limits::cache_quiet_ms);
  EXPECT_TRUE(ends(ask(house, get_file), "\r\n\r\nanother"));
}

} // namespace
} // namespace minhttp::test
