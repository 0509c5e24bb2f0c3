// SPDX-License-Identifier: MIT
// A log that has no room: the client is answered all the same, and the line is missed whole.

#include "conn/access_log.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace minhttp::test {
namespace {

// What a log line needs of a server; it stays in the buffer. There are no records, so lines are early.
struct Logging {
  explicit Logging(size_t room, conn::LogFormat format)
      : buffer(room),
        log(buffer, -1),
        server{.context = {},
               .log = log,
               .log_format = format,
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
    return std::string(buffer.data(), buffer.size()).c_str();
  }

  std::vector<char> buffer;
  log::Log log;
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

TEST(LogLine, WithLoggingOffThereIsNoLine) {
  Logging logging(1000, conn::LogFormat::off);
  EXPECT_EQ(logging.answer(line), "");
}

} // namespace
} // namespace minhttp::test
