// A tour: run() lays out the site and starts the server, which comes back when it has ended. Whenever it
// waits, Stage::step() moves the clients; when all of them have ended, it looks whether all they took was
// given back, has the server read anew, and ends it.

#include "sim/simulation.h"

#include <linux/auxvec.h>

#include <algorithm>

#include "app/config.h"
#include "app/run.h"
#include "base/check.h"
#include "sim/model.h"

void minhttp::panic(const char* file, int line) {
  throw sim::Broken("CHECK failed at " + std::string(file) + ":" + std::to_string(line));
}

namespace minhttp::sim {
namespace {

constexpr int64_t s = 1'000'000'000;
constexpr int64_t settles_ns = 100 * s; // longer than any deadline of the server
constexpr int64_t lasts_ns = 4000 * s;  // a client that has not ended then was forgotten
constexpr int sighup = 1;
constexpr int sigterm = 15;

class Stage {
 public:
  Stage(Kernel& kernel, const Plan& plan) : kernel_(kernel), plan_(plan) {
    int number = 0;
    for (const Plan::Guest& guest : plan.guests) {
      clients_.emplace_back(number, *guest.script, guest.manner, plan.seed * 1000 + static_cast<uint64_t>(number),
                            guest.begins_ns);
      number++;
    }
    for (int which = 0; plan.changes && which < change_count; which++) {
      changes_.push_back(static_cast<int64_t>(kernel.random.below(3 * s / 100)));
    }
    kernel.world = [this](int64_t now_ns) { return step(now_ns); };
    kernel.idle = [] { return false; };
  }

  const std::vector<Client>& clients() const { return clients_; }

 private:
  int64_t step(int64_t now_ns) {
    if (!kernel_.sealed()) return INT64_MAX; // it is starting
    switch (stage_) {
      case starting:
        base_ = kernel_.open_descriptors();
        kernel_.faults = plan_.faults;
        stage_ = serving;
        return now_ns;
      case serving: return serve(now_ns);
      case settling:
        if (kernel_.open_wires() > 0) {
          if (now_ns > settled_by_ns_) throw Broken("connections of clients that are gone stay open");
          return settled_by_ns_ + 1;
        }
        stage_ = reading;
        settled_by_ns_ = now_ns;
        return now_ns;
      case reading:
        if (now_ns < settled_by_ns_) return settled_by_ns_;
        if (reloads_++ < 2) { // the first may have met the fault, and left everything as it was
          kernel_.signal(sighup);
          settled_by_ns_ = now_ns + s;
          return settled_by_ns_;
        }
        if (kernel_.open_descriptors() > base_ || kernel_.open_descriptors() + may_be_lost() < base_) {
          throw Broken(std::to_string(kernel_.open_descriptors()) + " descriptors are open, and " +
                       std::to_string(base_) + " were at the start");
        }
        kernel_.signal(sigterm);
        stage_ = ending;
        return INT64_MAX;
      case ending: break;
    }
    return INT64_MAX;
  }

  int64_t serve(int64_t now_ns) {
    int64_t next = INT64_MAX;
    for (size_t which = 0; which < changes_.size(); which++) {
      if (changes_[which] > now_ns) next = std::min(next, changes_[which]);
      if (changes_[which] < 0 || changes_[which] > now_ns) continue;
      change(kernel_.files, static_cast<int>(which));
      changes_[which] = -1;
    }
    bool all_done = true;
    for (Client& client : clients_) {
      next = std::min(next, client.step(kernel_));
      all_done = all_done && client.done();
    }
    if (!all_done) {
      if (now_ns > lasts_ns) {
        for (const Client& client : clients_) {
          if (client.done()) continue;
          const Wire& wire = *client.wire();
          throw Broken("client with '" + client.script().name + "', manner " +
                       std::to_string(static_cast<int>(client.manner())) +
                       ", waits for ever: " + std::to_string(wire.to_server.size()) + " bytes unread by the server, " +
                       std::to_string(wire.to_client.size()) + " by it" + (wire.server_gone ? ", server gone" : "") +
                       (wire.client_end ? ", it has ended" : ""));
        }
      }
      return next;
    }
    kernel_.faults = {.no_openat2 = kernel_.faults.no_openat2};
    settled_by_ns_ = now_ns + settles_ns;
    stage_ = settling;
    return now_ns;
  }

  // The reserve may have been given up, and not be had back, while descriptors were out.
  size_t may_be_lost() const {
    return plan_.faults.descriptors > 0 || plan_.descriptors_max < 1000 || plan_.fail_call != 0 ? 1 : 0;
  }

  enum { starting, serving, settling, reading, ending } stage_ = starting;
  Kernel& kernel_;
  const Plan& plan_;
  std::vector<Client> clients_;
  std::vector<int64_t> changes_;
  size_t base_ = 0;
  int reloads_ = 0;
  int64_t settled_by_ns_ = 0;
};

int start(const Plan& plan) {
  std::vector<std::string> words = {"minhttp", "/site", "--workers", "1"};
  words.insert(words.end(), plan.arguments.begin(), plan.arguments.end());
  std::vector<const char*> arguments;
  for (const std::string& word : words) arguments.push_back(word.c_str());
  uint64_t random[2] = {plan.seed, 7};
  uint64_t auxiliary[4] = {AT_RANDOM, reinterpret_cast<uint64_t>(random), AT_NULL, 0};
  const char* environment = nullptr;
  app::Config config;
  if (auto status = app::read_arguments(arguments, config)) return *status;
  return app::run(config, {.arguments = arguments, .environment = &environment, .auxiliary = auxiliary});
}

// Faults after which an answer may be an error instead.
bool brings_errors(const Plan& plan) {
  return plan.faults.descriptors + plan.faults.memory + plan.faults.disk > 0 || plan.fail_call != 0 ||
         plan.descriptors_max < 1000;
}

std::string judge_client(const Client& client, const Plan& plan, const std::vector<Expected>& expected) {
  if (client.wire() == nullptr) return {}; // nobody listened, or not for so long
  const Wire& wire = *client.wire();
  // --head-ms, and --linger-ms to read what it is told.
  if (client.manner() == Client::Manner::drips)
    return wire.gone_ns - wire.opened_ns < 20 * s ? "" : "who drips a head is not given up";
  bool good = client.manner() == Client::Manner::good || client.manner() == Client::Manner::slow;
  bool errors = brings_errors(plan);
  bool whole = good && !wire.touched && !errors && !(client.script().cut && plan.changes);
  // Who talks on for longer than --linger-ms behind a last answer may lose it.
  if (client.script().exact && client.manner() == Client::Manner::slow && client.lost()) whole = false;
  auto index = static_cast<size_t>(&client.script() - scripts().data());
  // So may who sends something behind its own "Connection: close"; an error is waited for (lingering close).
  if (client.script().exact && expected[index].stream[0].starts_with("HTTP/1.1 200") && client.lost()) whole = false;
  if (whole && client.lost()) return "a reset took the end of its answers";
  Leave leave = {.cut = !whole,
                 .errors = errors,
                 .refused = plan.fail_call != 0,
                 .late = client.manner() == Client::Manner::silent};
  return judge(client.script(), expected[index], client.received(), leave);
}

} // namespace

Outcome run(const Plan& plan, const std::vector<Expected>* expected) {
  Outcome outcome;
  Kernel kernel(plan.seed);
  kernel.trace = plan.trace;
  kernel.note_calls = plan.note_calls;
  kernel.fail_call = plan.fail_call;
  kernel.fail_error = plan.fail_error;
  kernel.descriptors_max = plan.descriptors_max;
  kernel.faults.no_openat2 = plan.faults.no_openat2;
  lay_site(kernel.files, plan.site);
  Stage stage(kernel, plan);
  try {
    outcome.status = start(plan);
    if (plan.fail_call == 0 && outcome.status != 0) outcome.fault = "exit status " + std::to_string(outcome.status);
    kernel.say_broken();
    if (kernel.open_wires() > 0) outcome.fault = "connections are open at the end";
  } catch (const Broken& broken) {
    outcome.fault = broken.what();
  }
  for (const Client& client : stage.clients()) {
    outcome.received.push_back(client.received());
    if (!outcome.fault.empty() || expected == nullptr) continue;
    std::string fault = judge_client(client, plan, *expected);
    if (!fault.empty()) outcome.fault = "client with '" + client.script().name + "': " + fault;
  }
  outcome.standard_error = kernel.standard_error;
  outcome.calls = kernel.calls;
  outcome.simulated_ns = kernel.now_ns();
  return outcome;
}

std::vector<Expected> ask_oracle() {
  std::vector<Expected> all(scripts().size());
  for (int version = 0; version < site_versions; version++) {
    Plan plan;
    plan.site = version;
    plan.arguments = {"--log", "off", "--cache-files", "0"};
    int64_t begins_ns = 0;
    for (const Script& script : scripts()) {
      plan.guests.push_back({&script, Client::Manner::good, begins_ns += s / 20});
    }
    Outcome outcome = run(plan, nullptr);
    if (!outcome.fault.empty()) throw Broken("the run without faults: " + outcome.fault);
    for (size_t i = 0; i < all.size(); i++) all[i].stream[version] = normalized(outcome.received[i]);
  }
  Files site;
  lay_site(site, 0);
  for (size_t i = 0; i < all.size(); i++) {
    const Script& script = scripts()[i];
    std::string rest;
    std::string fault = script.exact ? "" : disagrees(script, split(all[i].stream[0], script.heads, rest), site);
    if (!fault.empty()) throw Broken("the run without faults, '" + script.name + "': " + fault);
  }
  return all;
}

Plan plan_of(uint64_t seed, bool plain) {
  Random random(seed * 2 + plain);
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
  uint64_t count = random.between(1, plain ? 6 : 24);
  for (uint64_t i = 0; i < count; i++) {
    auto manner = Client::Manner::good;
    if (random.chance(400)) manner = static_cast<Client::Manner>(random.below(5));
    plan.guests.push_back(
        {&scripts()[random.below(scripts().size())], manner, static_cast<int64_t>(random.below(s / 50))});
  }
  // One client at a time has others wait in the queue, unread: there this one says nothing.
  if (!plain && random.chance(200)) {
    plan.guests.push_back({&dripping(), Client::Manner::drips, static_cast<int64_t>(random.below(s / 50))});
  }
  return plan;
}

} // namespace minhttp::sim
