// SPDX-License-Identifier: MIT
// Listings as a client gets them: heads, chunks, and no free places.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "http/listing.h"
#include "unit/serve/player.h"
#include "unit/site/tree.h"

namespace minhttp::test {
namespace {

struct ServeListing : testing::Test {
  ServeListing() {
    tree.file("d/a.txt", "a");
    tree.file("d/b.txt", "bb");
    tree.directory("d/sub");
    tree.file("index/index.html", "index");
  }
  Plan plan() {
    Plan plan;
    plan.directory = tree.root();
    plan.listings = 2;
    return plan;
  }
  Tree tree;
};

std::string get(const std::string& path, const std::string& fields = "", const std::string& version = "1.1") {
  return "GET " + path + " HTTP/" + version + "\r\nHost: a\r\n" + fields + "\r\n";
}

struct Answer {
  std::string head;
  std::string body;
  bool complete = false; // a chunked body is complete
};

// Takes the first response off the bytes.
Answer take_answer(std::string& bytes, bool chunked = true) {
  Answer answer;
  size_t end = bytes.find("\r\n\r\n");
  if (end == bytes.npos) return answer;
  answer.head = bytes.substr(0, end + 4);
  bytes.erase(0, end + 4);
  if (!chunked) {
    answer.body = std::move(bytes);
    bytes.clear();
    return answer;
  }
  while (true) {
    size_t line = bytes.find("\r\n");
    if (line == bytes.npos) return answer;
    size_t size = std::stoul(bytes.substr(0, line), nullptr, 16);
    if (bytes.size() < line + 2 + size + 2) return answer;
    answer.body += bytes.substr(line + 2, size);
    EXPECT_EQ(bytes.substr(line + 2 + size, 2), "\r\n");
    bytes.erase(0, line + 2 + size + 2);
    if (size == 0) {
      answer.complete = true;
      return answer;
    }
  }
}

TEST_F(ServeListing, TheHeadIsExactlyThisText) {
  TestServer house(plan());
  Client client(house);
  client.send(get("/d/"));
  std::string bytes = client.output();
  Answer answer = take_answer(bytes);
  EXPECT_EQ(answer.head, "HTTP/1.1 200 OK\r\nDate: " + house.date() +
                             "\r\nContent-Type: text/html; charset=utf-8\r\nTransfer-Encoding: "
                             "chunked\r\nCache-Control: no-cache\r\nVary: Accept\r\n"
                             "Content-Security-Policy: " +
                             std::string(http::listing_policy()) + "\r\n\r\n");
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(bytes, "");
  EXPECT_NE(answer.body.find("<p>1 directory, 2 files</p>"), std::string::npos);
  EXPECT_FALSE(client.closed());
  EXPECT_EQ(house.server().context.listings.taken(), 0U);
  EXPECT_EQ(client.writes().size(), 1U); // head, page and end in one send
}

TEST_F(ServeListing, HeadMethodHasNoBody) {
  TestServer house(plan());
  Client client(house);
  client.send(get("/d/"));
  std::string bytes = client.output();
  size_t before = bytes.size();
  Answer with_body = take_answer(bytes);
  client.send("HEAD /d/ HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.output().substr(before), with_body.head);
  EXPECT_EQ(house.server().context.listings.taken(), 0U);
}

TEST_F(ServeListing, AnHttp10ClientGetsItUntilClose) {
  TestServer house(plan());
  for (const char* fields : {"", "Connection: keep-alive\r\n"}) {
    Client client(house);
    client.send(get("/d/", fields, "1.0"));
    std::string bytes = client.output();
    Answer answer = take_answer(bytes, false);
    EXPECT_EQ(answer.head.find("chunked"), std::string::npos);
    EXPECT_NE(answer.head.find("Connection: close\r\n"), std::string::npos);
    EXPECT_EQ(answer.body.substr(0, 15), "<!doctype html>");
    EXPECT_EQ(answer.body.substr(answer.body.size() - 8), "</html>\n");
    EXPECT_TRUE(client.closed() || client.shut()); // the latter if the server decides to close
    client.half_close();
    EXPECT_TRUE(client.closed());
  }
}

TEST_F(ServeListing, TheTitleIsTheUrl) {
  auto title = [&](const char* base, const std::string& path) {
    Plan with_base = plan();
    with_base.options.base_path = base;
    TestServer house(with_base);
    Client client(house);
    client.send("GET " + path + " HTTP/1.1\r\nHost: files.example:8080\r\n\r\n");
    std::string bytes = client.output();
    std::string body = take_answer(bytes).body;
    size_t begin = body.find("<title>") + 7;
    return body.substr(begin, body.find("</title>") - begin);
  };
  EXPECT_EQ(title("", "/d/"), "files.example:8080/d/");
  EXPECT_EQ(title("base", "/base/d/"), "files.example:8080/base/d/");
}

TEST_F(ServeListing, JsonWhereItIsAskedFor) {
  TestServer house(plan());
  Client client(house);
  client.send(get("/d/?sort=size&order=desc", "Accept: application/json\r\n"));
  std::string bytes = client.output();
  Answer answer = take_answer(bytes);
  EXPECT_NE(answer.head.find("Content-Type: application/json\r\n"), std::string::npos);
  EXPECT_NE(answer.head.find("Vary: Accept\r\n"), std::string::npos);
  auto read = nlohmann::json::parse(answer.body);
  ASSERT_EQ(read.size(), 3U);
  EXPECT_EQ(read[0]["name"], "sub");
  EXPECT_EQ(read[1]["name"], "b.txt");
  EXPECT_EQ(read[2]["size"], 1);
}

TEST_F(ServeListing, OnlyWithoutAnIndexAndWithTheOption) {
  TestServer house(plan());
  Client client(house);
  client.send(get("/index/"));
  EXPECT_NE(client.output().find("\r\n\r\nindex"), std::string::npos);
  client.send(get("/none/") + get("/d/a.txt/") + get("/d"));
  EXPECT_NE(client.output().find("Location: ./d/\r\n"), std::string::npos);
  EXPECT_EQ(client.output().find("chunked"), std::string::npos);
  Plan off = plan();
  off.listings = 0;
  TestServer closed(off);
  Client other(closed);
  other.send(get("/d/"));
  EXPECT_EQ(other.output().substr(0, 22), "HTTP/1.1 404 Not Found");
}

TEST_F(ServeListing, PipelinedBetweenOtherResponses) {
  TestServer house(plan());
  Client client(house);
  client.send(get("/d/b.txt") + get("/d/") + get("/d/", "Accept: application/json\r\n") +
              get("/d/a.txt", "Connection: close\r\n"));
  std::string bytes = client.output();
  size_t first = bytes.find("\r\n\r\nbb");
  ASSERT_NE(first, bytes.npos);
  bytes.erase(0, first + 6);
  EXPECT_TRUE(take_answer(bytes).complete);
  EXPECT_TRUE(take_answer(bytes).complete);
  EXPECT_EQ(bytes.substr(bytes.size() - 5), "\r\n\r\na");
  EXPECT_TRUE(client.closed());
}

// However little the client accepts at a time, it gets the same bytes.
TEST_F(ServeListing, ASlowReaderGetsTheSameBytes) {
  for (int i = 0; i < 200; i++) tree.file("many/" + std::string(200, 'n') + std::to_string(i), "");
  TestServer house(plan());
  Client whole(house);
  whole.send(get("/many/"));
  std::string bytes = whole.output();
  Answer expected = take_answer(bytes);
  ASSERT_TRUE(expected.complete);
  for (size_t most : {1U, 7U, 4096U, 16'000U}) {
    Client client(house, 1);
    client.take_at_most(most);
    client.send(get("/many/"));
    while (client.output().size() < whole.output().size()) {
      size_t before = client.output().size();
      EXPECT_EQ(client.timer(), conn::Timer::send);
      client.run();
      ASSERT_GT(client.output().size(), before);
    }
    bytes = client.output();
    Answer answer = take_answer(bytes);
    EXPECT_EQ(answer.head, expected.head);
    EXPECT_EQ(answer.body, expected.body);
    EXPECT_TRUE(answer.complete);
  }
}

TEST_F(ServeListing, Is503WhenAllPlacesAreTaken) {
  for (int i = 0; i < 200; i++) tree.file("many/" + std::string(200, 'n') + std::to_string(i), "");
  TestServer house(plan());
  auto slow = [&](Client& client) {
    client.take_at_most(0);
    client.send(get("/many/"));
  };
  Client third(house, 2);
  {
    Client first(house, 0);
    Client second(house, 1);
    slow(first);
    slow(second);
    EXPECT_EQ(house.server().context.listings.taken(), 2U);
    third.send(get("/many/"));
    EXPECT_EQ(third.output().substr(0, 32), "HTTP/1.1 503 Service Unavailable");
    EXPECT_NE(third.output().find("Retry-After: 1\r\n"), std::string::npos);
    first.timeout(); // too slow: its place becomes free
    EXPECT_TRUE(first.closed());
    EXPECT_EQ(house.server().context.listings.taken(), 1U);
  }
  EXPECT_EQ(house.server().context.listings.taken(), 0U);
  third.send(get("/many/"));
  EXPECT_NE(third.output().find("chunked"), std::string::npos);
}

// Clients that accept nothing of a long listing, at slots from 0 on, and other clients.
struct ServeManyListings : ServeListing {
  ServeManyListings() {
    for (int i = 0; i < 200; i++) tree.file("many/" + std::string(200, 'n') + std::to_string(i), "");
  }
  Plan plan_for(uint32_t places) {
    Plan made = plan();
    made.listings = places;
    made.connections = made.workspaces = 10;
    return made;
  }
  static IpAddress address(uint8_t number) { return mapped({10, 0, 0, number}); }
  std::unique_ptr<Client> slow(TestServer& house, const IpAddress& peer) {
    auto client = std::make_unique<Client>(house, next_slot_++, peer);
    client->take_at_most(0);
    client->send(get("/many/"));
    return client;
  }
  // Lets time pass in which the client of a place accepts nothing.
  static void age(TestServer& house, uint32_t place, int64_t ms) { house.listings()[place].progress_ms -= ms; }
  static bool holds_place(TestServer& house, Client& client) {
    conn::Connection& connection = client.connection();
    uint32_t slot = house.server().timers.slot_of(connection);
    return connection.lists() && house.server().context.listings.belongs_to(connection.listing, slot);
  }
  static bool is_listed(Client& client, const std::string& path = "/many/") {
    client.send(get(path));
    bool listed = client.output().find("chunked") != std::string::npos;
    EXPECT_EQ(listed, client.output().find(" 503 ") == std::string::npos);
    return listed;
  }

 private:
  uint32_t next_slot_ = 0;
};

TEST_F(ServeManyListings, OneClientDoesNotBlockOthers) {
  TestServer house(plan_for(4));
  std::vector<std::unique_ptr<Client>> crowd;
  for (int i = 0; i < 4; i++) crowd.push_back(slow(house, address(1)));
  EXPECT_EQ(house.server().context.listings.taken(), 4U) << "what nobody else wants it may have";
  age(house, 2, 5000);
  Client same(house, 8, address(1));
  EXPECT_FALSE(is_listed(same));
  EXPECT_NE(same.output().find("Retry-After: 1\r\n"), std::string::npos);
  Client other(house, 9, address(2));
  EXPECT_TRUE(is_listed(other));
  EXPECT_FALSE(holds_place(house, *crowd[2])) << "longest without progress";
  EXPECT_EQ(house.server().context.listings.taken(), 3U) << "the place of the other is free again";
  crowd[2]->take_at_most(SIZE_MAX);
  crowd[2]->run();
  EXPECT_TRUE(crowd[2]->closed()) << "what was cut off must not look complete";
  std::string bytes = crowd[2]->output();
  EXPECT_FALSE(take_answer(bytes).complete);
  EXPECT_EQ(house.server().context.listings.taken(), 3U) << "it had nothing to give back";
}

TEST_F(ServeManyListings, TheClientWithMostListingsLosesOne) {
  TestServer house(plan_for(4));
  auto single = slow(house, address(1));
  age(house, 0, 60'000);
  std::vector<std::unique_ptr<Client>> crowd;
  for (int i = 0; i < 3; i++) crowd.push_back(slow(house, address(2)));
  auto third = slow(house, address(3));
  EXPECT_TRUE(holds_place(house, *third));
  EXPECT_TRUE(holds_place(house, *single)) << "though it is the oldest";
}

TEST_F(ServeManyListings, IfNoClientExceedsItsShareTheOldestListingEnds) {
  TestServer house(plan_for(3));
  std::vector<std::unique_ptr<Client>> clients;
  for (uint8_t i = 0; i < 3; i++) clients.push_back(slow(house, address(i)));
  house.listings()[1].began_ms -= 10;
  auto second_of_first = slow(house, address(0));
  EXPECT_FALSE(holds_place(house, *second_of_first)) << "the others have no more than their share";
  auto newcomer = slow(house, address(9));
  EXPECT_TRUE(holds_place(house, *newcomer));
  EXPECT_TRUE(holds_place(house, *clients[0]));
  EXPECT_FALSE(holds_place(house, *clients[1])) << "all have progress: the oldest";
  EXPECT_TRUE(holds_place(house, *clients[2]));
}

TEST_F(ServeManyListings, AClientWithOneTakesAPlaceFromAClientAboveItsShare) {
  TestServer house(plan_for(4));
  std::vector<std::unique_ptr<Client>> crowd;
  for (int i = 0; i < 3; i++) crowd.push_back(slow(house, address(1)));
  auto first = slow(house, address(2));
  auto second = slow(house, address(2));
  EXPECT_TRUE(holds_place(house, *second));
  auto third = slow(house, address(2));
  EXPECT_FALSE(holds_place(house, *third)) << "that would be more than its share";
}

TEST_F(ServeManyListings, ANetworkOfIpv6IsOneClient) {
  TestServer house(plan_for(2));
  auto ip = [](std::string_view text) { return *parse_ipv6(text); };
  auto first = slow(house, ip("2001:db8:1:2::1"));
  auto second = slow(house, ip("2001:db8:1:2::2"));
  EXPECT_FALSE(holds_place(house, *slow(house, ip("2001:db8:1:2::3"))));
  EXPECT_TRUE(holds_place(house, *slow(house, ip("2001:db8:1:3::1"))));
}

TEST_F(ServeManyListings, WithASinglePlace) {
  TestServer house(plan_for(1));
  auto first = slow(house, address(1));
  EXPECT_FALSE(holds_place(house, *slow(house, address(1))));
  EXPECT_TRUE(holds_place(house, *slow(house, address(2))));
}

// The links in the rest would follow the old rules: a client that reads slowly during a reload sees that the listing is
// incomplete.
TEST_F(ServeListing, AReloadEndsAListing) {
  for (int i = 0; i < 200; i++) tree.file("many/" + std::string(200, 'n') + std::to_string(i), "");
  TestServer house(plan());
  Client client(house);
  client.take_at_most(20'000);
  client.send(get("/many/"));
  EXPECT_FALSE(client.closed());
  house.server().context.generation++;
  while (!client.closed()) client.run();
  std::string bytes = client.output();
  EXPECT_FALSE(take_answer(bytes).complete);
  EXPECT_EQ(house.server().context.listings.taken(), 0U);
}

// A small listing gives its place back before its client has read a byte.
TEST_F(ServeListing, ASmallListingHoldsNoPlace) {
  TestServer house(plan());
  Client client(house);
  client.take_at_most(0);
  client.send(get("/d/"));
  EXPECT_EQ(client.output(), "");
  EXPECT_EQ(house.server().context.listings.taken(), 0U);
}

TEST_F(ServeListing, LogHasNoLength) {
  Plan logged = plan();
  logged.log = conn::LogFormat::common;
  TestServer house(logged);
  Client client(house);
  client.send(get("/d/?sort=time"));
  EXPECT_NE(house.log().find("\"GET /d/?sort=time HTTP/1.1\" 200 -\n"), std::string::npos);
}

} // namespace
} // namespace minhttp::test
