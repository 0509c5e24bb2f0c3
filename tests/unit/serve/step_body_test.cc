// SPDX-License-Identifier: MIT
// Pipelined requests, request bodies between them, and Expect.

#include <random>

#include "unit/serve/small_site.h"

namespace minhttp::test {
namespace {

using conn::Timer;

struct StepBody : SmallSite {};

TEST_F(StepBody, PipelinedAnswersComeInOrderAndTogether) {
  TestServer house(plan());
  Client client(house);
  client.send(
      "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string& out = client.output();
  size_t first = out.find("HTTP/1.1 404");
  size_t second = out.find("HTTP/1.1 200");
  size_t third = out.find("HTTP/1.1 405");
  EXPECT_TRUE(first == 0 && first < second && second < third && third != out.npos) << out;
  EXPECT_EQ(client.writes().size(), 1U) << "one packet for all";
}

TEST_F(StepBody, PipelinedFilesKeepTheirBodies) {
  TestServer house(plan());
  Client client(house);
  std::string batch;
  for (int i = 0; i < 500; i++) batch += get_file;
  client.send(batch);
  EXPECT_EQ(count(client.output(), "\r\n\r\n" + std::string(contents)), 500U);
  EXPECT_FALSE(client.closed());
}

TEST_F(StepBody, PipelinedErrorsFillMoreThanOneOutput) {
  TestServer house(plan());
  Client client(house);
  std::string batch;
  for (int i = 0; i < 1000; i++) batch += "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n";
  client.send(batch);
  EXPECT_EQ(count(client.output(), "HTTP/1.1 404 Not Found"), 1000U);
}

TEST_F(StepBody, ABodyIsNeverTheNextRequest) {
  std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const std::string& body :
       {"Content-Length: " + std::to_string(smuggled.size()) + "\r\n\r\n" + smuggled,
        std::string("Transfer-Encoding: chunked\r\n\r\n") + "23;a=b\r\n" + smuggled + "\r\n0\r\nX: y\r\n\r\n"}) {
    TestServer house(plan());
    Client client(house);
    client.send("GET /file.txt HTTP/1.1\r\nHost: a\r\n" + body + "HEAD /empty.txt HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(count(client.output(), "HTTP/1.1 "), 2U) << client.output();
    EXPECT_EQ(count(client.output(), "HTTP/1.1 200 OK"), 2U);
    EXPECT_FALSE(client.closed());
  }
}

// Wherever in the input buffer a head ends, the longest lines of its body fit behind it.
TEST_F(StepBody, PipelinedBodiesWithLongLines) {
  std::mt19937 random(8);
  for (int round = 0; round < 30; round++) {
    std::string batch;
    for (int i = 0; i < 60; i++) {
      batch += "POST / HTTP/1.1\r\nHost: a\r\nX: " + std::string(random() % 3000, 'x') +
               "\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(limits::chunk_line_max - 2, 'e') +
               "\r\ny\r\n0\r\nT: " + std::string(limits::trailer_line_max - 3, 't') + "\r\n\r\n";
    }
    TestServer house(plan());
    Client client(house);
    client.send(batch);
    EXPECT_EQ(count(client.output(), "HTTP/1.1 405 "), 60U);
    EXPECT_FALSE(client.shut());
  }
}

TEST_F(StepBody, TheLongestHeadAfterOtherRequests) {
  for (size_t before = 1; before < 40; before += 3) {
    std::string batch;
    for (size_t i = 0; i < before; i++) batch += "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n\r\n";
    std::string start = "HEAD / HTTP/1.1\r\nHost: a\r\nX: ";
    batch += start + std::string(limits::head_max - start.size() - 4, 'x') + "\r\n\r\n";
    TestServer house(plan());
    Client client(house);
    client.send(batch);
    EXPECT_EQ(count(client.output(), "HTTP/1.1 200 "), before + 1);
  }
}

TEST_F(StepBody, EmptyLinesWithoutEndAreNoRequest) {
  TestServer house(plan());
  Client client(house);
  std::string lines;
  for (int i = 0; i < 50'000; i++) lines += "\r\n";
  client.send(lines);
  EXPECT_EQ(client.output(), "");
  client.send("\r\n" + std::string(get_file));
  EXPECT_TRUE(ends(client.output(), contents));
}

TEST_F(StepBody, BadChunksEndTheConnection) {
  TestServer house(plan());
  Client client(house);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + std::string(get_file));
  EXPECT_EQ(client.output(), text_answer(house, "400 Bad Request", "Connection: close\r\n"));
  EXPECT_TRUE(client.shut());
}

TEST_F(StepBody, BodyLimit) {
  Plan small = plan();
  small.body_max = 100;
  for (const char* framing : {"Content-Length: 101\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n65\r\n",
                              "Content-Length: 99999999999999999999\r\n\r\n"}) {
    TestServer house(small);
    Client client(house);
    client.send("GET / HTTP/1.1\r\nHost: a\r\n" + std::string(framing));
    EXPECT_EQ(client.output(), text_answer(house, "413 Content Too Large", "Connection: close\r\n")) << framing;
    EXPECT_TRUE(client.shut());
  }
  TestServer house(small);
  Client client(house);
  client.send("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n" + std::string(100, 'x'));
  EXPECT_TRUE(begins(client.output(), "HTTP/1.1 200"));
  EXPECT_FALSE(client.closed());
}

TEST_F(StepBody, ContinueIsSentToAWaitingClient) {
  TestServer house(plan());
  Client client(house);
  client.send("GET /file.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.output(), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(client.timer(), Timer::body);
  client.send("body");
  EXPECT_EQ(count(client.output(), "HTTP/1.1 200 OK"), 1U);
  EXPECT_FALSE(client.closed());
}

TEST_F(StepBody, ContinueIsNotSentWithoutNeed) {
  auto ask = [&](const std::string& request) {
    TestServer house(plan());
    Client client(house);
    client.send(request);
    EXPECT_EQ(client.output().find("100 Continue"), std::string::npos) << request;
    return client.output();
  };
  // The body has arrived already.
  EXPECT_TRUE(
      begins(ask("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\nx"), "HTTP/1.1 200"));
  // There is no body.
  EXPECT_TRUE(begins(ask("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n"), "HTTP/1.1 200"));
  // The body is not needed for the response.
  EXPECT_TRUE(
      begins(ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"), "HTTP/1.1 405"));
  EXPECT_TRUE(
      begins(ask("BREW / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"), "HTTP/1.1 501"));
  EXPECT_TRUE(begins(ask("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n"),
                     "HTTP/1.1 413"));
}

TEST_F(StepBody, ContinueIsSentForEveryServedMethod) {
  for (const char* method : {"GET", "HEAD", "OPTIONS"}) {
    TestServer house(plan());
    Client client(house);
    client.send(std::string(method) +
                " /file.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.output(), "HTTP/1.1 100 Continue\r\n\r\n") << method;
    client.send("ab");
    EXPECT_EQ(count(client.output(), "HTTP/1.1 20"), 1U) << method;
    EXPECT_FALSE(client.closed());
  }
}

TEST_F(StepBody, ARefusalInsteadOfContinueClosesTheConnection) {
  // The client may send the body or not, so what follows is ambiguous.
  TestServer house(plan());
  Client client(house);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 36\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(client.shut());
  client.send(get_file);
  EXPECT_EQ(count(client.output(), "HTTP/1.1 "), 1U);
}

TEST_F(StepBody, UnknownExpectation) {
  TestServer house(plan());
  Client client(house);
  client.send("GET / HTTP/1.1\r\nHost: a\r\nExpect: a miracle\r\n\r\n");
  EXPECT_EQ(client.output(), text_answer(house, "417 Expectation Failed", "Connection: close\r\n"));
}

} // namespace
} // namespace minhttp::test
