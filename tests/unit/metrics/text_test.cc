// SPDX-License-Identifier: MIT
#include "metrics/text.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "metrics/page.h"

namespace minhttp::metrics {
namespace {

struct World {
  std::unique_ptr<Shared> shared = std::make_unique<Shared>();
  Facts facts = {.workers = 2, .now_s = 1'000'000, .connections_max = 10, .workspaces_max = 5};

  template <typename Write>
  std::string written(const Write& write) const {
    std::vector<char> memory(limits::admin_page_max);
    Writer out(memory);
    write(out, *shared, facts);
    return std::string(out.view());
  }
  std::string text() const { return written(write_text); }
  std::string page() const { return written(write_page); }

  void fill(uint64_t value) {
    facts.workers = limits::workers_max;
    for (Block& block : shared->blocks) {
      for (Number& number : block.counts) number.store(value);
      for (Number& number : block.durations) number.store(value);
      for (auto& of_method : block.requests) {
        for (Number& number : of_method) number.store(value);
      }
      block.duration_ms.store(value);
    }
    for (Number& number : shared->server) number.store(value);
  }
};

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(MetricsText, NumbersStandBehindTheirLabels) {
  World world;
  world.shared->blocks[0].note_response(http::Method::get, http::Status::not_found);
  world.shared->blocks[1].note_response(http::Method::get, http::Status::not_found);
  world.shared->blocks[1].note_response(http::Method::unknown, http::Status::not_implemented);
  world.shared->blocks[1][Count::accepted].add(12);
  world.shared->blocks[0][Count::refused_workspaces].add(3);
  (*world.shared)[ServerCount::restarts].add(4);
  std::string text = world.text();
  EXPECT_TRUE(has_line(text, "minhttp_http_requests_total{method=\"GET\",code=\"404\"} 2"));
  EXPECT_TRUE(has_line(text, "minhttp_http_requests_total{method=\"GET\",code=\"200\"} 0")) << "there from the start";
  EXPECT_TRUE(has_line(text, "minhttp_http_requests_total{method=\"other\",code=\"501\"} 1"));
  EXPECT_EQ(text.find("method=\"POST\""), std::string::npos);
  EXPECT_TRUE(has_line(text, "minhttp_connections_accepted_total{worker=\"1\"} 0"));
  EXPECT_TRUE(has_line(text, "minhttp_connections_accepted_total{worker=\"2\"} 12"));
  EXPECT_EQ(text.find("worker=\"3\""), std::string::npos);
  EXPECT_TRUE(has_line(text, "minhttp_connections_refused_total{reason=\"workspaces\"} 3"));
  EXPECT_TRUE(has_line(text, "minhttp_worker_restarts_total 4"));
  EXPECT_TRUE(has_line(text, "minhttp_connections_max 20"));
  EXPECT_TRUE(has_line(text, "minhttp_ready 1"));
  world.facts.ready = false;
  EXPECT_TRUE(has_line(world.text(), "minhttp_ready 0"));
}

TEST(MetricsText, BucketsAreCumulative) {
  World world;
  world.shared->blocks[0].note_duration(0, 2);
  world.shared->blocks[1].note_duration(7, 1);
  world.shared->blocks[1].note_duration(500'000, 1);
  std::string text = world.text();
  std::string name = "minhttp_http_request_duration_seconds";
  EXPECT_TRUE(has_line(text, name + "_bucket{le=\"0.005\"} 2"));
  EXPECT_TRUE(has_line(text, name + "_bucket{le=\"0.01\"} 3"));
  EXPECT_TRUE(has_line(text, name + "_bucket{le=\"120\"} 3"));
  EXPECT_TRUE(has_line(text, name + "_bucket{le=\"+Inf\"} 4"));
  EXPECT_TRUE(has_line(text, name + "_sum 500.007"));
  EXPECT_TRUE(has_line(text, name + "_count 4"));
}

TEST(MetricsText, TheLargestNumbersFit) {
  World world;
  world.fill(UINT64_MAX / limits::workers_max);
  world.facts.connections_max = world.facts.workspaces_max = UINT64_MAX / limits::workers_max;
  EXPECT_LT(world.text().size(), limits::admin_page_max / 4 * 3);
}

TEST(MetricsPage, TheLargestNumbersFit) {
  World world;
  world.fill(UINT64_MAX / limits::workers_max / limits::workers_max);
  for (uint32_t i = 0; i < limits::metrics_samples; i++) {
    Sample& sample = world.shared->samples[i];
    sample.requests.store(uint64_t{i % 2} << 40);
    sample.errors.store(uint64_t{i % 2} << 40);
    sample.sent_bytes.store(uint64_t{i % 2} << 40);
    sample.connections.store(uint64_t{i % 2} << 30);
  }
  world.shared->samples_taken.store(1'000'000);
  EXPECT_LT(world.page().size(), limits::admin_page_max / 3);
}

TEST(MetricsPage, ItDrawsTheDifferencesOfSamples) {
  World world;
  for (uint32_t i = 0; i < 3; i++) {
    world.shared->samples[i].requests.store(100 * i * i);
    world.shared->samples[i].connections.store(i);
  }
  world.shared->samples_taken.store(3);
  std::string page = world.page();
  // 100 and then 300 requests in five seconds: 20 and 60 a second.
  EXPECT_NE(page.find("<b>60 /s</b> now, 60 /s at most"), std::string::npos) << page;
  EXPECT_NE(page.find("points=\"118,67 119,1 \""), std::string::npos) << page;
  EXPECT_NE(page.find("<b>2</b> now, 2 at most"), std::string::npos) << page;
}

TEST(MetricsPage, TheRingGoesOn) {
  World world;
  for (uint32_t i = 0; i < limits::metrics_samples; i++) world.shared->samples[i].requests.store(1000 + i);
  world.shared->samples[0].requests.store(2000 - 5 * limits::metrics_sample_s); // the latest: 120 were taken before it
  world.shared->samples_taken.store(limits::metrics_samples + 1);
  EXPECT_EQ(world.page().find("points=\"119"), std::string::npos);
  EXPECT_NE(world.page().find("/s</b> now, "), std::string::npos);
}

TEST(MetricsPage, ItSaysHowTheServerIs) {
  World world;
  EXPECT_NE(world.page().find("<b>Ready</b>"), std::string::npos);
  world.shared->began.store(1'000'000 - 90'061);
  EXPECT_NE(world.page().find("up for 1 d 1 h 1 min 1 s"), std::string::npos);
  world.facts.ready = false;
  EXPECT_NE(world.page().find("<b>Ending</b>"), std::string::npos);
}

TEST(MetricsPage, NumbersForAReader) {
  World world;
  world.shared->blocks[0].note_duration(0, 99);
  world.shared->blocks[0].note_duration(40, 1);
  world.shared->blocks[0][Count::log_dropped].add(1'234'567);
  std::string page = world.page();
  EXPECT_NE(page.find("<tr class=\"bad\"><th>log lines lost</th><td>1\u202f234\u202f567</td>"), std::string::npos)
      << page;
  EXPECT_NE(page.find("<th>99th percentile</th><td>&le; 5 ms</td>"), std::string::npos) << page;
  EXPECT_NE(page.find("<th>answered from memory</th><td>&ndash;</td>"), std::string::npos) << page;
  world.shared->blocks[0].note_duration(40, 10);
  EXPECT_NE(world.page().find("<th>99th percentile</th><td>&le; 50 ms</td>"), std::string::npos);
  world.shared->blocks[0].note_duration(1'000'000, 1000);
  EXPECT_NE(world.page().find("<th>99th percentile</th><td>&gt; 120000 ms</td>"), std::string::npos);
  world.shared->blocks[0][Count::cache_fresh].add(3);
  world.shared->blocks[0][Count::cache_new].add(1);
  EXPECT_NE(world.page().find("<th>answered from memory</th><td>75 %</td>"), std::string::npos);
}

} // namespace
} // namespace minhttp::metrics
