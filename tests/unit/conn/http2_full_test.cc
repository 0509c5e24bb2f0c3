// SPDX-License-Identifier: MIT
// The output has no room for another answer: the client has to wait with its frames, and nothing is lost.

#include <gtest/gtest.h>

#include "unit/conn/http2_fixture.h"

namespace minhttp::test {
namespace {

struct Http2Full : Http2 {
  // The output is filled with a file, and then with answers to PINGs.
  static void fill(H2Client& client) {
    client.client.take_at_most(0);
    client.send(window_update(0, 1'000'000) + get(1, "/big.bin") + window_update(1, 1'000'000));
    for (int i = 0; i < pings; i++) client.send(ping());
    EXPECT_EQ(client.client.timer(), Timer::send);
  }
  static constexpr int pings = 100;
};

TEST_F(Http2Full, FramesWaitInTheInput) {
  TestServer house(plan());
  H2Client client(house);
  client.frames();
  fill(client);
  for (int i = 0; i < 2000; i++) client.send(window_update(0, limits::h2_small)); // more than the input holds
  EXPECT_FALSE(client.client.closed());
  client.client.take_at_most(SIZE_MAX);
  client.run();
  EXPECT_EQ(count(client.frames(), "PING ack 12345678"), size_t{pings});
  EXPECT_EQ(client.whole(1).body.size(), 3'000'000U);
}

TEST_F(Http2Full, GoawayWaitsForRoom) {
  TestServer house(plan());
  H2Client client(house);
  client.frames();
  fill(client);
  house.server().http2->drains = true;
  client.run();
  client.client.take_at_most(SIZE_MAX);
  client.run();
  EXPECT_EQ(count(client.frames(), "GOAWAY 2147483647 NO_ERROR; PING draining"), 1U);
  client.send(ping("draining", h2::flag::ack));
  EXPECT_EQ(client.whole(1).body.size(), 3'000'000U);
  EXPECT_TRUE(client.client.shut());
}

TEST_F(Http2Full, StreamsThatAreOverdueWaitForRoom) {
  TestServer house(plan());
  set_time(house, 1'000'000);
  H2Client client(house);
  client.send(post(3));
  EXPECT_EQ(client[3].status(), "405");
  client.client.take_at_most(0);
  client.send(get(5, "/big.bin"));
  for (int i = 0; i < pings; i++) client.send(ping());
  set_time(house, 1'000'000 + durations_ms[static_cast<size_t>(Timer::streams)]);
  client.run();
  EXPECT_EQ(house.server().http2->shared.streams.free.taken(), 2U) << "the output has a deadline of its own";
  client.client.take_at_most(SIZE_MAX);
  client.run();
  EXPECT_EQ(client[3].reset, "CANCEL") << "the rest of its request did not come";
}

} // namespace
} // namespace minhttp::test
