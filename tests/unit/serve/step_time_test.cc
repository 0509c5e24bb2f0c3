// SPDX-License-Identifier: MIT
// The state machine and time: what each deadline means, what restarts it, what is held while a peer is slow, and what
// happens when a file changes meanwhile.

#include <gtest/gtest.h>

#include <filesystem>

#include "unit/serve/player.h"
#include "unit/site/tree.h"

namespace minhttp::test {
namespace {

using conn::Timer;

constexpr size_t big = 3'000'000;
constexpr std::string_view get_big = "GET /big.bin HTTP/1.1\r\nHost: a\r\n\r\n";

struct StepTime : testing::Test {
  StepTime() {
    tree.file("index.html", "OK");
    tree.file("big.bin", std::string(big, 'x'));
  }
  Plan plan() {
    Plan plan;
    plan.directory = tree.root();
    return plan;
  }
  Tree tree;
};

int64_t duration(Timer timer) { return durations_ms[static_cast<size_t>(timer)]; }

// Lets time pass for a connection by moving its deadline.
void pass(Client& client, int64_t ms) { client.connection().deadline_ms -= ms; }

void expect_408(const Client& client) {
  EXPECT_EQ(client.output().substr(0, 29), "HTTP/1.1 408 Request Timeout\r");
  EXPECT_NE(client.output().find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_TRUE(client.shut());
}

// The slot holds nothing; the loop may give it to another connection.
void expect_nothing_held(TestServer& house, Client& client) {
  EXPECT_TRUE(client.closed());
  EXPECT_FALSE(client.connection().source.open());
  EXPECT_EQ(client.connection().workspace, Pool::none);
  EXPECT_EQ(house.server().free_workspaces.taken(), 0U);
  EXPECT_EQ(house.server().timers.earliest_ms(), INT64_MAX);
}

TEST_F(StepTime, ASilentClientIsClosedWithoutAResponse) {
  TestServer house(plan());
  Client client(house);
  EXPECT_EQ(client.timer(), Timer::first);
  EXPECT_EQ(client.waits_ms(), duration(Timer::first));
  client.timeout();
  EXPECT_EQ(client.output(), "") << "nobody has asked for anything";
  expect_nothing_held(house, client);
}

TEST_F(StepTime, EmptyLinesDoNotStartTheHeadTimer) {
  TestServer house(plan());
  Client client(house);
  pass(client, 5000);
  for (int i = 0; i < 100; i++) client.send("\r\n");
  EXPECT_EQ(client.timer(), Timer::first);
  EXPECT_EQ(client.waits_ms(), duration(Timer::first) - 5000);
}

TEST_F(StepTime, AnEmptyLineInPiecesDoesNotExtendTheDeadline) {
  TestServer house(plan());
  Client client(house);
  client.send("\r");
  pass(client, 5000);
  for (int i = 0; i < 100; i++) client.send(i % 2 == 0 ? "\n" : "\r");
  client.send("\n");
  EXPECT_EQ(client.timer(), Timer::head);
  EXPECT_EQ(client.waits_ms(), duration(Timer::head) - 5000);
  client.timeout();
  EXPECT_EQ(client.output(), "") << "nobody has asked for anything";
  expect_nothing_held(house, client);
}

TEST_F(StepTime, SlowHead) {
  TestServer house(plan());
  Client client(house);
  client.send("G");
  EXPECT_EQ(client.timer(), Timer::head);
  EXPECT_EQ(client.waits_ms(), duration(Timer::head));
  pass(client, 5000);
  for (char c : std::string("ET / HTTP/1.1\r\nHost: a\r\nX: y")) client.send({&c, 1});
  EXPECT_EQ(client.waits_ms(), duration(Timer::head) - 5000) << "more bytes buy no more time";
  client.timeout();
  expect_408(client);
}

TEST_F(StepTime, SlowHeadAfterAnAnswer) {
  TestServer house(plan());
  Client client(house);
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /");
  EXPECT_EQ(client.timer(), Timer::head);
  client.timeout();
  EXPECT_NE(client.output().find("HTTP/1.1 408 "), std::string::npos);
}

TEST_F(StepTime, IdleBetweenRequests) {
  TestServer house(plan());
  Client client(house);
  for (int i = 0; i < 2; i++) {
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.timer(), Timer::idle);
    EXPECT_EQ(client.waits_ms(), duration(Timer::idle)) << "from the last request on";
    EXPECT_EQ(client.connection().workspace, Pool::none) << "an idle connection owns a slot and no buffers";
    pass(client, 5000);
  }
  std::string output = client.output();
  client.timeout();
  EXPECT_EQ(client.output(), output) << "a 408 would be the answer to a request just under way";
  expect_nothing_held(house, client);
}

TEST_F(StepTime, SlowBody) {
  for (const char* framing : {"Content-Length: 100\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n50\r\n"}) {
    TestServer house(plan());
    Client client(house);
    client.send(std::string("GET / HTTP/1.1\r\nHost: a\r\n") + framing);
    EXPECT_EQ(client.timer(), Timer::body);
    pass(client, 5000);
    for (int i = 0; i < 50; i++) client.send("x");
    EXPECT_EQ(client.waits_ms(), duration(Timer::body) - 5000);
    client.timeout();
    expect_408(client);
  }
}

TEST_F(StepTime, SlowReader) {
  TestServer house(plan());
  Client client(house);
  client.take_at_most(500);
  client.send(get_big);
  EXPECT_EQ(client.timer(), Timer::file);
  pass(client, 5000);
  client.run();
  EXPECT_EQ(client.waits_ms(), duration(Timer::file) - 5000) << "less than a KiB is no progress";
  client.run();
  client.run();
  EXPECT_EQ(client.waits_ms(), duration(Timer::file)) << "a KiB is";
  EXPECT_EQ(client.connection().workspace, Pool::none) << "one descriptor, and no memory";
  EXPECT_TRUE(client.connection().source.open());
  size_t sent = client.output().size();
  client.timeout();
  EXPECT_EQ(client.output().size(), sent) << "a second answer inside of the first would be one";
  expect_nothing_held(house, client);
}

// When workspaces run out, the loop closes connections under Timer::send, but none under Timer::file, which hold no
// workspace.
TEST_F(StepTime, ASlowReaderThatHasBegunAnotherRequest) {
  TestServer house(plan());
  Client client(house);
  client.take_at_most(500);
  client.send(std::string(get_big) + "G");
  client.run();
  EXPECT_EQ(client.timer(), Timer::send);
  EXPECT_NE(client.connection().workspace, Pool::none);
  client.timeout();
  expect_nothing_held(house, client);
}

TEST_F(StepTime, AClientThatNeverReadsIsClosed) {
  TestServer house(plan());
  Client client(house);
  client.take_at_most(0);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.timer(), Timer::send);
  client.timeout();
  EXPECT_EQ(client.output(), "");
  expect_nothing_held(house, client);
}

// Responses to pipelined requests wait for the reader: the server reads nothing that it could not keep.
TEST_F(StepTime, APipeliningClientThatDoesNotReadIsClosed) {
  TestServer house(plan());
  Client client(house);
  client.take_at_most(0);
  std::string batch;
  for (int i = 0; i < 5000; i++) batch += "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n";
  client.send(batch);
  EXPECT_EQ(client.timer(), Timer::send);
  client.timeout();
  expect_nothing_held(house, client);
}

TEST_F(StepTime, EveryByteOfALargeFile) {
  TestServer house(plan());
  Client client(house);
  client.take_at_most(99'991);
  client.send(get_big);
  while (client.timer() == Timer::file) client.run();
  EXPECT_EQ(client.timer(), Timer::idle);
  EXPECT_FALSE(client.connection().source.open());
  size_t head = client.output().find("\r\n\r\n") + 4;
  EXPECT_EQ(client.output().substr(head), std::string(big, 'x'));
}

TEST_F(StepTime, HeadAndFileAreOnePacketWhereTheyFit) {
  TestServer house(plan());
  Client client(house);
  client.take_at_most(1000);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(client.more_follows()) << "MSG_MORE: the file comes at once";
  Client head_only(house, 1);
  head_only.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_FALSE(head_only.more_follows()) << "it would be held back for 200 ms";
}

TEST_F(StepTime, AFileThatShrinks) {
  TestServer house(plan());
  Client client(house);
  client.take_at_most(1000);
  client.send(get_big);
  client.run();
  std::filesystem::resize_file(tree.path("big.bin"), 1500);
  for (int i = 0; i < 10; i++) client.run();
  // The head has promised more: only closing the connection can tell the client.
  expect_nothing_held(house, client);
  EXPECT_LT(client.output().size(), 3000U);
}

TEST_F(StepTime, AFileThatGrows) {
  tree.file("log.txt", std::string(5000, 'a'));
  TestServer house(plan());
  Client client(house);
  client.take_at_most(1000);
  client.send("GET /log.txt HTTP/1.1\r\nHost: a\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  tree.file("log.txt", std::string(9000, 'a'));
  for (int i = 0; i < 20; i++) client.run();
  size_t head = client.output().find("\r\n\r\n") + 4;
  EXPECT_EQ(client.output().substr(head, 5000), std::string(5000, 'a'));
  EXPECT_EQ(client.output().substr(head + 5000, 15), "HTTP/1.1 200 OK") << "what was promised, no more";
}

TEST_F(StepTime, AFileThatIsReplaced) {
  tree.file("page.txt", std::string(5000, 'a'));
  TestServer house(plan());
  Client client(house);
  client.take_at_most(1000);
  client.send("GET /page.txt HTTP/1.1\r\nHost: a\r\n\r\n");
  tree.file("new.txt", std::string(5000, 'b'));
  std::filesystem::rename(tree.path("new.txt"), tree.path("page.txt"));
  for (int i = 0; i < 10; i++) client.run();
  EXPECT_EQ(client.output().find('b', client.output().find("\r\n\r\n")), std::string::npos) << "never a mixture";
  EXPECT_EQ(client.timer(), Timer::idle);
}

TEST_F(StepTime, LingersUntilThePeerHasRead) {
  TestServer house(plan());
  Client client(house);
  client.send("nonsense\r\n\r\n");
  EXPECT_TRUE(client.shut());
  EXPECT_EQ(client.timer(), Timer::linger);
  pass(client, 1000);
  client.send(std::string(100'000, 'x'));
  EXPECT_EQ(client.waits_ms(), duration(Timer::linger) - 1000) << "bytes buy no more time";
  EXPECT_FALSE(client.closed());
  client.half_close();
  expect_nothing_held(house, client);
}

TEST_F(StepTime, LingersForALimitedTime) {
  TestServer house(plan());
  Client client(house);
  client.send("nonsense\r\n\r\n");
  std::string output = client.output();
  client.timeout();
  EXPECT_EQ(client.output(), output);
  expect_nothing_held(house, client);
}

TEST_F(StepTime, LingersForALimitedNumberOfBytes) {
  TestServer house(plan());
  Client client(house);
  client.send("nonsense\r\n\r\n");
  for (int i = 0; i < 100 && !client.closed(); i++) client.send(std::string(100'000, 'x'));
  expect_nothing_held(house, client);
}

TEST_F(StepTime, ABrokenSocket) {
  for (const char* text : {"", "GET", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n", "nonsense\r\n"}) {
    TestServer house(plan());
    Client client(house);
    client.send(text);
    client.fail();
    expect_nothing_held(house, client);
  }
  TestServer house(plan());
  Client client(house);
  client.take_at_most(10);
  client.send(get_big);
  client.fail();
  expect_nothing_held(house, client);
}

TEST_F(StepTime, OnlyAnErrorOfTheFileInvalidatesItsCacheEntry) {
  for (Errno error : {Errno::EIO_, Errno::ESTALE_, Errno::ECONNRESET_, Errno::EPIPE_}) {
    bool of_the_file = error == Errno::EIO_ || error == Errno::ESTALE_;
    Plan kept = plan();
    kept.cache_files = 16;
    TestServer house(kept);
    Client client(house);
    client.take_at_most(1000);
    client.send(get_big);
    EXPECT_EQ(house.server().context.cache->size(), 1U);
    client.fail(error);
    expect_nothing_held(house, client);
    EXPECT_EQ(house.server().context.cache->size(), of_the_file ? 0U : 1U)
        << "a client that goes takes nothing from others";
  }
}

TEST_F(StepTime, AReusedSlotHasNothingOfItsFormerConnection) {
  TestServer house(plan());
  uint32_t generation = 0;
  {
    Client first(house);
    first.send("GET / HTTP/1.0\r\n");
    generation = first.connection().generation;
  }
  EXPECT_EQ(house.server().free_workspaces.taken(), 0U);
  Client second(house);
  EXPECT_NE(second.connection().generation, generation) << "a late event must not reach the new owner";
  second.send("\r\n");
  EXPECT_EQ(second.output(), "") << "what the first one said is forgotten";
}

TEST_F(StepTime, WithoutAWorkspaceTheConnectionAsksForOne) {
  Plan few = plan();
  few.workspaces = 1;
  TestServer house(few);
  Client busy(house, 0);
  busy.send("GET ");
  Client late(house, 1);
  EXPECT_TRUE(late.wants_workspace()) << "the loop decides who has to go";
  EXPECT_FALSE(late.closed());
  busy.send("/ HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(busy.output().substr(0, 15), "HTTP/1.1 200 OK");
  late.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_FALSE(late.wants_workspace());
  EXPECT_EQ(late.output().substr(0, 15), "HTTP/1.1 200 OK");
}

TEST_F(StepTime, OverloadAnswerIsWellFormed) {
  std::string text(conn::overload_answer());
  size_t body = text.find("\r\n\r\n") + 4;
  EXPECT_EQ(text.substr(0, 36), "HTTP/1.1 503 Service Unavailable\r\nCo");
  EXPECT_NE(text.find("\r\nContent-Length: " + std::to_string(text.size() - body) + "\r\n"), std::string::npos);
  EXPECT_NE(text.find("\r\nConnection: close\r\n"), std::string::npos);
}

} // namespace
} // namespace minhttp::test
