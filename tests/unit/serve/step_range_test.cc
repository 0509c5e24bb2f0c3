// SPDX-License-Identifier: MIT
// The state machine with conditional and range requests: the responses, and what is held while a multipart response is
// being sent.

#include <gtest/gtest.h>

#include <filesystem>

#include "unit/serve/player.h"
#include "unit/site/tree.h"

namespace minhttp::test {
namespace {

const std::string kept = "Cache-Control: max-age=0, must-revalidate\r\nVary: Accept-Encoding\r\n";
const std::string not_kept = "Cache-Control: no-store\r\nVary: Accept-Encoding\r\n";

constexpr std::string_view contents = "abcdefghijklmnopqrstuvwxyz";
constexpr size_t big = 3'000'000;
const std::string validators = "Last-Modified: Tue, 02 Jan 2024 03:04:05 GMT\r\nETag: \"cBsvwT1GzReNkMePdgk8MA\"\r\n";

struct StepRange : testing::Test {
  StepRange() {
    tree.file("file.txt", contents);
    tree.file("empty.txt", "");
    std::string bytes(big, 0);
    for (size_t i = 0; i < big; i++) bytes[i] = static_cast<char>('a' + i * i % 23);
    tree.file("big.bin", bytes);
    tree.modified("file.txt", 1'704'164'645, 0);
    // Large enough that several parts with their frames take fewer bytes than the whole file.
    std::string alphabets;
    for (int i = 0; i < 100; i++) alphabets += contents;
    tree.file("long.txt", alphabets);
    tree.modified("long.txt", 1'704'164'645, 0);
  }
  Plan plan() {
    Plan plan;
    plan.directory = tree.root();
    return plan;
  }
  Tree tree;
};

std::string get(const std::string& path, const std::string& fields, const std::string& method = "GET") {
  return method + " " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

std::string head_of(const std::string& answer) { return answer.substr(0, answer.find("\r\n\r\n") + 4); }
std::string body_of(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

std::string field(const std::string& head, const std::string& name) {
  size_t begin = head.find("\r\n" + name + ": ");
  if (begin == head.npos) return "";
  begin += name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

// The parts of a multipart response, one for each line: first-last/size and the bytes.
std::string parts_of(const std::string& answer) {
  std::string type = field(head_of(answer), "Content-Type");
  std::string start = "multipart/byteranges; boundary=";
  if (type.substr(0, start.size()) != start) return "no multipart: " + type;
  std::string delimiter = "\r\n--" + type.substr(start.size());
  std::string rest = "\r\n" + body_of(answer);
  std::string found;
  while (rest.substr(0, delimiter.size() + 2) == delimiter + "\r\n") {
    rest.erase(0, delimiter.size());
    std::string head = rest.substr(0, rest.find("\r\n\r\n") + 4);
    rest.erase(0, head.size());
    size_t end = rest.find(delimiter);
    found += field(head, "Content-Range") + " " + rest.substr(0, end) + "\n";
    rest.erase(0, end);
  }
  return found + (rest == delimiter + "--\r\n" ? "" : "not its end: " + rest);
}

TEST_F(StepRange, NotModifiedIsExactlyThisText) {
  for (const char* method : {"GET", "HEAD"}) {
    TestServer house(plan());
    Client client(house);
    client.send(get("/file.txt", "If-None-Match: \"cBsvwT1GzReNkMePdgk8MA\"\r\n", method));
    EXPECT_EQ(client.output(), "HTTP/1.1 304 Not Modified\r\nDate: " + house.date() +
                                   "\r\nETag: \"cBsvwT1GzReNkMePdgk8MA\"\r\n" + kept + "\r\n");
    EXPECT_FALSE(client.closed());
    client.send(get("/file.txt", "", "HEAD"));
    EXPECT_NE(client.output().find("HTTP/1.1 200 OK"), std::string::npos) << "and the connection goes on";
  }
}

TEST_F(StepRange, PreconditionFailedIsExactlyThisText) {
  TestServer house(plan());
  Client client(house);
  client.send(get("/file.txt", "If-Match: \"other\"\r\n"));
  EXPECT_EQ(client.output(), "HTTP/1.1 412 Precondition Failed\r\nDate: " + house.date() +
                                 "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 24\r\n" + not_kept +
                                 "\r\n"
                                 "412 Precondition Failed\n");
  EXPECT_FALSE(client.closed());
}

TEST_F(StepRange, ConditionsApplyToFilesOnly) {
  tree.directory("dir");
  auto status = [&](const std::string& path, const std::string& method) {
    TestServer house(plan());
    Client client(house);
    client.send(get(path, "If-Match: \"x\"\r\nIf-None-Match: *\r\nRange: bytes=0-1\r\n", method));
    return client.output().substr(9, 3);
  };
  EXPECT_EQ(status("/nothing", "GET"), "404");
  EXPECT_EQ(status("/dir", "GET"), "301");
  EXPECT_EQ(status("/..", "GET"), "400");
  EXPECT_EQ(status("/file.txt", "DELETE"), "405");
  EXPECT_EQ(status("/file.txt", "OPTIONS"), "204");
  EXPECT_EQ(status("/file.txt", "GET"), "412");
}

TEST_F(StepRange, ConditionsComeBeforeRanges) {
  auto ask = [&](const std::string& fields) {
    TestServer house(plan());
    Client client(house);
    client.send(get("/file.txt", fields));
    return client.output().substr(9, 3);
  };
  EXPECT_EQ(ask("Range: bytes=99-\r\nIf-None-Match: *\r\n"), "304");
  EXPECT_EQ(ask("Range: bytes=99-\r\nIf-Match: \"x\"\r\n"), "412");
  EXPECT_EQ(ask("Range: bytes=99-\r\nIf-None-Match: \"x\"\r\n"), "416");
  EXPECT_EQ(ask("Range: bytes=99-\r\nIf-Range: \"x\"\r\n"), "200");
  EXPECT_EQ(ask("Range: bytes=0-1\r\nIf-Range: \"cBsvwT1GzReNkMePdgk8MA\"\r\nIf-Match: *\r\n"), "206");
}

TEST_F(StepRange, APartIsExactlyThisText) {
  TestServer house(plan());
  Client client(house);
  client.send(get("/file.txt", "Range: bytes=2-4\r\n"));
  EXPECT_EQ(client.output(), "HTTP/1.1 206 Partial Content\r\nDate: " + house.date() +
                                 "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\n" + validators +
                                 "Accept-Ranges: bytes\r\nContent-Range: bytes 2-4/26\r\n" + kept + "\r\ncde");
}

TEST_F(StepRange, UnsatisfiableIsExactlyThisText) {
  TestServer house(plan());
  Client client(house);
  client.send(get("/file.txt", "Range: bytes=26-,99-100,-0\r\n"));
  EXPECT_EQ(client.output(), "HTTP/1.1 416 Range Not Satisfiable\r\nDate: " + house.date() +
                                 "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 26\r\n"
                                 "Content-Range: bytes */26\r\n" +
                                 not_kept + "\r\n416 Range Not Satisfiable\n");
}

TEST_F(StepRange, OverlappingPartsAreMerged) {
  TestServer house(plan());
  Client client(house);
  client.send(get("/file.txt", "Range: bytes=2-4,5-9,0-3\r\n"));
  EXPECT_EQ(field(head_of(client.output()), "Content-Range"), "bytes 0-9/26");
  EXPECT_EQ(body_of(client.output()), "abcdefghij");
}

TEST_F(StepRange, SeveralPartsAreExactlyThisText) {
  TestServer house(plan());
  Client client(house);
  client.send(get("/long.txt", "Range: bytes=-2,0-1\r\n"));
  std::string head = head_of(client.output());
  std::string boundary = field(head, "Content-Type").substr(31);
  EXPECT_EQ(boundary.size(), 16U);
  std::string body = body_of(client.output());
  std::string its_own = "Last-Modified: " + field(head, "Last-Modified") + "\r\nETag: " + field(head, "ETag") + "\r\n";
  EXPECT_EQ(head, "HTTP/1.1 206 Partial Content\r\nDate: " + house.date() +
                      "\r\nContent-Type: multipart/byteranges; boundary=" + boundary + "\r\nContent-Length: " +
                      std::to_string(body.size()) + "\r\n" + its_own + "Accept-Ranges: bytes\r\n" + kept + "\r\n");
  std::string type = "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes ";
  EXPECT_EQ(body, "--" + boundary + type + "2598-2599/2600\r\n\r\nyz\r\n--" + boundary + type +
                      "0-1/2600\r\n\r\nab\r\n--" + boundary + "--\r\n");
  EXPECT_EQ(client.writes().size(), 5U) << "head and first text are one packet";
  EXPECT_FALSE(client.more_follows()) << "nothing holds the end back";
  EXPECT_FALSE(client.closed());
  EXPECT_EQ(client.timer(), conn::Timer::idle);
  EXPECT_FALSE(client.connection().source.open());
  EXPECT_EQ(house.server().free_workspaces.taken(), 0U);
}

TEST_F(StepRange, HeadIgnoresRange) {
  TestServer house(plan());
  Client client(house);
  client.send(get("/file.txt", "Range: bytes=0-1,4-5\r\n", "HEAD"));
  EXPECT_EQ(client.output().substr(9, 3), "200");
  EXPECT_EQ(field(client.output(), "Content-Length"), "26");
  EXPECT_EQ(house.server().free_workspaces.taken(), 0U);
}

TEST_F(StepRange, MoreRangesThanTheLimitGetTheFile) {
  TestServer house(plan());
  Client client(house);
  std::string range = "Range: bytes=";
  for (size_t i = 0; i <= limits::ranges_max; i++) range += "0-0,";
  client.send(get("/file.txt", range + "\r\n"));
  EXPECT_EQ(client.output().substr(9, 3), "200");
  EXPECT_EQ(body_of(client.output()), contents);
}

// RFC 9110 section 14.2: a server may ignore Range. The frames of two small parts are larger than a small file.
TEST_F(StepRange, SeveralPartsNeverCostMoreThanTheWhole) {
  TestServer house(plan());
  Client client(house);
  client.send(get("/file.txt", "Range: bytes=0-1,4-5\r\n"));
  EXPECT_EQ(client.output().substr(9, 3), "200");
  EXPECT_EQ(body_of(client.output()), contents);
}

TEST_F(StepRange, PipelinedAnswersInSeveralParts) {
  TestServer house(plan());
  Client client(house);
  std::string one = get("/long.txt", "Range: bytes=0-1,4-5\r\n");
  std::string next = get("/nothing", "");
  client.send(one + next + one + one + next);
  size_t answers = 0;
  const std::string& out = client.output();
  for (size_t at = out.find("HTTP/1.1 "); at != out.npos; at = out.find("HTTP/1.1 ", at + 1)) {
    bool parts = answers == 0 || answers == 2 || answers == 3;
    std::string answer = out.substr(at, out.find("HTTP/1.1 ", at + 1) - at);
    EXPECT_EQ(answer.substr(9, 3), parts ? "206" : "404") << answers;
    if (parts) {
      EXPECT_EQ(parts_of(answer), "bytes 0-1/2600 ab\nbytes 4-5/2600 ef\n") << answers;
    }
    EXPECT_EQ(body_of(answer).size(), std::stoul(field(answer, "Content-Length"))) << answers;
    answers++;
  }
  EXPECT_EQ(answers, 5U);
}

TEST_F(StepRange, TheConnectionEndsBehindTheLastPart) {
  TestServer house(plan());
  Client client(house);
  client.send(get("/long.txt", "Range: bytes=0-0,2-2\r\nConnection: close\r\n"));
  EXPECT_EQ(parts_of(client.output()), "bytes 0-0/2600 a\nbytes 2-2/2600 c\n");
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(house.server().free_workspaces.taken(), 0U);
}

// However little the socket accepts at a time, and whatever part of the response it is in the middle of.
TEST_F(StepRange, ASlowReaderGetsTheSame) {
  std::string request = get("/long.txt", "Range: bytes=20-25,0-9,12-13\r\n");
  std::string expected = "bytes 20-25/2600 uvwxyz\nbytes 0-9/2600 abcdefghij\nbytes 12-13/2600 mn\n";
  for (size_t taken : {1U, 2U, 3U, 7U, 100U, 150U, 1000U}) {
    TestServer house(plan());
    Client client(house);
    client.take_at_most(taken);
    client.send(request + get("/nothing", ""));
    for (int i = 0; i < 2000 && client.output().find("404 Not Found\n") == std::string::npos; i++) client.run();
    size_t second = client.output().find("HTTP/1.1 404");
    ASSERT_NE(second, std::string::npos);
    EXPECT_EQ(parts_of(client.output().substr(0, second)), expected) << taken;
  }
}

TEST_F(StepRange, ASlowReaderHoldsOneWorkspaceAndNoMore) {
  TestServer house(plan());
  Client client(house);
  client.take_at_most(1000);
  client.send(get("/big.bin", "Range: bytes=0-999999,1500000-\r\n"));
  for (int i = 0; i < 50; i++) {
    client.run();
    EXPECT_EQ(house.server().free_workspaces.taken(), 1U);
    EXPECT_TRUE(client.connection().source.open());
    EXPECT_EQ(client.timer(), conn::Timer::send);
  }
  client.timeout();
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(house.server().free_workspaces.taken(), 0U);
  EXPECT_FALSE(client.connection().source.open());
}

TEST_F(StepRange, LargePartsAreSentWhole) {
  TestServer house(plan());
  Client client(house);
  client.send(get("/big.bin", "Range: bytes=1-1200000,2000000-2999998\r\n"));
  Client whole(house, 1);
  whole.send(get("/big.bin", ""));
  std::string bytes = body_of(whole.output());
  EXPECT_EQ(parts_of(client.output()), "bytes 1-1200000/3000000 " + bytes.substr(1, 1'200'000) +
                                           "\nbytes 2000000-2999998/3000000 " + bytes.substr(2'000'000, 999'999) +
                                           "\n");
}

TEST_F(StepRange, AFileThatShrinksEndsTheConnection) {
  TestServer house(plan());
  Client client(house);
  client.take_at_most(100'000);
  client.send(get("/big.bin", "Range: bytes=0-200000,1000000-1000001\r\n"));
  std::filesystem::resize_file(tree.path("big.bin"), 500'000);
  for (int i = 0; i < 20; i++) client.run();
  EXPECT_TRUE(client.closed());
  EXPECT_LT(body_of(client.output()).size(), std::stoul(field(client.output(), "Content-Length")));
  std::string last = "Content-Range: bytes 1000000-1000001/3000000\r\n\r\n";
  EXPECT_EQ(client.output().substr(client.output().size() - last.size()), last) << "and not a byte in their place";
  EXPECT_EQ(house.server().free_workspaces.taken(), 0U);
}

TEST_F(StepRange, LogLines) {
  Plan with_log = plan();
  with_log.log = conn::LogFormat::common;
  TestServer house(with_log);
  Client client(house);
  client.send(get("/long.txt", "Range: bytes=0-0,2-2\r\n"));
  std::string size = std::to_string(body_of(client.output()).size());
  client.send(get("/file.txt", "If-None-Match: *\r\n") + get("/file.txt", "If-Match: \"x\"\r\n"));
  std::string log = house.log();
  EXPECT_NE(log.find("\" 206 " + size + "\n"), std::string::npos) << log;
  EXPECT_NE(log.find("\" 304 0\n"), std::string::npos) << log;
  EXPECT_NE(log.find("\" 412 24\n"), std::string::npos) << log;
}

TEST_F(StepRange, EachAnswerHasItsOwnBoundary) {
  TestServer house(plan());
  Client client(house);
  client.send(get("/long.txt", "Range: bytes=0-0,2-2\r\n"));
  std::string first = field(client.output(), "Content-Type");
  Client other(house, 1);
  other.send(get("/long.txt", "Range: bytes=0-0,2-2\r\n"));
  EXPECT_NE(field(other.output(), "Content-Type"), first);
}

} // namespace
} // namespace minhttp::test
