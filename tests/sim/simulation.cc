// SPDX-License-Identifier: MIT
// A tour: run() lays out the site and starts the server, which returns when it has ended. Whenever it waits,
// Stage::step() moves the clients. When all of them are done, it checks that everything they took was given back, makes
// the server reload, and ends it.

#include "sim/simulation.h"

#include <linux/auxvec.h>

#include <algorithm>

#include "app/config.h"
#include "app/run.h"
#include "app/settings.h"
#include "base/check.h"
#include "sim/judge_http2.h"
#include "sim/log_lines.h"
#include "sim/model.h"
#include "sim/patience.h"
#include "sim/probe.h"
#include "tables/limits.h"

void minhttp::panic(const char* file, int line) {
  throw sim::Broken("CHECK failed at " + std::string(file) + ":" + std::to_string(line));
}

namespace minhttp::sim {
namespace {

constexpr int64_t s = 1'000'000'000;
constexpr int64_t settles_ns = 100 * s;                               // longer than any deadline of the server
constexpr int64_t lasts_ns = 4000 * s;                                // a client that is not done then was forgotten
constexpr int64_t drains_ns = limits::drain_ms * 1'000'000LL + 2 * s; // the plain loop ends after its client's request
constexpr int sighup = 1;
constexpr int sigterm = 15;

bool is_plain(const Plan& plan) {
  return std::find(plan.arguments.begin(), plan.arguments.end(), "plain") != plan.arguments.end();
}

class Stage {
 public:
  Stage(Kernel& kernel, const Plan& plan)
      : kernel_(kernel),
        plan_(plan),
        probe_(kernel, plan.connections, plan.workspaces, plan.h2_sessions > 0),
        reloads_ns_(plan.reloads_ns) {
    int number = 0;
    for (const Plan::Guest& guest : plan.guests) {
      clients_.emplace_back(number, *guest.script, guest.manner, plan.seed * 1000 + static_cast<uint64_t>(number),
                            guest.begins_ns, guest.http2);
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
    if (!kernel_.sealed()) return INT64_MAX; // the server is still starting
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
        stage_ = probing;
        return now_ns;
      case probing: {
        int64_t next = probe_.step();
        if (next != INT64_MAX) return next;
        if (kernel_.open_wires() > 0) throw Broken("connections of the last clients stay open");
        stage_ = reading;
        settled_by_ns_ = now_ns;
        return now_ns;
      }
      case reading:
        if (now_ns < settled_by_ns_) return settled_by_ns_;
        if (reloads_++ < 2) { // the first may meet the fault, and change nothing
          kernel_.signal(sighup);
          settled_by_ns_ = now_ns + s;
          return settled_by_ns_;
        }
        if (kernel_.open_descriptors() != base_) {
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

  // Returns when the next one is due.
  int64_t send_signals(int64_t now_ns) {
    int64_t next = INT64_MAX;
    for (int64_t& due : reloads_ns_) {
      if (due <= now_ns) {
        kernel_.signal(sighup);
        due = INT64_MAX;
      }
      next = std::min(next, due);
    }
    if (told_to_end_) {
      int64_t ends_ns = plan_.ends_ns + (is_plain(plan_) ? settles_ns : drains_ns);
      if (now_ns > ends_ns) throw Broken("it has not ended when the time to drain is over");
      return std::min(next, ends_ns + 1);
    }
    if (plan_.ends_ns > now_ns) return std::min(next, plan_.ends_ns);
    kernel_.signal(sigterm);
    told_to_end_ = true;
    return now_ns;
  }

  int64_t serve(int64_t now_ns) {
    int64_t next = INT64_MAX;
    for (size_t which = 0; which < changes_.size(); which++) {
      if (changes_[which] > now_ns) next = std::min(next, changes_[which]);
      if (changes_[which] < 0 || changes_[which] > now_ns) continue;
      change(kernel_.files, static_cast<int>(which));
      changes_[which] = -1;
    }
    next = std::min(next, send_signals(now_ns));
    bool all_done = true;
    for (Client& client : clients_) {
      next = std::min(next, client.step(kernel_));
      all_done = all_done && client.done();
    }
    if (told_to_end_) return next;
    if (!all_done) {
      if (now_ns > (kernel_.faults.stalls > 0 ? 100 * lasts_ns : lasts_ns)) {
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

  enum { starting, serving, settling, probing, reading, ending } stage_ = starting;
  Kernel& kernel_;
  const Plan& plan_;
  Probe probe_;
  std::vector<int64_t> reloads_ns_;
  bool told_to_end_ = false;
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
  if (auto status = app::read_settings(arguments, &environment, config)) return *status;
  if (plan.h2_sessions > 0) config.h2_sessions = plan.h2_sessions; // no option says how many
  if (plan.h2_streams > 0) config.h2_streams = plan.h2_streams;
  return app::run(config, {.arguments = arguments, .environment = &environment, .auxiliary = auxiliary},
                  app::Supervision::several);
}

// The plain loop reloads when its client has gone, so a reload may end a connection early.
bool may_part_early(const Plan& plan) {
  return plan.ends_ns != INT64_MAX || (is_plain(plan) && !plan.reloads_ns.empty());
}

// A response that is sent while the server drains has Connection: close; this removes the difference.
std::string without_close(std::string stream) {
  static const std::string field = "\r\nConnection: close";
  for (size_t at = 0; (at = stream.find(field, at)) != stream.npos;) {
    size_t status = stream.rfind("HTTP/1.1 ", at);
    bool last = status != stream.npos &&
                (stream.compare(status + 9, 3, "408") == 0 || stream.compare(status + 9, 3, "503") == 0);
    if (last)
      at++; // closes in any case, and that distinguishes it from a response to HEAD
    else
      stream.erase(at, field.size());
  }
  static const std::string other = "\r\nConnection: keep-alive"; // for HTTP/1.0, while the server does not drain
  for (size_t at = 0; (at = stream.find(other, at)) != stream.npos;) stream.erase(at, other.size());
  for (const std::string& cut : {field, other}) { // the stream is cut in the middle of it
    for (size_t part = std::min(cut.size(), stream.size()); part > 2; part--) {
      if (stream.ends_with(cut.substr(0, part))) stream.resize(stream.size() - part);
    }
  }
  return stream;
}

// Judges the log lines for a client, and how long the server waited for it.
std::string judge_around(const Client& client, int number, const Plan& plan, const std::string& log) {
  if (client.wire() == nullptr) return {}; // the server did not listen
  bool on_time = !is_plain(plan) && plan.faults.stalls == 0;
  std::string fault = on_time ? judge_patience(client) : std::string();
  if (!fault.empty() || plan.fail_call != 0 || client.script().exact) return fault;
  std::string rest;
  bool logs = std::find(plan.arguments.begin(), plan.arguments.end(), "common") != plan.arguments.end();
  if (logs && client.talk() != nullptr) return judge_log_of_streams(log, number, statuses_of(*client.talk()));
  return !logs ? fault : judge_log(log, number, split(client.received(), client.script().heads, rest));
}

std::string judge_client(const Client& client, const Plan& plan, const std::vector<Expected>& expected) {
  if (client.wire() == nullptr) return {}; // the server did not listen, or no longer
  const Wire& wire = *client.wire();
  // --head-ms, and --linger-ms to read the response.
  if (client.manner() == Client::Manner::drips)
    return plan.faults.stalls > 0 || wire.gone_ns - wire.opened_ns < 20 * s ? "" : "who drips a head is not given up";
  bool good = client.manner() == Client::Manner::good || client.manner() == Client::Manner::slow;
  bool errors = brings_errors(plan);
  bool whole = good && !wire.touched && !errors && plan.faults.stalls == 0 && !may_part_early(plan) &&
               !(client.script().cut && plan.changes);
  // A client that goes on sending for longer than --linger-ms after the last response may lose it.
  if (client.script().exact && client.manner() == Client::Manner::slow && client.lost()) whole = false;
  auto index = static_cast<size_t>(&client.script() - scripts().data());
  // So may one that sends something after its own "Connection: close"; after an error the server lingers.
  if (client.script().exact && expected[index].stream[0].starts_with("HTTP/1.1 200") && client.lost()) whole = false;
  if (whole && client.lost()) return "a reset took the end of its answers";
  Leave leave = {.cut = !whole,
                 .errors = errors,
                 .refused = plan.fail_call != 0,
                 .late = client.manner() == Client::Manner::silent || plan.scarce || plan.faults.stalls > 0,
                 .busy = plan.h2_streams > 0};
  if (client.talk() != nullptr) {
    bool undisturbed = good && !wire.touched && !errors && plan.faults.stalls == 0;
    bool drains = may_part_early(plan) && undisturbed && client.manner() == Client::Manner::good;
    return judge_http2(*client.talk(), client.script(), expected[index], leave, drains);
  }
  if (!may_part_early(plan)) return judge(client.script(), expected[index], client.received(), leave);
  Expected draining;
  for (int version = 0; version < site_versions; version++)
    draining.stream[version] = without_close(expected[index].stream[version]);
  return judge(client.script(), draining, without_close(client.received()), leave);
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
    if (kernel.open_wires() > 0 && plan.ends_ns == INT64_MAX) outcome.fault = "connections are open at the end";
  } catch (const Broken& broken) {
    outcome.fault = broken.what();
  }
  for (const Client& client : stage.clients()) {
    outcome.received.push_back(client.received());
    if (!outcome.fault.empty() || expected == nullptr) continue;
    std::string fault = judge_client(client, plan, *expected);
    if (plan.trace) fprintf(stderr, "%s", kernel.standard_output.c_str());
    if (fault.empty())
      fault = judge_around(client, static_cast<int>(outcome.received.size()) - 1, plan, kernel.standard_output);
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

} // namespace minhttp::sim
