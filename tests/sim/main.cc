// SPDX-License-Identifier: MIT
// sim [--seeds N] [--from SEED] [--loop plain|epoll|http2|all] [--minutes M] [--seed SEED] [--trace] [--sweep]
// A tour: the server of src/ is linked with Kernel (kernel.h) in place of the trap. Each seed is a plan (plan_of() in
// simulation.cc): clients, their manners, faults. run() executes it, and compares each client's bytes with the
// responses to the same requests alone and without faults. See docs/simulator.md.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "sim/simulation.h"
#include "sim/sweep.h"

namespace {

using namespace minhttp::sim;

struct Options {
  uint64_t from = 1;
  uint64_t seeds = 1000;
  double minutes = 0; // instead of a number of seeds
  std::string loop = "all";
  bool trace = false;
  bool sweep = false;
};

Options read(int count, char** words) {
  Options options;
  for (int i = 1; i < count; i++) {
    std::string word = words[i];
    const char* value = i + 1 < count ? words[i + 1] : "";
    if (word == "--trace") {
      options.trace = true;
    } else if (word == "--sweep") {
      options.sweep = true;
    } else {
      if (word == "--seeds") options.seeds = strtoull(value, nullptr, 10);
      if (word == "--from" || word == "--seed") options.from = strtoull(value, nullptr, 10);
      if (word == "--seed") options.seeds = 1;
      if (word == "--minutes") options.minutes = strtod(value, nullptr);
      if (word == "--loop") options.loop = value;
      i++;
    }
  }
  return options;
}

int play(const Options& options) {
  auto expected = ask_oracle();
  auto begin = std::chrono::steady_clock::now();
  auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  uint64_t calls = 0;
  uint64_t seed = options.from;
  double hours = 0;
  auto goes_on = [&] {
    return options.minutes > 0 ? elapsed() < options.minutes * 60 : seed < options.from + options.seeds;
  };
  int faults = 0;
  for (; goes_on() && faults < 10; seed++) {
    for (Server server : {Server::epoll, Server::plain, Server::http2}) {
      const char* loop = server == Server::epoll ? "epoll" : server == Server::plain ? "plain" : "http2";
      if (options.loop != "all" && options.loop != loop) continue;
      Plan plan = plan_of(seed, server);
      plan.trace = options.trace;
      Outcome outcome = run(plan, &expected);
      calls += outcome.calls;
      hours += static_cast<double>(outcome.simulated_ns) / 3.6e12;
      if (outcome.fault.empty()) continue;
      faults++;
      printf("seed %lu: %s\n  again: sim --seed %lu --loop %s --trace\n", seed, outcome.fault.c_str(), seed, loop);
    }
  }
  printf("%lu seeds, %lu calls, %.1f simulated hours in %.1f s: %d faults\n", seed - options.from, calls, hours,
         elapsed(), faults);
  return faults == 0 ? 0 : 1;
}

} // namespace

int main(int count, char** words) {
  Options options = read(count, words);
  try {
    return options.sweep ? sweep() : play(options);
  } catch (const Broken& broken) {
    printf("%s\n", broken.what());
    return 1;
  }
}
