// SPDX-License-Identifier: MIT
// A tour: write_page() writes the head, three pictures from the ring of samples, and tables of sums.

#include "metrics/page.h"

#include "metrics/page_style.h"

namespace minhttp::metrics {
namespace {

constexpr uint32_t width = limits::metrics_samples - 1; // of a picture: a unit for each pair of samples
constexpr uint32_t height = 100;

// What is drawn, from the oldest to the latest.
struct Values {
  std::array<uint64_t, limits::metrics_samples> values;
  uint32_t count = 0;

  void add(uint64_t value) { values[count++] = value; }
  uint64_t last() const { return count == 0 ? 0 : values[count - 1]; }
  uint64_t most() const {
    uint64_t most = 0;
    for (uint32_t i = 0; i < count; i++) most = values[i] > most ? values[i] : most;
    return most;
  }
};

// Thousandths of the growth in a second. A sum can shrink only if it is read while it is being written.
uint64_t rate(uint64_t before, uint64_t after) {
  return after > before ? (after - before) * 1000 / limits::metrics_sample_s : 0;
}

struct History {
  Values requests; // a second, in thousandths
  Values errors;
  Values bytes;
  Values connections; // in thousandths too
};

void read_history(const Shared& shared, History& history) {
  uint32_t taken = shared.samples_taken.load();
  uint32_t count = taken < limits::metrics_samples ? taken : limits::metrics_samples;
  for (uint32_t i = taken - count; i != taken; i++) {
    const Sample& now = shared.samples[i % limits::metrics_samples];
    history.connections.add(now.connections.load() * 1000);
    if (i == taken - count) continue;
    const Sample& before = shared.samples[(i - 1) % limits::metrics_samples];
    history.requests.add(rate(before.requests.load(), now.requests.load()));
    history.errors.add(rate(before.errors.load(), now.errors.load()));
    history.bytes.add(rate(before.sent_bytes.load(), now.sent_bytes.load()));
  }
}

// Three significant digits or so, with k, M, G, T, P: 999, 1.2 k, 34 k.
void write_short(Writer& out, uint64_t thousandths, std::string_view unit) {
  constexpr char prefixes[] = "\0kMGTP";
  size_t prefix = 0;
  while (thousandths >= 1'000'000 && prefix < sizeof prefixes - 2) {
    thousandths /= 1000;
    prefix++;
  }
  uint64_t tenths = thousandths % 1000 / 100;
  out.decimal(thousandths / 1000);
  if (thousandths < 10'000 && tenths > 0) out.byte('.').byte(static_cast<char>('0' + tenths));
  if (prefix > 0 || !unit.empty()) out.byte(' ');
  if (prefix > 0) out.byte(prefixes[prefix]);
  out.text(unit);
}

void write_line(Writer& out, const Values& values, uint64_t most, std::string_view attribute) {
  if (values.count < 2) return;
  out.text("<polyline").text(attribute).text(" points=\"");
  for (uint32_t i = 0; i < values.count; i++) {
    uint64_t y = values.values[i] * height / (most + 1);
    out.decimal(width - (values.count - 1) + i).byte(',').decimal(height - y).byte(' ');
  }
  out.text("\"/>");
}

void write_picture(Writer& out, std::string_view title, std::string_view unit, const Values& values,
                   const Values* errors) {
  uint64_t most = values.most();
  out.text("<article><h2>").text(title).text("</h2><p><b>");
  write_short(out, values.last(), unit);
  out.text("</b> now, ");
  write_short(out, most, unit);
  out.text(" at most in ten minutes</p><svg viewBox=\"0 0 ").decimal(width).byte(' ').decimal(height);
  out.text("\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"").text(title).text("\">");
  write_line(out, values, most, {});
  if (errors != nullptr && errors->most() > 0) write_line(out, *errors, most, " class=\"e\""sv);
  out.text("</svg></article>\n");
}

void begin_table(Writer& out, std::string_view title) { out.text("<article><h2>").text(title).text("</h2><table>"); }

void end_table(Writer& out) { out.text("</table></article>\n"); }

// Digits in groups of three.
void write_grouped(Writer& out, uint64_t value) {
  char digits[20];
  Writer all(digits);
  std::string_view text = all.decimal(value).view();
  for (size_t i = 0; i < text.size(); i++) {
    if (i > 0 && (text.size() - i) % 3 == 0) out.text("\u202f");
    out.byte(text[i]);
  }
}

// bad: a number that should be 0.
void write_row(Writer& out, std::string_view what, uint64_t value, bool bad = false) {
  out.text(bad && value > 0 ? "<tr class=\"bad\"><th>"sv : "<tr><th>"sv).text(what).text("</th><td>");
  write_grouped(out, value);
  out.text("</td></tr>");
}

void write_share(Writer& out, std::string_view what, uint64_t part, uint64_t all) {
  out.text("<tr><th>").text(what).text("</th><td>");
  if (all == 0) {
    out.text("&ndash;");
  } else {
    out.decimal(part * 100 / all).text(" %");
  }
  out.text("</td></tr>");
}

// The smallest bound of a bucket that so many hundredths of the durations do not exceed.
void write_quantile(Writer& out, std::string_view what, const Sums& sums, uint64_t hundredths) {
  uint64_t all = 0;
  for (uint64_t count : sums.durations) all += count;
  out.text("<tr><th>").text(what).text("</th><td>");
  if (all == 0) {
    out.text("&ndash;</td></tr>");
    return;
  }
  uint64_t below = sums.durations[0];
  size_t bucket = 0;
  uint64_t wanted = all / 100 * hundredths + (all % 100 * hundredths + 99) / 100; // rounded up: 1 of 1
  while (bucket < bucket_ms.size() && below < wanted) below += sums.durations[++bucket];
  bool longer = bucket == bucket_ms.size();
  out.text(longer ? "&gt; "sv : "&le; "sv).decimal(bucket_ms[longer ? bucket - 1 : bucket]).text(" ms</td></tr>");
}

void write_uptime(Writer& out, uint64_t seconds) {
  if (seconds >= 86'400) out.decimal(seconds / 86'400).text(" d ");
  if (seconds >= 3'600) out.decimal(seconds / 3'600 % 24).text(" h ");
  if (seconds >= 60) out.decimal(seconds / 60 % 60).text(" min ");
  out.decimal(seconds % 60).text(" s");
}

void write_start(Writer& out, const Shared& shared, const Facts& facts) {
  out.text(
      "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<meta http-equiv=\"refresh\" content=\"5\">\n<title>minhttp</title>\n<style>");
  out.text(page_style).text("</style>\n<main>\n<h1>minhttp ").text(version()).text("</h1>\n<p");
  if (!facts.ready) out.text(" class=\"bad\"");
  out.text("><b>").text(facts.ready ? "Ready"sv : "Ending"sv).text("</b>, up for ");
  auto now = static_cast<uint64_t>(facts.now_s);
  uint64_t began = shared.began.load();
  write_uptime(out, began != 0 && now > began ? now - began : 0);
  uint64_t workers = shared[ServerCount::workers].load();
  out.text(", ").decimal(workers).text(workers == 1 ? " worker"sv : " workers"sv).text(" on ").text(architecture());
  out.text(
      ". Also here: <a href=\"/metrics\">metrics</a>, <a href=\"/readyz\">readyz</a>, "
      "<a href=\"/healthz\">healthz</a>.</p>\n");
}

void write_requests_table(Writer& out, const Sums& sums) {
  begin_table(out, "Responses"sv);
  write_row(out, "all"sv, sums.responses());
  write_row(out, "2xx"sv, sums.responses(2));
  write_row(out, "3xx"sv, sums.responses(3));
  write_row(out, "4xx"sv, sums.responses(4));
  write_row(out, "5xx"sv, sums.responses(5), true);
  write_row(out, "aborted"sv, sums[Count::aborted]);
  write_quantile(out, "median time"sv, sums, 50);
  write_quantile(out, "99th percentile"sv, sums, 99);
  end_table(out);
}

// Of all rows of a family of metrics.def, which ends where the next one begins.
uint64_t sum_of_family(const Sums& sums, Count first, Count next_family) {
  uint64_t sum = 0;
  for (auto i = static_cast<size_t>(first); i < static_cast<size_t>(next_family); i++)
    sum += sums[static_cast<Count>(i)];
  return sum;
}

void write_connections_table(Writer& out, const Shared& shared, const Facts& facts, const Sums& sums) {
  begin_table(out, "Connections"sv);
  write_row(out, "open"sv, sums.connections());
  write_row(out, "limit"sv, facts.connections_max * facts.workers);
  write_row(out, "idle"sv, sums[Count::idle]);
  uint64_t accepted = 0;
  for (const Block& block : std::span(shared.blocks).first(facts.workers)) accepted += block[Count::accepted].load();
  write_row(out, "accepted"sv, accepted);
  write_row(out, "refused"sv, sum_of_family(sums, Count::refused_connections, Count::evicted_connections), true);
  write_row(out, "evicted"sv, sum_of_family(sums, Count::evicted_connections, Count::cache_fresh), true);
  end_table(out);
}

void write_server_table(Writer& out, const Shared& shared, const Sums& sums) {
  begin_table(out, "Server"sv);
  uint64_t looked_up = sums[Count::cache_fresh] + sums[Count::cache_checked] + sums[Count::cache_new];
  write_share(out, "answered from memory"sv, sums[Count::replayed] + sums[Count::cache_fresh],
              sums[Count::replayed] + looked_up);
  write_row(out, "names in the cache"sv, sums[Count::cache_entries]);
  write_row(out, "compressed files"sv, sums[Count::compressed]);
  write_row(out, "workers replaced"sv, shared[ServerCount::restarts].load(), true);
  write_row(out, "reloads"sv, shared[ServerCount::reloads_ok].load());
  write_row(out, "failed reloads"sv, shared[ServerCount::reloads_failed].load(), true);
  write_row(out, "log lines lost"sv, sums[Count::log_dropped], true);
  end_table(out);
}

} // namespace

std::string_view page_policy() {
  return "default-src 'none'; style-src '"sv PAGE_STYLE_HASH
         "'; base-uri 'none'; form-action 'none'; "
         "frame-ancestors 'none'"sv;
}

void write_page(Writer& out, const Shared& shared, const Facts& facts) {
  Sums sums;
  sum(std::span(shared.blocks).first(facts.workers), sums);
  History history;
  read_history(shared, history);
  write_start(out, shared, facts);
  out.text("<section>\n");
  write_picture(out, "Requests"sv, "/s"sv, history.requests, &history.errors);
  write_picture(out, "Sent"sv, "B/s"sv, history.bytes, nullptr);
  write_picture(out, "Open connections"sv, {}, history.connections, nullptr);
  out.text("</section>\n<section>\n");
  write_requests_table(out, sums);
  write_connections_table(out, shared, facts, sums);
  write_server_table(out, shared, sums);
  out.text("</section>\n</main>\n");
}

} // namespace minhttp::metrics
