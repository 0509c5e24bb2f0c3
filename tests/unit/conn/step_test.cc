// SPDX-License-Identifier: MIT
// The state machine, as a client sees it: what it is answered, and when it is let go.

#include "conn/step.h"

#include <gtest/gtest.h>

#include "site/greeting.h"
#include "unit/serve/small_site.h"

namespace minhttp::test {
namespace {

using conn::Timer;

struct Step : SmallSite {};

TEST_F(Step, GreetingIsExactlyThisText) {
  TestServer house({});
  Client client(house);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.output(),
            "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nHello from assembly!\n");
  EXPECT_TRUE(client.closed());
}

TEST_F(Step, GreetingForEveryMethodAndPath) {
  for (const char* line : {"POST /x HTTP/1.0", "BREW /../%00 HTTP/1.1", "OPTIONS * HTTP/1.1", "CONNECT a:1 HTTP/1.1"}) {
    TestServer house({});
    Client client(house);
    client.send(std::string(line) + "\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.output(), site::greeting()) << line;
    EXPECT_TRUE(client.closed());
  }
}

TEST_F(Step, GreetingForHeadHasNoBody) {
  TestServer house({});
  Client client(house);
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.output(), "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n");
}

TEST_F(Step, GreetingRefusesMalformedRequests) {
  TestServer house({});
  Client client(house);
  client.send("hello\r\n");
  EXPECT_EQ(client.output(), text_answer(house, "400 Bad Request", "Connection: close\r\n"));
  EXPECT_TRUE(client.shut());
  EXPECT_FALSE(client.closed()) << "lingers, so that the answer is not lost to a reset";
}

TEST_F(Step, FileIsExactlyThisText) {
  TestServer house(plan());
  Client client(house);
  client.send(get_file);
  EXPECT_EQ(client.output(),
            "HTTP/1.1 200 OK\r\nDate: " + house.date() +
                "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 26\r\n"
                "Last-Modified: Tue, 02 Jan 2024 03:04:05 GMT\r\nETag: \"cBsvwT1GzReNkMePdgk8MA\"\r\n"
                "Accept-Ranges: bytes\r\nCache-Control: max-age=0, must-revalidate\r\nVary: Accept-Encoding\r\n\r\n" +
                std::string(contents));
  EXPECT_FALSE(client.closed());
  EXPECT_EQ(client.timer(), Timer::idle);
}

TEST_F(Step, HeadIsGetWithoutABody) {
  for (const char* path : {"/file.txt", "/dir/", "/dir", "/nothing", "/empty.txt", "/..", "/big.bin"}) {
    auto ask = [&](const char* method) {
      TestServer house(plan());
      Client client(house);
      client.send(std::string(method) + " " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
      return client.output();
    };
    std::string whole = ask("GET");
    EXPECT_EQ(ask("HEAD"), whole.substr(0, whole.find("\r\n\r\n") + 4)) << path;
  }
}

TEST_F(Step, MethodsOfADirectory) {
  auto ask = [&](const std::string& line) {
    TestServer house(plan());
    Client client(house);
    client.send(line + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_FALSE(client.closed());
    return client.output();
  };
  TestServer house(plan());
  EXPECT_EQ(ask("POST /"), text_answer(house, "405 Method Not Allowed", "Allow: GET, HEAD, OPTIONS\r\n"));
  EXPECT_TRUE(begins(ask("DELETE /nothing"), "HTTP/1.1 405 "));
  EXPECT_TRUE(begins(ask("TRACE /"), "HTTP/1.1 405 "));
  EXPECT_TRUE(begins(ask("CONNECT a:1"), "HTTP/1.1 405 "));
  EXPECT_EQ(ask("BREW /"), text_answer(house, "501 Not Implemented"));
  std::string options = "HTTP/1.1 204 No Content\r\nDate: " + house.date() + "\r\nAllow: GET, HEAD, OPTIONS\r\n\r\n";
  EXPECT_EQ(ask("OPTIONS *"), options);
  EXPECT_EQ(ask("OPTIONS /file.txt"), options);
}

TEST_F(Step, AMalformedPathIs400ForEveryMethod) {
  for (const char* method : {"GET", "HEAD", "POST", "OPTIONS", "BREW"}) {
    TestServer house(plan());
    Client client(house);
    client.send(std::string(method) + " /a/../b HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(begins(client.output(), "HTTP/1.1 400 ")) << method;
    EXPECT_TRUE(client.shut()) << method;
  }
}

TEST_F(Step, RedirectKeepsTheQuery) {
  TestServer house(plan());
  Client client(house);
  client.send("GET /dir?a=b HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.output(), text_answer(house, "301 Moved Permanently", "Location: ./dir/?a=b\r\n"));
}

TEST_F(Step, KeepAliveOfHttp10) {
  TestServer house(plan());
  Client asks(house, 0);
  asks.send("HEAD /file.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(count(asks.output(), "\r\nConnection: keep-alive\r\n"), 1U);
  EXPECT_FALSE(asks.closed());
  Client does_not(house, 1);
  does_not.send("HEAD /file.txt HTTP/1.0\r\n\r\n");
  EXPECT_EQ(count(does_not.output(), "\r\nConnection: close\r\n"), 1U);
  EXPECT_TRUE(does_not.closed());
}

TEST_F(Step, ClosesWhenTheClientSaysClose) {
  TestServer house(plan());
  Client client(house);
  client.send("GET /file.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(count(client.output(), "\r\nConnection: close\r\n"), 1U);
  EXPECT_TRUE(ends(client.output(), contents));
  EXPECT_TRUE(client.closed());
}

TEST_F(Step, NothingAfterTheLastRequestIsAnswered) {
  TestServer house(plan());
  Client client(house);
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + std::string(get_file));
  EXPECT_EQ(count(client.output(), "HTTP/1.1 "), 1U);
  EXPECT_TRUE(client.shut());
  EXPECT_FALSE(client.closed()) << "bytes that are not read would be a reset";
  client.send(get_file);
  EXPECT_EQ(count(client.output(), "HTTP/1.1 "), 1U);
  client.half_close();
  EXPECT_TRUE(client.closed());
}

TEST_F(Step, RequestsMax) {
  Plan few = plan();
  few.requests_max = 3;
  TestServer house(few);
  Client client(house);
  for (int i = 0; i < 3; i++) client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(count(client.output(), "HTTP/1.1 200"), 3U);
  EXPECT_EQ(count(client.output(), "Connection: close"), 1U) << "the last one says so";
  EXPECT_TRUE(client.shut());
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_FALSE(client.closed()) << "the next one is under way already: a reset would overtake our answer";
  EXPECT_EQ(count(client.output(), "HTTP/1.1 200"), 3U);
  client.half_close();
  EXPECT_TRUE(client.closed());
}

TEST_F(Step, Draining) {
  TestServer house(plan());
  Client busy(house, 0);
  Client idle(house, 1);
  busy.send(get_file.substr(0, 10));
  idle.send(get_file);
  std::string answered = idle.output();
  house.server().draining = house.server().closes_idle = true;
  busy.send(get_file.substr(10));
  EXPECT_EQ(count(busy.output(), "\r\nConnection: close\r\n"), 1U);
  EXPECT_TRUE(ends(busy.output(), contents)) << "what was begun is finished";
  EXPECT_TRUE(busy.shut());
  busy.half_close();
  EXPECT_TRUE(busy.closed());
  idle.run();
  EXPECT_TRUE(idle.closed());
  EXPECT_EQ(idle.output(), answered);
}

TEST_F(Step, AClientAcceptedBeforeDrainingIsServed) {
  TestServer house(plan());
  house.server().draining = house.server().closes_idle = true;
  Client client(house);
  EXPECT_FALSE(client.closed()) << "it is idle, but its request may be on its way";
  client.send(get_file);
  EXPECT_EQ(count(client.output(), "\r\nConnection: close\r\n"), 1U);
  EXPECT_TRUE(ends(client.output(), contents));
}

TEST_F(Step, AHalfClosedClientGetsItsResponses) {
  TestServer house(plan());
  Client client(house);
  client.take_at_most(0);
  client.send(std::string(get_file) + std::string(get_file));
  client.take_at_most(SIZE_MAX);
  client.half_close();
  EXPECT_EQ(count(client.output(), contents), 2U);
  EXPECT_TRUE(client.closed());
}

TEST_F(Step, HalfCloseWithoutARequest) {
  TestServer house(plan());
  Client client(house);
  client.half_close();
  EXPECT_EQ(client.output(), "");
  EXPECT_TRUE(client.closed());
}

TEST_F(Step, HalfCloseInsideOfAHeadOrBody) {
  for (const char* text : {"GET / HT", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhello",
                           "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
    TestServer house(plan());
    Client client(house);
    client.send(text);
    EXPECT_EQ(client.output(), "");
    client.half_close();
    EXPECT_TRUE(begins(client.output(), "HTTP/1.1 400 ")) << text;
    EXPECT_TRUE(client.closed());
  }
}

TEST_F(Step, LogLines) {
  Plan with_log = plan();
  with_log.log = conn::LogFormat::common;
  TestServer house(with_log);
  Client client(house);
  client.send("GET /file.txt?x HTTP/1.1\r\nHost: a\r\n\r\nHEAD /file.txt HTTP/1.1\r\nHost: a\r\n\r\nGET \x01");
  std::string when(house.server().context.clock.log_date());
  EXPECT_EQ(house.log(), "192.0.2.7 - - [" + when + "] \"GET /file.txt?x HTTP/1.1\" 200 26\n" + "192.0.2.7 - - [" +
                             when + "] \"HEAD /file.txt HTTP/1.1\" 200 0\n" + "192.0.2.7 - - [" + when +
                             "] \"-\" 400 16\n");
}

TEST_F(Step, LogLinesOfTheCaseStudy) {
  Plan with_log;
  with_log.log = conn::LogFormat::case_study;
  TestServer house(with_log);
  { Client says_nothing(house, 0); }
  Client client(house, 1);
  client.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(house.log(), "Connection received, bytes read: 0\nConnection received, bytes read: 18\n");
}

TEST_F(Step, TheCaseStudyLogsAConnectionOnce) {
  Plan with_log = plan();
  with_log.log = conn::LogFormat::case_study;
  TestServer house(with_log);
  {
    Client client(house);
    for (int i = 0; i < 3; i++) client.send(get_file);
  }
  EXPECT_EQ(house.log(), "Connection received, bytes read: " + std::to_string(get_file.size()) + "\n");
}

// The process that it was passed on to logs it.
TEST_F(Step, TheCaseStudyDoesNotLogAConnectionThatWasPassedOn) {
  Plan with_log = plan();
  with_log.log = conn::LogFormat::case_study;
  TestServer house(with_log);
  {
    Client client(house);
    client.connection().passed_on = true;
  }
  EXPECT_EQ(house.log(), "");
}

} // namespace
} // namespace minhttp::test
