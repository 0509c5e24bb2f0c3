// SPDX-License-Identifier: MIT
// When the access log gets a response's line, and what it says of one that breaks off.

#include <gtest/gtest.h>

#include "unit/serve/small_site.h"

namespace minhttp::test {
namespace {

constexpr std::string_view get_big = "GET /big.bin HTTP/1.1\r\nHost: a\r\n\r\n";

struct LogRecords : SmallSite {
  Plan logged(uint32_t records = 16) {
    Plan made = plan();
    made.log = conn::LogFormat::common;
    made.log_records = records;
    return made;
  }
  static uint32_t taken(TestServer& house) { return house.server().free_log_records.taken(); }
};

TEST_F(LogRecords, TheLineIsWrittenAfterTheLastByte) {
  TestServer house(logged());
  Client client(house);
  client.take_at_most(0);
  client.send(get_file);
  EXPECT_EQ(house.log(), "");
  EXPECT_EQ(taken(house), 1U);
  client.take_at_most(SIZE_MAX);
  client.run();
  EXPECT_TRUE(ends(house.log(), "] \"GET /file.txt HTTP/1.1\" 200 26\n")) << house.log();
  EXPECT_EQ(taken(house), 0U);
}

TEST_F(LogRecords, AnAbortedResponseIsMarked) {
  TestServer house(logged());
  Client client(house);
  client.take_at_most(0);
  client.send(get_big);
  client.fail();
  EXPECT_TRUE(ends(house.log(), "] \"GET /big.bin HTTP/1.1\" 200 0 aborted\n")) << house.log();
  EXPECT_EQ(taken(house), 0U);
}

// Of the body, not of the head.
TEST_F(LogRecords, TheLineHasTheBytesThatWereSent) {
  TestServer house(logged());
  conn::Server& server = house.server();
  conn::Connection& connection = server.connections[0];
  {
    Client client(house);
    client.take_at_most(0);
    client.send(get_big);
    connection.sent += 1000; // as if the kernel had taken so many
    const conn::LogRecord& record = server.log_records[connection.log_record];
    ASSERT_GT(1000U, record.body_begin);
    uint64_t sent = 1000 - record.body_begin;
    client.fail();
    EXPECT_TRUE(ends(house.log(), "\" 200 " + std::to_string(sent) + " aborted\n")) << house.log();
  }
}

TEST_F(LogRecords, PipelinedResponsesAreLoggedInOrder) {
  TestServer house(logged());
  Client client(house);
  client.take_at_most(0);
  client.send(
      "HEAD /file.txt HTTP/1.1\r\nHost: a\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /none HTTP/1.1\r\nHost: "
      "a\r\n\r\n");
  EXPECT_EQ(taken(house), 3U);
  EXPECT_EQ(house.log(), "");
  client.take_at_most(SIZE_MAX);
  client.run();
  std::string log = house.log();
  EXPECT_LT(log.find("HEAD /file.txt"), log.find("HEAD / "));
  EXPECT_LT(log.find("HEAD / "), log.find("GET /none"));
  EXPECT_EQ(count(log, "\n"), 3U);
}

TEST_F(LogRecords, WithoutARecordTheLineIsEarlyAndInOrder) {
  TestServer none(logged(0));
  Client first(none);
  first.take_at_most(0);
  first.send(get_file);
  EXPECT_TRUE(ends(none.log(), "\" 200 26 early\n")) << none.log();

  TestServer one(logged(1));
  Client second(one);
  second.take_at_most(0);
  second.send("HEAD /file.txt HTTP/1.1\r\nHost: a\r\n\r\nGET /none HTTP/1.1\r\nHost: a\r\n\r\n");
  std::string log = one.log();
  EXPECT_EQ(count(log, " early\n"), 2U) << log;
  EXPECT_LT(log.find("HEAD /file.txt"), log.find("GET /none"));
  EXPECT_EQ(taken(one), 0U);
}

TEST_F(LogRecords, AHeadRequestForAListingIsNotAborted) {
  Plan made = logged();
  made.listings = 2;
  tree.directory("bare");
  TestServer house(made);
  Client client(house);
  client.send("HEAD /bare/ HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(count(house.log(), "] \"HEAD /bare/ HTTP/1.1\" 200 "), 1U) << house.log();
  EXPECT_EQ(count(house.log(), "aborted"), 0U) << house.log();
}

TEST_F(LogRecords, AnAbortedListingHasNoLength) {
  Plan made = logged();
  made.listings = 2;
  tree.directory("bare");
  TestServer house(made);
  Client client(house);
  client.take_at_most(0);
  client.send("GET /bare/ HTTP/1.1\r\nHost: a\r\n\r\n");
  client.fail();
  EXPECT_TRUE(ends(house.log(), "] \"GET /bare/ HTTP/1.1\" 200 - aborted\n")) << house.log();
  EXPECT_EQ(taken(house), 0U);
}

TEST_F(LogRecords, ALineTooLongForARecordIsEarly) {
  TestServer house(logged());
  Client client(house);
  client.take_at_most(0);
  client.send("GET /" + std::string(limits::log_line_max, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(ends(house.log(), " early\n")) << house.log();
}

} // namespace
} // namespace minhttp::test
