// SPDX-License-Identifier: MIT
// Lines of the access log, with records and without. A log that has no room: the client is answered all the same, and
// the line is missed whole.

#include "conn/access_log.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace minhttp::test {
namespace {

// What a log line needs of a server; it stays in the buffer. Without records lines are early.
struct Logging {
  explicit Logging(size_t room, conn::LogFormat format, size_t records_count = 0)
      : buffer(room),
        log(buffer, -1),
        records(records_count),
        free_records(records_count),
        server{.context = {},
               .log = log,
               .log_format = format,
               .log_records = records,
               .free_log_records = Pool(free_records),
               .body_max = 0,
               .requests_max = 0,
               .connections = {&connection, 1},
               .workspaces = {},
               .free_workspaces = Pool({}),
               .timers = conn::Timers({&connection, 1}, {})} {
    server.context.clock.read();
    connection.peer = mapped({192, 0, 2, 7});
  }
  std::string answer(const conn::LogLine& line) {
    conn::log_response(server, connection, line);
    return text();
  }
  // So many bytes of the response's body are out: its head takes none here.
  std::string sent(uint64_t bytes) {
    connection.sent = bytes;
    conn::log_sent(server, connection);
    return text();
  }
  std::string text() const { return std::string(buffer.data(), buffer.size()).c_str(); }

  std::vector<char> buffer;
  log::Log log;
  std::vector<conn::LogRecord> records;
  std::vector<uint32_t> free_records;
  conn::Connection connection;
  conn::Server server;
};

constexpr conn::LogLine line = {.request = "GET / HTTP/1.1", .user = "joe", .status = http::Status::ok, .bytes = 26};

TEST(LogLine, Common) {
  Logging logging(1000, conn::LogFormat::common);
  std::string text = logging.answer(line);
  EXPECT_EQ(text.find("192.0.2.7 - joe ["), 0U);
  EXPECT_NE(text.find("] \"GET / HTTP/1.1\" 200 26 early\n"), std::string::npos);
  Logging unknown(1000, conn::LogFormat::common);
  text = unknown.answer({.request = {}, .user = {}, .status = http::Status::bad_request, .bytes = 0});
  EXPECT_EQ(text.find("192.0.2.7 - - ["), 0U);
  EXPECT_NE(text.find("] \"-\" 400 0 early\n"), std::string::npos);
}

TEST(LogLine, WithoutSpaceThereIsNoLine) {
  for (conn::LogFormat format : {conn::LogFormat::common, conn::LogFormat::case_study}) {
    Logging logging(20, format);
    EXPECT_EQ(logging.answer(line), "");
  }
}

TEST(LogLine, ARecordIsWrittenWhenItsBodyIsSent) {
  Logging logging(1000, conn::LogFormat::common, 1);
  EXPECT_EQ(logging.answer(line), "");
  EXPECT_EQ(logging.sent(25), "");
  std::string text = logging.sent(26);
  EXPECT_NE(text.find("] \"GET / HTTP/1.1\" 200 26\n"), std::string::npos) << text;
}

TEST(LogLine, ARecordWithoutSpaceForItsLineIsGivenBack) {
  Logging logging(20, conn::LogFormat::common, 1);
  EXPECT_EQ(logging.answer(line), "");
  EXPECT_EQ(logging.server.free_log_records.taken(), 1U);
  EXPECT_EQ(logging.sent(26), "");
  EXPECT_EQ(logging.server.free_log_records.taken(), 0U) << "or later lines would be early";
}

// The bytes of the body that are out, whatever else is; a response that is out whole was not aborted.
TEST(LogLine, AtTheEndOfAConnectionOnlyUnfinishedResponsesAreAborted) {
  for (auto [sent, end] :
       {std::pair(0, "\" 200 0 aborted\n"), {25, "\" 200 25 aborted\n"}, {26, "\" 200 26\n"}, {99, "\" 200 26\n"}}) {
    Logging logging(1000, conn::LogFormat::common, 1);
    EXPECT_EQ(logging.answer(line), "");
    logging.connection.sent = static_cast<uint64_t>(sent);
    conn::log_end(logging.server, logging.connection);
    std::string text = logging.text();
    EXPECT_NE(text.find(end), std::string::npos) << text;
  }
}

// A whole line of each format goes through a record as it goes without one.
TEST(LogLine, ARecordHasWhatFollowsTheNumbers) {
  for (auto [format, end] : {std::pair(conn::LogFormat::combined, " 200 26 \"b\" \"c\"\n"),
                             {conn::LogFormat::json, ",\"referer\":\"b\",\"user_agent\":\"c\"}\n"},
                             {conn::LogFormat::terminal, "ms 192.0.2.7\n"}}) {
    Logging logging(20'000, format, 1);
    conn::LogLine with_fields = line;
    with_fields.fields = "Referer: b\r\nUser-Agent: c\r\n";
    EXPECT_EQ(logging.answer(with_fields), "");
    std::string text = logging.sent(26);
    EXPECT_TRUE(text.ends_with(end)) << text;
    EXPECT_EQ(text.find("early"), std::string::npos) << text;
  }
}

TEST(LogLine, ADurationIsThatUntilTheLastByte) {
  Logging logging(20'000, conn::LogFormat::json, 1);
  int64_t begun_us = logging.server.context.clock.now_us();
  EXPECT_EQ(logging.answer(line), "");
  int64_t least_us = serve::Clock::exact_us() - begun_us;
  std::string text = logging.sent(26);
  int64_t most_us = serve::Clock::exact_us() - begun_us;
  size_t at = text.find("\"duration_us\":");
  ASSERT_NE(at, std::string::npos) << text;
  int64_t said_us = std::stoll(text.substr(at + 14));
  EXPECT_GE(said_us, least_us);
  EXPECT_LE(said_us, most_us);
}

TEST(LogLine, WhatIsWrittenEarlyHasNoDuration) {
  Logging logging(20'000, conn::LogFormat::json);
  std::string text = logging.answer(line);
  EXPECT_NE(text.find("\"bytes\":26,\"early\":true}\n"), std::string::npos) << text;
}

// Early, and whole: too long for a record as it is written, and too long in the worst case.
TEST(LogLine, ALongLineIsEarlyInEachFormat) {
  for (size_t size : {size_t{limits::log_line_max}, size_t{limits::target_max}}) {
    std::string request = "GET /" + std::string(size, 'a') + " HTTP/1.1";
    for (conn::LogFormat format : {conn::LogFormat::common, conn::LogFormat::combined, conn::LogFormat::json}) {
      Logging logging(40'000, format, 1);
      std::string text = logging.answer({.request = request, .user = "joe", .status = http::Status::ok, .bytes = 26});
      EXPECT_TRUE(text.ends_with(format == conn::LogFormat::json ? ",\"early\":true}\n" : " early\n")) << text;
      EXPECT_NE(text.find(format == conn::LogFormat::json ? std::string(size < 1000 ? size : 1000, 'a') : request),
                std::string::npos);
      EXPECT_EQ(logging.server.free_log_records.taken(), 0U);
    }
  }
}

// --admin is not counted among the connections.
TEST(LogLine, TheCaseStudyIsSilentOnConnectionsOfAdministrators) {
  for (conn::ListenerKind kind : {conn::ListenerKind::admin, conn::ListenerKind::http}) {
    Logging logging(1000, conn::LogFormat::case_study);
    logging.connection.kind = kind;
    conn::log_end(logging.server, logging.connection);
    EXPECT_EQ(logging.text(), kind == conn::ListenerKind::admin ? "" : "Connection received, bytes read: 0\n");
  }
}

TEST(LogLine, WithLoggingOffThereIsNoLine) {
  Logging logging(1000, conn::LogFormat::off);
  EXPECT_EQ(logging.answer(line), "");
}

} // namespace
} // namespace minhttp::test
