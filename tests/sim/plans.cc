// SPDX-License-Identifier: MIT
// What a seed chooses.

#include <algorithm>

#include "sim/simulation.h"

namespace minhttp::sim {
namespace {

constexpr int64_t s = 1'000'000'000;

const Script& script_with_asks(Random& random) {
  while (true) {
    const Script& script = scripts()[random.below(scripts().size())];
    if (!script.asks.empty()) return script;
  }
}

// Most clients speak HTTP/2 now, and in the end as many new ones find room again.
void add_http2(Plan& plan, Random& random) {
  plan.arguments.push_back("--h2c");
  if (random.chance(300))
    plan.arguments.insert(plan.arguments.end(), {"--streams", std::to_string(random.between(1, 10))});
  if (random.chance(300))
    plan.arguments.insert(plan.arguments.end(), {"--h2-table", std::to_string(random.between(4096, 32'768))});
  uint64_t count = 0;
  for (Plan::Guest& guest : plan.guests) {
    bool preface = guest.script->bytes.starts_with("PRI "); // what follows it differs here
    if (guest.manner == Client::Manner::drips || (random.chance(300) && !preface)) continue;
    guest.http2 = true;
    guest.script = &script_with_asks(random);
    count++;
  }
  if (!plan.scarce && plan.descriptors_max > 1000) { // fewer descriptors may not be enough for so many
    plan.connections = count + 1;
    plan.workspaces = 1;
  }
  plan.h2_sessions = std::max(count, plan.connections);
  if (random.chance(200)) plan.h2_streams = plan.connections + random.below(30); // in the end each needs one
}

} // namespace

// Whether faults are planned that may turn a response into an error.
bool brings_errors(const Plan& plan) {
  return plan.faults.descriptors + plan.faults.memory + plan.faults.disk > 0 || plan.fail_call != 0 ||
         plan.descriptors_max < 1000 || plan.scarce;
}

Plan plan_of(uint64_t seed, Server server) {
  bool plain = server == Server::plain;
  Random random(server == Server::http2 ? ~seed : seed * 2 + plain);
  Plan plan;
  plan.seed = seed;
  auto some = [&](unsigned most) { return random.chance(400) ? static_cast<unsigned>(random.between(1, most)) : 0; };
  plan.faults = {.eintr = some(100),
                 .again = some(300),
                 .shorter = some(500),
                 .late = some(500),
                 .clock = some(20),
                 .slow_log = some(300)};
  if (random.chance(300)) plan.faults.network = some(20);
  if (random.chance(300)) plan.faults.aborts = some(200);
  if (random.chance(200)) plan.faults.descriptors = some(100);
  if (random.chance(200)) plan.faults.memory = some(50);
  if (random.chance(200)) plan.faults.disk = some(50);
  plan.faults.no_openat2 = random.chance(200);
  plan.changes = random.chance(400);
  if (random.chance(100)) plan.descriptors_max = random.between(60, 200);
  plan.arguments = {"--log", random.chance(500) ? "off" : "common", "--cache-files",
                    std::vector<std::string>{"0", "2", "8", "4096"}[random.below(4)]};
  if (plain) plan.arguments.insert(plan.arguments.end(), {"--loop", "plain"});
  if (plain) plan.connections = plan.workspaces = 1;
  for (uint64_t reloads = random.chance(300) ? random.between(1, 4) : 0; reloads > 0; reloads--) {
    plan.reloads_ns.push_back(static_cast<int64_t>(random.below(s / 20)));
  }
  if (!plain && plan.descriptors_max > 1000 && random.chance(250)) {
    plan.scarce = true;
    plan.connections = random.between(1, 8);
    plan.workspaces = random.between(1, plan.connections);
    plan.arguments.insert(plan.arguments.end(), {"--connections", std::to_string(plan.connections), "--workspaces",
                                                 std::to_string(plan.workspaces)});
    plan.faults.stalls = static_cast<unsigned>(random.below(20));
  } else if (!brings_errors(plan) && random.chance(100)) {
    plan.ends_ns = static_cast<int64_t>(random.below(s / 10));
  } else if (random.chance(50)) {
    plan.faults.stalls = static_cast<unsigned>(random.below(5));
  }
  uint64_t count = random.between(1, plain ? 6 : 24);
  for (uint64_t i = 0; i < count; i++) {
    auto manner = Client::Manner::good;
    if (random.chance(400)) manner = static_cast<Client::Manner>(random.below(5));
    plan.guests.push_back(
        {&scripts()[random.below(scripts().size())], manner, static_cast<int64_t>(random.below(s / 50))});
  }
  // The plain loop has one client at a time, and others wait in the backlog, unread; there this client would show
  // nothing.
  if (!plain && random.chance(200)) {
    bool empty_lines = random.chance(300);
    plan.guests.push_back({&dripping(empty_lines), Client::Manner::drips, static_cast<int64_t>(random.below(s / 50))});
  }
  if (server == Server::http2) add_http2(plan, random);
  return plan;
}

} // namespace minhttp::sim
