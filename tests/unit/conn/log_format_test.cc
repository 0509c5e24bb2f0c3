// SPDX-License-Identifier: MIT
// Lines of the access log in each format, byte by byte.

#include "conn/log_format.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tables/limits.h"

namespace minhttp::test {
namespace {

using conn::LogFormat;
using conn::LogLine;
using conn::LogMark;
using http::Status;

constexpr IpAddress joes = mapped({192, 0, 2, 7});
constexpr std::array all_formats = {LogFormat::common, LogFormat::combined, LogFormat::json, LogFormat::terminal};

serve::Clock clock_of_the_lines() {
  serve::Clock clock;
  clock.set(1, int64_t{1'704'164'645} * 1'000'000'000);
  return clock;
}

struct Lines {
  LogFormat format;
  bool color = false;
  uint32_t worker = 0;

  // Of a response that is out whole.
  std::string operator()(const LogLine& line, int64_t duration_us = conn::unknown_duration,
                         LogMark mark = LogMark::none) const {
    std::vector<char> memory(conn::log_size_max(format, line));
    Writer out(memory);
    serve::Clock clock = clock_of_the_lines();
    conn::LogContext context = {format, color, worker, clock};
    const IpAddress& client = line.client != nullptr ? *line.client : joes;
    conn::write_log_start(out, context, line, client);
    conn::write_log_numbers(out, format, line.bytes, duration_us);
    conn::write_log_tail(out, context, line, client);
    conn::write_log_mark(out, format, mark);
    return std::string(out.view());
  }
};

LogLine get_file() {
  return {.request = "GET /file.txt?a=b HTTP/1.1",
          .fields =
              "Host: a.example\r\nReferer: https://b.example/\r\nUser-Agent: curl/8.5\r\n"
              "X-Request-Id: 42\r\nTraceparent: 00-1-2-01\r\n",
          .user = "joe",
          .status = Status::ok,
          .bytes = 26};
}

LogLine refused(Status status, http::Refusal refusal = http::Refusal::none) {
  return {.request = {}, .status = status, .refusal = refusal, .bytes = 0};
}

// The whole text of a member of a JSON line, as it was written; "": there is none.
std::string member(const std::string& line, const std::string& name) {
  std::string before = ",\"" + name + "\":";
  size_t begin = line.find(before);
  if (begin == line.npos) return {};
  begin += before.size();
  size_t end = begin;
  for (bool quoted = false; quoted || (line[end] != ',' && line[end] != '}'); end++) {
    if (line[end] == '"') quoted = !quoted;
    if (line[end] == '\\') end++;
  }
  return line.substr(begin, end - begin);
}

TEST(LogFormats, OfAFile) {
  EXPECT_EQ(Lines{LogFormat::common}(get_file()),
            "192.0.2.7 - joe [02/Jan/2024:03:04:05 +0000] \"GET /file.txt?a=b HTTP/1.1\" 200 26\n");
  EXPECT_EQ(Lines{LogFormat::combined}(get_file()),
            "192.0.2.7 - joe [02/Jan/2024:03:04:05 +0000] \"GET /file.txt?a=b HTTP/1.1\" 200 26 "
            "\"https://b.example/\" \"curl/8.5\"\n");
  EXPECT_EQ((Lines{.format = LogFormat::json, .worker = 3}(get_file(), 1234)),
            "{\"time\":\"2024-01-02T03:04:05Z\",\"client\":\"192.0.2.7\",\"user\":\"joe\",\"method\":\"GET\","
            "\"host\":\"a.example\",\"path\":\"/file.txt\",\"query\":\"a=b\",\"protocol\":\"HTTP/1.1\","
            "\"status\":200,\"bytes\":26,\"duration_us\":1234,\"referer\":\"https://b.example/\","
            "\"user_agent\":\"curl/8.5\",\"request_id\":\"42\",\"traceparent\":\"00-1-2-01\",\"worker\":3}\n");
  EXPECT_EQ(Lines{LogFormat::terminal}(get_file(), 1234), "03:04:05 200 GET /file.txt?a=b 26B 1.2ms 192.0.2.7\n");
}

TEST(LogFormats, OfARequestThatCouldNotBeRead) {
  LogLine line = refused(Status::bad_request);
  EXPECT_EQ(Lines{LogFormat::common}(line), "192.0.2.7 - - [02/Jan/2024:03:04:05 +0000] \"-\" 400 0\n");
  EXPECT_EQ(Lines{LogFormat::combined}(line), "192.0.2.7 - - [02/Jan/2024:03:04:05 +0000] \"-\" 400 0 \"-\" \"-\"\n");
  EXPECT_EQ(Lines{LogFormat::json}(line),
            "{\"time\":\"2024-01-02T03:04:05Z\",\"client\":\"192.0.2.7\",\"status\":400,\"bytes\":0,"
            "\"reason\":\"malformed-request\"}\n");
  EXPECT_EQ(Lines{LogFormat::terminal}(line), "03:04:05 400 -  0B 192.0.2.7\n");
}

TEST(LogFormats, AClientAtAUnixSocketHasNoAddress) {
  IpAddress nobody = {};
  LogLine line = get_file();
  line.client = &nobody;
  EXPECT_EQ(Lines{LogFormat::common}(line).find("unix: - joe ["), 0U);
  EXPECT_EQ(member(Lines{LogFormat::json}(line), "client"), "\"unix:\"");
}

// Where it breaks off, or is written before it is out.
TEST(LogFormats, MarksAndUnknownLengths) {
  LogLine listing = get_file();
  listing.bytes = conn::unknown_length;
  auto end = [&](LogFormat format, LogMark mark, std::string_view behind) {
    std::string line = Lines{format}(listing, conn::unknown_duration, mark);
    return line.substr(line.find(behind) + behind.size());
  };
  EXPECT_EQ(end(LogFormat::common, LogMark::aborted, "\" 200 "), "- aborted\n");
  EXPECT_EQ(end(LogFormat::common, LogMark::early, "\" 200 "), "- early\n");
  EXPECT_EQ(end(LogFormat::combined, LogMark::early, "\" 200 "), "- \"https://b.example/\" \"curl/8.5\" early\n");
  EXPECT_EQ(end(LogFormat::terminal, LogMark::aborted, "a=b "), "- 192.0.2.7 aborted\n");
  EXPECT_EQ(end(LogFormat::json, LogMark::aborted, "traceparent\":"), "\"00-1-2-01\",\"aborted\":true}\n");
  EXPECT_EQ(end(LogFormat::json, LogMark::early, "traceparent\":"), "\"00-1-2-01\",\"early\":true}\n");
  EXPECT_EQ(member(Lines{LogFormat::json}(listing), "bytes"), "null");
}

TEST(LogFormats, SeparateAQueryFromItsPath) {
  Lines lines{LogFormat::json};
  LogLine line = get_file();
  line.request = "HEAD /a?b?c=d HTTP/2.0";
  EXPECT_EQ(member(lines(line), "path"), "\"/a\"");
  EXPECT_EQ(member(lines(line), "query"), "\"b?c=d\"");
  EXPECT_EQ(member(lines(line), "protocol"), "\"HTTP/2.0\"");
  line.request = "OPTIONS * HTTP/1.0";
  EXPECT_EQ(member(lines(line), "path"), "\"*\"");
  EXPECT_EQ(lines(line).find("query"), std::string::npos);
  line.request = "GET /a? HTTP/1.1";
  EXPECT_EQ(member(lines(line), "path"), "\"/a\"");
  EXPECT_EQ(lines(line).find("query"), std::string::npos) << "an empty one is none";
}

// What a client sends must not look like a line, a field of one, or a command to a terminal.
TEST(LogFormats, EscapeWhatIsNotPrintable) {
  LogLine line = get_file();
  line.fields = "Referer: a\tb\"c\\d\xe4 ~\r\nUser-Agent: \x9b[31m\r\n";
  line.user = "j\x7f\x1b";
  std::string combined = Lines{LogFormat::combined}(line);
  EXPECT_EQ(combined.substr(combined.find(" 26 ")), " 26 \"a\\x09b\\x22c\\x5cd\\xe4 ~\" \"\\x9b[31m\"\n");
  std::string json = Lines{LogFormat::json}(line);
  EXPECT_EQ(member(json, "referer"), R"("a\u0009b\"c\\d\u00e4 ~")");
  EXPECT_EQ(member(json, "user_agent"), R"("\u009b[31m")");
  EXPECT_EQ(member(json, "user"), R"("j\u007f\u001b")");
}

// Escapes are whole, and no text takes more than its part of the line.
TEST(LogFormats, CutLongTexts) {
  auto fields = [](char c) { return "User-Agent: " + std::string(3000, c) + "\r\n"; };
  auto agent = [&](LogFormat format, char c) {
    std::string text = fields(c);
    LogLine line = get_file();
    line.fields = text;
    std::string written = Lines{format}(line);
    if (format == LogFormat::json) return member(written, "user_agent");
    return written.substr(written.rfind(" \"") + 1, written.size() - written.rfind(" \"") - 2);
  };
  std::string escaped;
  std::string quoted;
  while (escaped.size() + 6 <= limits::log_field_max) escaped += "\\u00ff";
  while (quoted.size() + 6 <= limits::log_field_max) quoted += "\\xff";
  std::string plain(limits::log_field_max - 5, 'a');
  EXPECT_EQ(agent(LogFormat::json, 'a'), '"' + plain + '"');
  EXPECT_EQ(agent(LogFormat::json, '\xff'), '"' + escaped + '"');
  EXPECT_EQ(agent(LogFormat::combined, 'a'), '"' + plain + '"');
  EXPECT_EQ(agent(LogFormat::combined, '\xff'), '"' + quoted + '"');
  std::string request = "GET /" + std::string(2000, 'p') + "?" + std::string(2000, 'q') + " HTTP/1.1";
  LogLine line = get_file();
  line.request = request;
  EXPECT_EQ(Lines{LogFormat::terminal}(line), "03:04:05 200 GET /" + std::string(limits::log_field_max - 1, 'p') + "?" +
                                                  std::string(limits::log_field_max - 1, 'q') + " 26B 192.0.2.7\n");
}

// A Writer without room ends the process, so log_size_max() has to hold for whatever a client sends.
TEST(LogFormats, HaveRoomForTheLongestLine) {
  std::string method(limits::method_max, 'M');
  std::string half(limits::target_max / 2, '\xff');
  std::string request = method + " /" + half + "?" + half + " HTTP/1.1";
  std::string fields;
  for (const char* name : {"Host", "Referer", "User-Agent", "X-Request-Id", "Traceparent"}) {
    fields += std::string(name) + ": " + std::string(3000, '\xff') + "\r\n";
  }
  std::string user(limits::user_max, '\xff');
  IpAddress client = *parse_ipv6("2001:db8:1111:2222:3333:4444:5555:6666");
  LogLine line = {.request = request,
                  .fields = fields,
                  .user = user,
                  .status = Status::service_unavailable,
                  .refusal = http::Refusal::invalid_transfer_coding,
                  .bytes = UINT64_MAX - 1,
                  .client = &client};
  for (LogFormat format : all_formats) {
    Lines lines = {.format = format, .color = true, .worker = limits::workers_max};
    std::string written = lines(line, INT64_MAX, LogMark::aborted);
    EXPECT_LE(written.size(), conn::log_size_max(format, line));
    EXPECT_EQ(written.back(), '\n');
  }
}

TEST(LogFormats, OnlyTwoHaveADuration) {
  for (LogFormat format : all_formats) {
    bool expected = format == LogFormat::json || format == LogFormat::terminal;
    EXPECT_EQ(conn::has_duration(format), expected);
    EXPECT_EQ(Lines{format}(get_file(), 5'000) != Lines{format}(get_file()), expected);
  }
}

TEST(LogFormats, NumbersOfATerminalLine) {
  auto numbers = [](uint64_t bytes, int64_t duration_us) {
    LogLine line = get_file();
    line.bytes = bytes;
    std::string text = Lines{LogFormat::terminal}(line, duration_us);
    size_t begin = text.find("a=b ") + 4;
    return text.substr(begin, text.find(" 192.") - begin);
  };
  EXPECT_EQ(numbers(0, 0), "0B 0.0ms");
  EXPECT_EQ(numbers(999, 99), "999B 0.0ms");
  EXPECT_EQ(numbers(1000, 100), "1.0K 0.1ms");
  EXPECT_EQ(numbers(5'199, 12'399), "5.1K 12.3ms");
  EXPECT_EQ(numbers(9'999, 99'999), "9.9K 99.9ms");
  EXPECT_EQ(numbers(10'000, 100'000), "10K 0.1s");
  EXPECT_EQ(numbers(999'999, 1'999'999), "999K 1.9s");
  EXPECT_EQ(numbers(1'000'000, 61'000'000), "1.0M 61.0s");
  EXPECT_EQ(numbers(2'500'000'000, 0), "2.5G 0.0ms");
  EXPECT_EQ(numbers(UINT64_MAX - 1, 0), "18E 0.0ms") << "the largest of all";
}

TEST(LogFormats, ColorsOfATerminalLine) {
  auto colored = [](Status status) {
    std::string text = Lines{.format = LogFormat::terminal, .color = true}(refused(status));
    return text.substr(9, text.find(" - ") - 9);
  };
  EXPECT_EQ(colored(Status::partial_content), "\x1b[32m206\x1b[0m");
  EXPECT_EQ(colored(Status::not_modified), "\x1b[36m304\x1b[0m");
  EXPECT_EQ(colored(Status::not_found), "\x1b[33m404\x1b[0m");
  EXPECT_EQ(colored(Status::service_unavailable), "\x1b[31m503\x1b[0m");
}

TEST(LogFormats, ReasonsAreThoseOfRefusals) {
  Lines lines{LogFormat::json};
  EXPECT_EQ(member(lines(refused(Status::not_found)), "reason"), "\"not-found\"");
  EXPECT_EQ(member(lines(refused(Status::not_found, http::Refusal::hidden_name)), "reason"), "\"hidden-name\"");
  EXPECT_EQ(member(lines(refused(Status::not_modified)), "reason"), "");
  EXPECT_EQ(member(lines(get_file()), "reason"), "");
}

TEST(LogFormats, SayHowManyLinesWereLost) {
  auto loss = [](LogFormat format, uint64_t lines) {
    char memory[100];
    Writer out(memory);
    conn::write_log_loss(out, format, lines);
    return std::string(out.view());
  };
  EXPECT_EQ(loss(LogFormat::json, 7), "{\"dropped\":7}\n");
  EXPECT_EQ(loss(LogFormat::combined, 12), "minhttp: log lines dropped: 12\n");
}

} // namespace
} // namespace minhttp::test
