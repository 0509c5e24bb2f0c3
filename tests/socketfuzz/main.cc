// SPDX-License-Identifier: MIT
// A fuzzer that talks to the server over sockets. One number (--seed) decides what is sent; how the
// packets fall is the machine's matter. In turn each world (world.cc) has a server, many clients at
// once that send mutated requests in pieces, end, reset, or do not read, and one good client whose
// answers must stay the same to the byte.

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <stdexcept>

#include "answers.h"
#include "client.h"
#include "seeds.h"
#include "world.h"

namespace minhttp::socketfuzz {
namespace {

using sim::Random;

constexpr size_t clients_at_once = 48;
constexpr int64_t good_quiet_ms = 20'000; // on a busy machine
constexpr int64_t quiet_least_ms = 40;
constexpr int64_t quiet_most_ms = 2'000;
constexpr int64_t world_ms = 10'000; // then the next one's turn

int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

struct Options {
  std::string server;
  std::string corpus;
  uint64_t seed = 1;
  int64_t seconds = 60;
  std::string found = "."; // where a failing client's bytes go
};

// What a bad client sends: all at once, or in pieces with pauses between them.
Plan bad_plan(const std::vector<std::string>& seeds, Random& random) {
  Plan plan;
  std::string bytes = mutate(seeds, random);
  size_t piece = random.chance(500)   ? bytes.size() + 1
                 : random.chance(900) ? random.between(20, 3000)
                                      : random.between(1, 5);
  for (size_t at = 0; at < bytes.size(); at += piece) {
    plan.steps.push_back({.kind = Step::Kind::send, .bytes = bytes.substr(at, piece)});
    if (random.chance(300) && at / piece < 20) {
      plan.steps.push_back({.kind = Step::Kind::wait, .turns = static_cast<unsigned>(random.between(1, 5))});
    }
  }
  if (random.chance(150)) { // no more than a part of it
    plan.steps.resize(random.below(plan.steps.size() + 1));
  }
  if (random.chance(300)) plan.steps.push_back({.kind = Step::Kind::end});
  if (random.chance(150)) plan.steps.push_back({.kind = Step::Kind::reset});
  plan.reads = !random.chance(100);
  if (random.chance(200)) plan.receive_buffer = 2048;
  return plan;
}

// Always the same.
Plan good_plan() {
  std::string all;
  for (const char* head :
       {"GET /letters.txt", "HEAD /letters.txt", "GET /dir/", "GET /nothing", "GET /old/a/b", "OPTIONS *"}) {
    all += std::string(head) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  }
  all += "GET /letters.txt HTTP/1.1\r\nHost: x\r\nRange: bytes=3-5\r\n\r\n";
  all += "GET /style.css HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br\r\n\r\n";
  all += "GET /big.bin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  return {.steps = {{.kind = Step::Kind::send, .bytes = all}}, .quiet_ms = good_quiet_ms};
}

struct Running {
  std::unique_ptr<Client> client;
  uint64_t number = 0; // 0: the good one
  int64_t begun_ms = 0;
};

class Run {
 public:
  Run(const Options& options, std::vector<std::string> seeds) : options_(options), seeds_(std::move(seeds)) {}

  void play(const World& world, const Site& site, int64_t until_ms) {
    Server server(options_.server, world, site);
    std::string expected = good_answer(server);
    std::vector<Running> running;
    int64_t next_look_ms = 0;
    while (true) {
      bool more = now_ms() < until_ms;
      while (more && running.size() < clients_at_once) running.push_back(begin(server, running));
      if (running.empty()) break;
      turn(running);
      std::erase_if(running, [&](const Running& one) {
        if (one.client->is_done()) look(server, world, one, expected);
        return one.client->is_done();
      });
      if (now_ms() < next_look_ms) continue;
      next_look_ms = now_ms() + 500;
      look(server);
    }
    if (good_answer(server) != expected)
      throw std::runtime_error("the good client is answered otherwise than at first");
    server.end();
    look_at_complaints(server);
  }

  void report() const {
    std::printf("executions %llu, answers %llu, good clients %llu; statuses of first answers:", number_, answers_,
                good_);
    for (auto [status, count] : statuses_) std::printf(" %s %llu", status.c_str(), count);
    std::printf("\n");
    std::fflush(stdout);
  }

 private:
  Running begin(const Server& server, const std::vector<Running>& running) {
    bool good = true;
    for (const Running& one : running) good = good && one.number != 0;
    if (good) return {std::make_unique<Client>(good_plan(), server.port()), 0, now_ms()};
    number_++;
    Random random(options_.seed * 0x1'0000'0001 + number_);
    Plan plan = bad_plan(seeds_, random);
    plan.quiet_ms = quiet_ms_;
    return {std::make_unique<Client>(std::move(plan), server.port()), number_, now_ms()};
  }

  static void turn(std::vector<Running>& running) {
    std::vector<pollfd> polled;
    for (const Running& one : running) {
      polled.push_back({.fd = one.client->socket(), .events = one.client->wants(), .revents = 0});
    }
    poll(polled.data(), polled.size(), 2);
    int64_t now = now_ms();
    for (size_t i = 0; i < running.size(); i++) running[i].client->turn(polled[i].revents, now);
  }

  // Before and after all the others there is nobody else: then the good client is answered, in every world.
  std::string good_answer(const Server& server) {
    for (int tries = 0; tries < 200; tries++) {
      std::vector<Running> alone;
      alone.push_back({std::make_unique<Client>(good_plan(), server.port()), 0, now_ms()});
      while (!alone[0].client->is_done()) turn(alone);
      const Client& client = *alone[0].client;
      Verdict verdict = judge(client.sent(), client.received());
      if (verdict.wrong.empty() && client.was_ended() && !verdict.cut && !verdict.overload)
        return without_dates(client.received());
      poll(nullptr, 0, 50); // the last ones of the others are still there, or the server is slow
    }
    throw std::runtime_error("the good client is not answered");
  }

  void look(Server& server, const World& world, const Running& one, const std::string& expected) {
    const Client& client = *one.client;
    Verdict verdict = judge(client.sent(), client.received());
    answers_ += verdict.finals;
    bool whole = client.was_ended() && !client.was_reset();
    if (world.patient && whole && verdict.cut && verdict.wrong.empty()) verdict.wrong = "an answer that is cut short";
    if (one.number != 0) {
      if (client.received().size() > 12) statuses_[client.received().substr(9, 3)]++;
    } else if (verdict.wrong.empty()) {
      good_++;
      // Who hears nothing for as long as a good client takes for all of its answers will hear nothing.
      quiet_ms_ = std::clamp<int64_t>(now_ms() - one.begun_ms, quiet_least_ms, quiet_most_ms);
      std::string answered = without_dates(client.received());
      bool partly = expected.starts_with(answered) || verdict.overload;
      if (world.patient ? answered != expected : !partly) verdict.wrong = "the good client is answered otherwise";
    }
    if (verdict.wrong.empty()) return;
    poll(nullptr, 0, 2000); // a server that has found a bug is about to say so
    look(server);
    std::string name = options_.found + "/socketfuzz-" + world.name + "-" + std::to_string(options_.seed) + "-" +
                       std::to_string(one.number);
    std::ofstream(name + ".sent", std::ios::binary) << client.sent();
    std::ofstream(name + ".received", std::ios::binary) << client.received();
    if (one.number == 0) std::ofstream(name + ".expected", std::ios::binary) << expected;
    throw std::runtime_error(verdict.wrong + ": client " + std::to_string(one.number) + " in world " + world.name +
                             ", " + name + ".*");
  }

  static void look(Server& server) {
    if (!server.is_alive()) throw std::runtime_error("the server is gone: " + server.complaints());
    look_at_complaints(server);
  }

  static void look_at_complaints(Server& server) {
    std::string complaints = server.is_alive() ? server.complaints() : "";
    if (!complaints.empty()) throw std::runtime_error(complaints);
  }

  const Options& options_;
  std::vector<std::string> seeds_;
  int64_t quiet_ms_ = quiet_most_ms;
  unsigned long long number_ = 0;
  unsigned long long answers_ = 0;
  unsigned long long good_ = 0;
  std::map<std::string, unsigned long long> statuses_;
};

int fuzz(const Options& options) {
  Site site;
  Run run(options, read_seeds(options.corpus));
  std::printf("socketfuzz: seed %llu, %lld seconds\n", static_cast<unsigned long long>(options.seed),
              static_cast<long long>(options.seconds));
  int64_t until_ms = now_ms() + options.seconds * 1000;
  int status = 0;
  try {
    while (now_ms() < until_ms) {
      for (const World& world : worlds(site)) {
        int64_t end_ms = now_ms() + std::min(world_ms, std::max<int64_t>(options.seconds * 1000 / 6, 500));
        if (now_ms() < until_ms) run.play(world, site, std::min(end_ms, until_ms));
      }
      run.report();
    }
  } catch (const std::runtime_error& failure) {
    std::printf("FOUND with seed %llu: %s\n", static_cast<unsigned long long>(options.seed), failure.what());
    status = 1;
  }
  run.report();
  return status;
}

} // namespace
} // namespace minhttp::socketfuzz

int main(int count, char** arguments) {
  minhttp::socketfuzz::Options options;
  for (int i = 1; i + 1 < count; i += 2) {
    std::string name = arguments[i];
    const char* value = arguments[i + 1];
    if (name == "--server") options.server = value;
    if (name == "--corpus") options.corpus = value;
    if (name == "--seed") options.seed = std::strtoull(value, nullptr, 10);
    if (name == "--seconds") options.seconds = std::strtoll(value, nullptr, 10);
    if (name == "--found") options.found = value;
  }
  if (options.server.empty() || options.corpus.empty() || count % 2 == 0) {
    std::fprintf(
        stderr,
        "usage: socketfuzz --server PROGRAM --corpus tests/fuzz/corpus [--seed N] [--seconds N] [--found DIR]\n");
    return 2;
  }
  return minhttp::socketfuzz::fuzz(options);
}
