// How long the parser takes for one request head, and how many bytes it reads a second:
// build/release/bench/bench-parse

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string_view>

#include "base/check.h"
#include "http/parse.h"

void minhttp::panic(const char*, int) { std::abort(); }

namespace {

constexpr std::string_view minimal =
    "GET / HTTP/1.1\r\n"
    "Host: a\r\n"
    "\r\n";

constexpr std::string_view curl =
    "GET /docs/manual/index.html HTTP/1.1\r\n"
    "Host: localhost:8080\r\n"
    "User-Agent: curl/7.88.1\r\n"
    "Accept: */*\r\n"
    "\r\n";

constexpr std::string_view chromium =
    "GET /assets/application.3f9c2b17.js?v=20240102 HTTP/1.1\r\n"
    "Host: www.example.org:8080\r\n"
    "Connection: keep-alive\r\n"
    "Cache-Control: max-age=0\r\n"
    "sec-ch-ua: \"Chromium\";v=\"124\", \"Not-A.Brand\";v=\"99\"\r\n"
    "sec-ch-ua-mobile: ?0\r\n"
    "sec-ch-ua-platform: \"Linux\"\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 "
    "Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-User: ?1\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Referer: http://www.example.org:8080/docs/manual/index.html\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-US,en;q=0.9,de;q=0.8\r\n"
    "Cookie: session=2c26b46b68ffc68ff99b453c1d304134; theme=dark; consent=all\r\n"
    "If-None-Match: \"1a-65937d25-0\"\r\n"
    "If-Modified-Since: Tue, 02 Jan 2024 03:04:05 GMT\r\n"
    "\r\n";

void parse(benchmark::State& state, std::string_view text) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(text);
    minhttp::http::Progress progress;
    minhttp::http::Request request;
    auto outcome = minhttp::http::parse_head(text, progress, request);
    if (outcome.length != text.size()) state.SkipWithError("not the whole head");
    benchmark::DoNotOptimize(request);
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(text.size()));
}

BENCHMARK_CAPTURE(parse, minimal, minimal);
BENCHMARK_CAPTURE(parse, curl, curl);
BENCHMARK_CAPTURE(parse, chromium, chromium);

} // namespace
