// SPDX-License-Identifier: MIT
// How long the parser takes for one request head, how many bytes it reads a second, and what
// an answer's head costs:
// build/release/bench/bench-parse

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string_view>

#include "base/check.h"
#include "h1/parse.h"
#include "h1/write_head.h"
#include "http/response_head.h"
#include "tables/limits.h"

void minhttp::panic(const char*, int) { std::abort(); }

namespace {

// The three sizes for which other parsers' figures are published: docs/performance.md.
constexpr std::string_view small =
    "GET / HTTP/1.1\r\n"
    "Host: library.example.org\r\n"
    "\r\n";
static_assert(small.size() == 45);

constexpr std::string_view medium =
    "GET /docs/manual/tutorial.html HTTP/1.1\r\n"
    "Host: www.example.org:8080\r\n"
    "User-Agent: curl/7.88.1\r\n"
    "Accept: */*\r\n"
    "Accept-Encoding: gzip, br\r\n"
    "If-None-Match: \"41a-65937d25-1f\"\r\n"
    "\r\n";
static_assert(medium.size() == 170);

// As a browser writes it.
constexpr std::string_view browser =
    "GET /articles/2024/03/harbour-at-night/photo-1742.jpg?width=1280 HTTP/1.1\r\n"
    "Host: www.example.org\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0\r\n"
    "Accept: image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5\r\n"
    "Accept-Language: en-GB,en;q=0.8,de;q=0.5,fr;q=0.3\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Referer: https://www.example.org/articles/2024/03/harbour-at-night/\r\n"
    "DNT: 1\r\n"
    "Sec-GPC: 1\r\n"
    "Connection: keep-alive\r\n"
    "Cookie: session=2c26b46b68ffc68ff99b453c1d304134; theme=dark; consent=all\r\n"
    "Sec-Fetch-Dest: image\r\n"
    "Sec-Fetch-Mode: no-cors\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "If-Modified-Since: Tue, 02 Jan 2024 03:04:05 GMT\r\n"
    "If-None-Match: \"1a-65937d25-0\"\r\n"
    "\r\n";
static_assert(browser.size() == 703);

void parse(benchmark::State& state, std::string_view text) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(text);
    minhttp::h1::Progress progress;
    minhttp::http::Request request;
    auto outcome = minhttp::h1::parse_head(text, progress, request);
    if (outcome.length != text.size()) state.SkipWithError("not the whole head");
    benchmark::DoNotOptimize(request);
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(text.size()));
}

// An answer's head: that of a file, with all that it has.
void write(benchmark::State& state) {
  char out[minhttp::limits::answer_head_max];
  minhttp::http::ResponseHead head;
  head.date = "Tue, 02 Jan 2024 03:04:05 GMT";
  head.type = "text/html; charset=utf-8";
  head.length = 10240;
  head.ranges = true;
  head.validators = {.size = 10240, .seconds = 1'704'164'645, .nanoseconds = 123'456'789};
  head.now = 1'795'000'000;
  for (auto _ : state) {
    benchmark::DoNotOptimize(head);
    benchmark::DoNotOptimize(minhttp::h1::write_head(out, head, minhttp::h1::Persistence::keep, false));
  }
}

BENCHMARK_CAPTURE(parse, small, small);
BENCHMARK_CAPTURE(parse, medium, medium);
BENCHMARK_CAPTURE(parse, browser, browser);
BENCHMARK(write);

} // namespace
