// SPDX-License-Identifier: MIT
// What a loop sees between two steps: waits at which the player of the other tests does not stop.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "unit/serve/lock.h"
#include "unit/serve/small_site.h"

namespace minhttp::test {
namespace {

using conn::Event;
using conn::Wants;

struct StepByHand : SmallSite {
  // Sends bytes on a new connection; returns what is wanted then.
  static Wants said(TestServer& house, std::string_view bytes) {
    conn::Connection& connection = house.server().connections[0];
    conn::open(connection, sys::Fd(), mapped({192, 0, 2, 7}));
    Wants want = conn::step(house.server(), connection, {.kind = Event::Kind::ready});
    EXPECT_TRUE(want.receives());
    EXPECT_LE(bytes.size(), want.to_count);
    std::copy(bytes.begin(), bytes.end(), want.to);
    return conn::step(house.server(), connection, {.kind = Event::Kind::received, .bytes = bytes.size()});
  }
  static Wants asked_again(TestServer& house) {
    return conn::step(house.server(), house.server().connections[0], {.kind = Event::Kind::ready});
  }
};

TEST_F(StepByHand, WhoWaitsForACheckKeepsItsRequest) {
  Lock lock("");
  Plan guarded = plan();
  guarded.access = lock.access();
  TestServer house(guarded);
  conn::Server& server = house.server();
  conn::Connection& connection = server.connections[0];
  ASSERT_EQ(said(house, "GET /file.txt HTTP/1.1\r\nHost: a\r\n" + std::string(joe_may) + "\r\n").kind,
            Wants::Kind::wait);
  conn::arm_timer(server, connection);
  conn::release_idle(server, connection);
  EXPECT_EQ(connection.timer, conn::Timer::check);
  EXPECT_EQ(server.timers.oldest(conn::Timer::check), 0U) << "so the loop can take its workspace";
  EXPECT_NE(connection.workspace, Pool::none) << "the request is in it";
  EXPECT_EQ(asked_again(house).kind, Wants::Kind::wait);
  bool done = false;
  for (int slices = 0; !done && slices < 100'000; slices++) {
    conn::step_auth(server, [&](conn::Connection& finished) { done = &finished == &connection; });
  }
  ASSERT_TRUE(done);
  Wants want = asked_again(house);
  ASSERT_EQ(want.sends, Wants::Sends::bytes);
  EXPECT_TRUE(begins({want.from, want.count}, "HTTP/1.1 200 OK"));
  conn::close(server, connection);
}

TEST_F(StepByHand, ACheckThatTakesTooLongIsGivenUp) {
  Lock lock("");
  Plan guarded = plan();
  guarded.access = lock.access();
  TestServer house(guarded);
  conn::Server& server = house.server();
  conn::Connection& connection = server.connections[0];
  ASSERT_EQ(said(house, "GET /file.txt HTTP/1.1\r\nHost: a\r\n" + std::string(joe_may) + "\r\n").kind,
            Wants::Kind::wait);
  conn::arm_timer(server, connection);
  Wants want = conn::step(server, connection, {.kind = Event::Kind::timeout});
  ASSERT_EQ(want.sends, Wants::Sends::bytes);
  std::string_view answer(want.from, want.count);
  EXPECT_TRUE(begins(answer, "HTTP/1.1 503 Service Unavailable"));
  EXPECT_NE(answer.find("Retry-After: 1\r\n"), answer.npos);
  EXPECT_TRUE(connection.close);
  EXPECT_FALSE(lock.authenticator.busy()) << "nobody waits for it any more";
  conn::close(server, connection);
}

// With or without a password, responses are sent in order, and earlier ones before the check is done.
TEST_F(StepByHand, AnEarlierAnswerIsSentWhileThePasswordIsChecked) {
  Lock lock("dir");
  Plan guarded = plan();
  guarded.access = lock.access();
  TestServer house(guarded);
  conn::Connection& connection = house.server().connections[0];
  Wants want = said(house, "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\nGET /dir/ HTTP/1.1\r\nHost: a\r\n" +
                               std::string(joe_may) + "\r\n");
  ASSERT_EQ(want.sends, Wants::Sends::bytes);
  EXPECT_TRUE(begins({want.from, want.count}, "HTTP/1.1 404 "));
  EXPECT_EQ(connection.state, conn::State::pending);
  EXPECT_EQ(conn::step(house.server(), connection, {.kind = Event::Kind::sent, .bytes = want.count}).kind,
            Wants::Kind::wait);
  conn::close(house.server(), connection);
}

TEST_F(StepByHand, ADirectoryThatCannotBeReadOnEndsItsListing) {
  for (int i = 0; i < 2000; i++) tree.file("many/" + std::to_string(i), "");
  Plan listing = plan();
  listing.listings = 1;
  TestServer house(listing);
  conn::Connection& connection = house.server().connections[0];
  ASSERT_EQ(said(house, "GET /many/ HTTP/1.1\r\nHost: a\r\n\r\n").kind, Wants::Kind::pause);
  conn::release_idle(house.server(), connection);
  EXPECT_NE(connection.workspace, Pool::none) << "the head is in it";
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  sys::Fd other_end(ends[1]);
  house.listings()[connection.listing].directory = sys::Fd(ends[0]);
  EXPECT_EQ(asked_again(house).kind, Wants::Kind::close) << "and the client sees that it is not whole";
  conn::close(house.server(), connection);
  EXPECT_EQ(house.server().context.listings.taken(), 0U);
}

} // namespace
} // namespace minhttp::test
