// The state machine, as a client sees it: what it is answered, and when it is let go.

#include "serve/step.h"

#include <gtest/gtest.h>

#include "site/greeting.h"
#include "unit/serve/player.h"
#include "unit/site/tree.h"

namespace minhttp::test {
namespace {

using serve::Timer;

constexpr std::string_view get_file = "GET /file.txt HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view contents = "abcdefghijklmnopqrstuvwxyz";

struct Step : testing::Test {
  Step() {
    tree.file("file.txt", contents);
    tree.file("index.html", "OK");
    tree.file("empty.txt", "");
    tree.file("dir/index.html", "dir");
    tree.file("big.bin", std::string(3'000'000, 'x'));
    tree.modified("file.txt", 1'704'164'645, 0);
  }
  Plan plan() {
    Plan plan;
    plan.directory = tree.root();
    return plan;
  }
  Tree tree;
};

size_t count(std::string_view text, std::string_view piece) {
  size_t n = 0;
  for (size_t at = text.find(piece); at != text.npos; at = text.find(piece, at + piece.size())) n++;
  return n;
}

bool begins(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }
bool ends(std::string_view text, std::string_view with) {
  return text.size() >= with.size() && text.substr(text.size() - with.size()) == with;
}

std::string text_answer(const House& house, const std::string& status, const std::string& fields = "",
                        bool body = true) {
  return "HTTP/1.1 " + status + "\r\nDate: " + house.date() + "\r\nContent-Type: text/plain; charset=utf-8\r\n" +
         "Content-Length: " + std::to_string(status.size() + 1) + "\r\n" + fields + "\r\n" +
         (body ? status + "\n" : "");
}

TEST_F(Step, GreetingToTheByte) {
  House house({});
  Client client(house);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.output(),
            "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nHello from assembly!\n");
  EXPECT_TRUE(client.closed());
}

TEST_F(Step, GreetingForEveryMethodAndPath) {
  for (const char* line : {"POST /x HTTP/1.0", "BREW /../%00 HTTP/1.1", "OPTIONS * HTTP/1.1", "CONNECT a:1 HTTP/1.1"}) {
    House house({});
    Client client(house);
    client.send(std::string(line) + "\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.output(), site::greeting) << line;
    EXPECT_TRUE(client.closed());
  }
}

TEST_F(Step, GreetingHead) {
  House house({});
  Client client(house);
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.output(), "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n");
}

TEST_F(Step, GreetingRefusesWhatIsNoHttp) {
  House house({});
  Client client(house);
  client.send("hello\r\n");
  EXPECT_EQ(client.output(), text_answer(house, "400 Bad Request", "Connection: close\r\n"));
  EXPECT_TRUE(client.shut());
  EXPECT_FALSE(client.closed()) << "lingers, so that the answer is not lost to a reset";
}

TEST_F(Step, FileToTheByte) {
  House house(plan());
  Client client(house);
  client.send(get_file);
  EXPECT_EQ(client.output(), "HTTP/1.1 200 OK\r\nDate: " + house.date() +
                                 "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 26\r\n"
                                 "Last-Modified: Tue, 02 Jan 2024 03:04:05 GMT\r\nETag: \"1a-65937d25-0\"\r\n"
                                 "Accept-Ranges: bytes\r\n\r\n" +
                                 std::string(contents));
  EXPECT_FALSE(client.closed());
  EXPECT_EQ(client.timer(), Timer::idle);
}

TEST_F(Step, HeadIsGetWithoutItsBody) {
  for (const char* path : {"/file.txt", "/dir/", "/dir", "/nothing", "/empty.txt", "/..", "/big.bin"}) {
    auto ask = [&](const char* method) {
      House house(plan());
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
    House house(plan());
    Client client(house);
    client.send(line + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_FALSE(client.closed());
    return client.output();
  };
  House house(plan());
  EXPECT_EQ(ask("POST /"), text_answer(house, "405 Method Not Allowed", "Allow: GET, HEAD, OPTIONS\r\n"));
  EXPECT_TRUE(begins(ask("DELETE /nothing"), "HTTP/1.1 405 "));
  EXPECT_TRUE(begins(ask("TRACE /"), "HTTP/1.1 405 "));
  EXPECT_TRUE(begins(ask("CONNECT a:1"), "HTTP/1.1 405 "));
  EXPECT_EQ(ask("BREW /"), text_answer(house, "501 Not Implemented"));
  std::string options = "HTTP/1.1 204 No Content\r\nDate: " + house.date() + "\r\nAllow: GET, HEAD, OPTIONS\r\n\r\n";
  EXPECT_EQ(ask("OPTIONS *"), options);
  EXPECT_EQ(ask("OPTIONS /file.txt"), options);
}

TEST_F(Step, RedirectKeepsTheQuery) {
  House house(plan());
  Client client(house);
  client.send("GET /dir?a=b HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.output(), text_answer(house, "301 Moved Permanently", "Location: ./dir/?a=b\r\n"));
}

TEST_F(Step, PipelinedAnswersComeInOrderAndTogether) {
  House house(plan());
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

TEST_F(Step, PipelinedFilesKeepTheirBodies) {
  House house(plan());
  Client client(house);
  std::string batch;
  for (int i = 0; i < 500; i++) batch += get_file;
  client.send(batch);
  EXPECT_EQ(count(client.output(), "\r\n\r\n" + std::string(contents)), 500U);
  EXPECT_FALSE(client.closed());
}

TEST_F(Step, PipelinedErrorsFillMoreThanOneOutput) {
  House house(plan());
  Client client(house);
  std::string batch;
  for (int i = 0; i < 1000; i++) batch += "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n";
  client.send(batch);
  EXPECT_EQ(count(client.output(), "HTTP/1.1 404 Not Found"), 1000U);
}

TEST_F(Step, ABodyIsNeverTheNextRequest) {
  std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const std::string& body :
       {"Content-Length: " + std::to_string(smuggled.size()) + "\r\n\r\n" + smuggled,
        std::string("Transfer-Encoding: chunked\r\n\r\n") + "23;a=b\r\n" + smuggled + "\r\n0\r\nX: y\r\n\r\n"}) {
    House house(plan());
    Client client(house);
    client.send("GET /file.txt HTTP/1.1\r\nHost: a\r\n" + body + "HEAD /empty.txt HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(count(client.output(), "HTTP/1.1 "), 2U) << client.output();
    EXPECT_EQ(count(client.output(), "HTTP/1.1 200 OK"), 2U);
    EXPECT_FALSE(client.closed());
  }
}

TEST_F(Step, BadChunksEndTheConnection) {
  House house(plan());
  Client client(house);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + std::string(get_file));
  EXPECT_EQ(client.output(), text_answer(house, "400 Bad Request", "Connection: close\r\n"));
  EXPECT_TRUE(client.shut());
}

TEST_F(Step, BodyLimit) {
  Plan small = plan();
  small.body_max = 100;
  for (const char* framing : {"Content-Length: 101\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n65\r\n",
                              "Content-Length: 99999999999999999999\r\n\r\n"}) {
    House house(small);
    Client client(house);
    client.send("GET / HTTP/1.1\r\nHost: a\r\n" + std::string(framing));
    EXPECT_EQ(client.output(), text_answer(house, "413 Content Too Large", "Connection: close\r\n")) << framing;
    EXPECT_TRUE(client.shut());
  }
  House house(small);
  Client client(house);
  client.send("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n" + std::string(100, 'x'));
  EXPECT_TRUE(begins(client.output(), "HTTP/1.1 200"));
  EXPECT_FALSE(client.closed());
}

TEST_F(Step, ContinueIsSaidToThoseWhoWait) {
  House house(plan());
  Client client(house);
  client.send("GET /file.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.output(), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(client.timer(), Timer::body);
  client.send("body");
  EXPECT_EQ(count(client.output(), "HTTP/1.1 200 OK"), 1U);
  EXPECT_FALSE(client.closed());
}

TEST_F(Step, ContinueIsNotSaid) {
  auto ask = [&](const std::string& request) {
    House house(plan());
    Client client(house);
    client.send(request);
    EXPECT_EQ(client.output().find("100 Continue"), std::string::npos) << request;
    return client.output();
  };
  // The body is there already.
  EXPECT_TRUE(
      begins(ask("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\nx"), "HTTP/1.1 200"));
  // There will be none.
  EXPECT_TRUE(begins(ask("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n"), "HTTP/1.1 200"));
  // Nothing will come of it.
  EXPECT_TRUE(
      begins(ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"), "HTTP/1.1 405"));
  EXPECT_TRUE(
      begins(ask("BREW / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"), "HTTP/1.1 501"));
  EXPECT_TRUE(begins(ask("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n"),
                     "HTTP/1.1 413"));
}

TEST_F(Step, AnExpectationRefusedEndsTheConnection) {
  // The client may send the body or not: what follows cannot be told apart.
  House house(plan());
  Client client(house);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 36\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(client.shut());
  client.send(get_file);
  EXPECT_EQ(count(client.output(), "HTTP/1.1 "), 1U);
}

TEST_F(Step, UnknownExpectation) {
  House house(plan());
  Client client(house);
  client.send("GET / HTTP/1.1\r\nHost: a\r\nExpect: a miracle\r\n\r\n");
  EXPECT_EQ(client.output(), text_answer(house, "417 Expectation Failed", "Connection: close\r\n"));
}

TEST_F(Step, KeepAliveOfHttp10) {
  House house(plan());
  Client asks(house, 0);
  asks.send("HEAD /file.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(count(asks.output(), "\r\nConnection: keep-alive\r\n"), 1U);
  EXPECT_FALSE(asks.closed());
  Client does_not(house, 1);
  does_not.send("HEAD /file.txt HTTP/1.0\r\n\r\n");
  EXPECT_EQ(count(does_not.output(), "\r\nConnection: close\r\n"), 1U);
  EXPECT_TRUE(does_not.closed());
}

TEST_F(Step, TheClientMaySayClose) {
  House house(plan());
  Client client(house);
  client.send("GET /file.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(count(client.output(), "\r\nConnection: close\r\n"), 1U);
  EXPECT_TRUE(ends(client.output(), contents));
  EXPECT_TRUE(client.closed());
}

TEST_F(Step, NothingIsAnsweredBehindTheLastRequest) {
  House house(plan());
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
  House house(few);
  Client client(house);
  for (int i = 0; i < 3; i++) client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(count(client.output(), "HTTP/1.1 200"), 3U);
  EXPECT_EQ(count(client.output(), "Connection: close"), 1U) << "the last one says so";
  EXPECT_TRUE(client.closed());
}

TEST_F(Step, Draining) {
  House house(plan());
  Client busy(house, 0);
  Client idle(house, 1);
  busy.send(get_file.substr(0, 10));
  house.server().draining = true;
  busy.send(get_file.substr(10));
  EXPECT_EQ(count(busy.output(), "\r\nConnection: close\r\n"), 1U);
  EXPECT_TRUE(ends(busy.output(), contents)) << "what was begun is finished";
  EXPECT_TRUE(busy.closed());
  idle.run();
  EXPECT_TRUE(idle.closed());
  EXPECT_EQ(idle.output(), "");
}

TEST_F(Step, HalfCloseGetsItsAnswers) {
  House house(plan());
  Client client(house);
  client.take_at_most(0);
  client.send(std::string(get_file) + std::string(get_file));
  client.take_at_most(SIZE_MAX);
  client.half_close();
  EXPECT_EQ(count(client.output(), contents), 2U);
  EXPECT_TRUE(client.closed());
}

TEST_F(Step, HalfCloseWithoutARequest) {
  House house(plan());
  Client client(house);
  client.half_close();
  EXPECT_EQ(client.output(), "");
  EXPECT_TRUE(client.closed());
}

TEST_F(Step, HalfCloseInsideOfAHeadOrBody) {
  for (const char* text : {"GET / HT", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhello",
                           "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
    House house(plan());
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
  with_log.log = serve::LogFormat::common;
  House house(with_log);
  Client client(house);
  client.send("GET /file.txt?x HTTP/1.1\r\nHost: a\r\n\r\nHEAD /file.txt HTTP/1.1\r\nHost: a\r\n\r\nGET \x01");
  std::string when(house.server().clock.log_date());
  EXPECT_EQ(house.log(), "192.0.2.7 - - [" + when + "] \"GET /file.txt?x HTTP/1.1\" 200 26\n" + "192.0.2.7 - - [" +
                             when + "] \"HEAD /file.txt HTTP/1.1\" 200 0\n" + "192.0.2.7 - - [" + when +
                             "] \"-\" 400 16\n");
}

TEST_F(Step, LogLinesOfTheCaseStudy) {
  Plan with_log;
  with_log.log = serve::LogFormat::case_study;
  House house(with_log);
  { Client says_nothing(house, 0); }
  Client client(house, 1);
  client.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(house.log(), "Connection received, bytes read: 0\nConnection received, bytes read: 18\n");
}

} // namespace
} // namespace minhttp::test
