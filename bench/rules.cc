// SPDX-License-Identifier: MIT
// What a request's look-up in _redirects and _headers costs, with few rules and with many:
// build/release/bench/bench-rules

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "base/check.h"
#include "rules/rules.h"

void minhttp::panic(const char*, int) { std::abort(); }

namespace {

using namespace minhttp;

struct Site {
  explicit Site(int64_t count) {
    for (int64_t i = 0; i < count; i++) {
      std::string number = std::to_string(i);
      redirects += "/archive/2019/post-" + number + ".html /blog/" + number + " 301\n";
      headers += "/assets/" + number + "/*\n  Cache-Control: no-cache\n";
    }
    redirects += "/blog/:year/* /news/:year/:splat 301\n";
    headers += "/*\n  X-Frame-Options: DENY\n";
    memory.resize(rules::rules_bytes(redirects, headers));
    rules::Diagnostics mistakes({});
    if (!rules::parse_rules(redirects, headers, memory, mistakes, rules)) std::abort();
  }
  std::string redirects;
  std::string headers;
  std::vector<std::byte> memory;
  rules::Rules rules;
};

void redirect(benchmark::State& state, const std::string& path) {
  Site site(state.range(0));
  std::vector<char> name(path.size());
  std::vector<char> out(limits::target_max);
  rules::Question question = {.path = http::decode_path(path, name), .query = {}, .host = "www.example.org"};
  for (auto _ : state) {
    benchmark::DoNotOptimize(question);
    auto found = rules::match_redirect(site.rules, question, out);
    benchmark::DoNotOptimize(found);
    state.counters["visits"] = found ? found->visits : 0;
  }
  state.counters["bytes"] = static_cast<double>(site.memory.size());
}

void fields(benchmark::State& state, const std::string& path) {
  Site site(state.range(0));
  std::vector<char> name(path.size());
  std::vector<char> out(limits::target_max);
  rules::Question question = {.path = http::decode_path(path, name), .query = {}, .host = "www.example.org"};
  for (auto _ : state) {
    benchmark::DoNotOptimize(question);
    rules::Fields found;
    rules::match_headers(site.rules, question, out, found);
    benchmark::DoNotOptimize(found.text);
    state.counters["visits"] = found.visits;
  }
}

void read(benchmark::State& state) {
  Site site(state.range(0));
  for (auto _ : state) {
    rules::Rules rules;
    rules::Diagnostics mistakes({});
    benchmark::DoNotOptimize(rules::parse_rules(site.redirects, site.headers, site.memory, mistakes, rules));
  }
}

BENCHMARK_CAPTURE(redirect, none, "/docs/manual/index.html")->Arg(10)->Arg(10'000);
BENCHMARK_CAPTURE(redirect, literal, "/archive/2019/post-7.html")->Arg(10)->Arg(10'000);
BENCHMARK_CAPTURE(redirect, splat, "/blog/2024/06/a-story")->Arg(10)->Arg(10'000);
BENCHMARK_CAPTURE(fields, one_block, "/docs/manual/index.html")->Arg(10)->Arg(10'000);
BENCHMARK(read)->Arg(10)->Arg(10'000)->Unit(benchmark::kMicrosecond);

} // namespace
