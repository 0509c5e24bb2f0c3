// SPDX-License-Identifier: MIT
// A tour: write_text() is made from tables/metrics.def; the functions above it write the samples of rows that are
// computed.

#include "metrics/text.h"

namespace minhttp::metrics {
namespace {

struct Source {
  const Shared& shared;
  const Facts& facts;
  const Sums& sums;
};

// A value in thousandths, as a decimal number.
void write_thousandths(Writer& out, uint64_t value) {
  uint64_t rest = value % 1000;
  out.decimal(value / 1000).byte('.');
  out.byte(static_cast<char>('0' + rest / 100)).two_digits(static_cast<uint32_t>(rest % 100));
}

void write_value(Writer& out, std::string_view name, std::string_view labels, uint64_t value) {
  out.text(name).text(labels).byte(' ').decimal(value).byte('\n');
}

void write_build(Writer& out, std::string_view name, const Source&) {
  out.text(name).text("{version=\"").text(version()).text("\",arch=\"").text(architecture());
  out.text("\",compiler=\"" __VERSION__ "\"} 1\n");
}

void write_start(Writer& out, std::string_view name, const Source& from) {
  write_value(out, name, {}, from.shared.began.load());
}

void write_cpu(Writer& out, std::string_view name, const Source& from) {
  out.text(name).byte(' ');
  write_thousandths(out, from.sums[Count::cpu_ms]);
  out.byte('\n');
}

void write_ready(Writer& out, std::string_view name, const Source& from) {
  write_value(out, name, {}, from.facts.ready ? 1 : 0);
}

std::string_view name_of(http::Method method) {
  switch (method) {
#define METHOD(name, token) \
  case http::Method::name:  \
    return token##sv;
#include "tables/method.def"
#undef METHOD
    case http::Method::unknown: break;
  }
  return "other"sv;
}

void write_requests(Writer& out, std::string_view name, const Source& from) {
  for (size_t method = 0; method < method_count; method++) {
    for (size_t i = 0; i < codes.size(); i++) {
      uint64_t count = from.sums.requests[method][i];
      bool usual = codes[i] == 200 && method == static_cast<size_t>(http::Method::get); // there from the start
      if (count == 0 && !usual) continue;
      out.text(name).text("{method=\"").text(name_of(static_cast<http::Method>(method)));
      out.text("\",code=\"").decimal(codes[i]).text("\"} ").decimal(count).byte('\n');
    }
  }
}

void write_bucket(Writer& out, std::string_view name, std::string_view bound, uint64_t count) {
  out.text(name).text("_bucket{le=\"").text(bound).text("\"} ").decimal(count).byte('\n');
}

// Buckets are cumulative: each counts what took no longer than its bound.
void write_durations(Writer& out, std::string_view name, const Source& from) {
  size_t at = 0;
  uint64_t count = 0;
#define FAMILY(type, name, help)
#define COUNT(id, labels)
#define OF_WORKERS(id)
#define OF_SERVER(id, labels)
#define MADE(function)
#define BUCKET(ms, le)                \
  count += from.sums.durations[at++]; \
  write_bucket(out, name, le##sv, count);
#include "tables/metrics.def"
#undef FAMILY
#undef COUNT
#undef OF_WORKERS
#undef OF_SERVER
#undef MADE
#undef BUCKET
  count += from.sums.durations[at];
  write_bucket(out, name, "+Inf"sv, count);
  out.text(name).text("_sum ");
  write_thousandths(out, from.sums.duration_ms);
  out.byte('\n').text(name).text("_count ").decimal(count).byte('\n');
}

void write_connections_max(Writer& out, std::string_view name, const Source& from) {
  write_value(out, name, {}, from.facts.connections_max * from.facts.workers);
}

void write_workspaces_max(Writer& out, std::string_view name, const Source& from) {
  write_value(out, name, {}, from.facts.workspaces_max * from.facts.workers);
}

// The number of a worker, from 1, as messages have it.
void write_of_workers(Writer& out, std::string_view name, const Source& from, Count which) {
  for (uint32_t i = 0; i < from.facts.workers; i++) {
    out.text(name).text("{worker=\"").decimal(i + 1).text("\"} ");
    out.decimal(from.shared.blocks[i][which].load()).byte('\n');
  }
}

} // namespace

std::string_view text_type() { return "text/plain; version=0.0.4; charset=utf-8"sv; }

std::string_view version() { return MINHTTP_VERSION ""sv; }

std::string_view architecture() {
#if defined(__x86_64__)
  return "x86_64"sv;
#elif defined(__aarch64__)
  return "aarch64"sv;
#else
  return "riscv64"sv;
#endif
}

void write_text(Writer& out, const Shared& shared, const Facts& facts) {
  Sums sums;
  sum(std::span(shared.blocks).first(facts.workers), sums);
  Source from = {shared, facts, sums};
  std::string_view name;
#define FAMILY(type, family, help) \
  name = family##sv;               \
  out.text("# HELP " family " " help "\n# TYPE " family " " #type "\n");
#define COUNT(id, labels) write_value(out, name, labels##sv, sums[Count::id]);
#define OF_WORKERS(id) write_of_workers(out, name, from, Count::id);
#define OF_SERVER(id, labels) write_value(out, name, labels##sv, shared[ServerCount::id].load());
#define MADE(function) function(out, name, from);
#define BUCKET(ms, le)
#include "tables/metrics.def"
#undef FAMILY
#undef COUNT
#undef OF_WORKERS
#undef OF_SERVER
#undef MADE
#undef BUCKET
}

} // namespace minhttp::metrics
