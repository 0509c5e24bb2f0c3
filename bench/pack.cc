// SPDX-License-Identifier: MIT
// How long a pack takes to find a path:
// build/release/bench/bench-pack --benchmark_repetitions=20
// `min` is the figure to read on a machine that has other work.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/check.h"
#include "site/pack.h"
#include "tests/pack/writer.h"

void minhttp::panic(const char*, int) { std::abort(); }

namespace {

using namespace minhttp;
using http::Coding;

// 4,000 pages with names as those of a manual, each in four codings or in one.
class Packed {
 public:
  explicit Packed(bool coded) {
    test::PackWriter writer;
    for (int i = 0; i < 4000; i++) {
      std::string path = "en/library/" + std::to_string(i % 97) + "/chapter-" + std::to_string(i) + ".html";
      if (coded) {
        writer.add(path, "page", {{Coding::br, "br"}, {Coding::zstd, "zstd"}, {Coding::gzip, "gzip"}});
      } else {
        writer.add(path, "page");
      }
      paths_.push_back(path);
    }
    memory_ = writer.write();
    if (!pack_.open(memory_.view()).empty()) std::abort();
    for (size_t i = 0; i < paths_.size(); i++) std::swap(paths_[i], paths_[i * 2654435761 % paths_.size()]);
  }

  // Paths in no order: the first so many.
  size_t look_up(size_t count) const {
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
      site::Pack::Item item;
      found += pack_.find(paths_[i], item) == site::Pack::Lookup::found ? 1U : 0U;
      benchmark::DoNotOptimize(item);
    }
    return found;
  }

 private:
  std::vector<std::string> paths_;
  test::PackWriter::Memory memory_;
  site::Pack pack_;
};

// One round finds 64 paths, which stay in the processor's first cache, or all 4,000, whose index does not.
void find(benchmark::State& state, bool coded) {
  Packed packed(coded);
  auto count = static_cast<size_t>(state.range(0));
  for (auto _ : state) {
    if (packed.look_up(count) != count) std::abort();
  }
  state.counters["s/look-up"] = benchmark::Counter(
      static_cast<double>(count), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

const auto minimum = [](const std::vector<double>& all) { return *std::min_element(all.begin(), all.end()); };

BENCHMARK_CAPTURE(find, four_codings, true)->Arg(64)->Arg(4000)->ComputeStatistics("min", minimum);
BENCHMARK_CAPTURE(find, one_body, false)->Arg(64)->Arg(4000)->ComputeStatistics("min", minimum);

} // namespace
