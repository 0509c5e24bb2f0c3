// SPDX-License-Identifier: MIT
#include "acme/report.h"

#include <poll.h>
#include <signal.h> // NOLINT: sigaction is POSIX

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace minhttp::acme {
namespace {

volatile sig_atomic_t caught = 0;

void note_signal(int number) { caught = number; }

} // namespace

void watch_signals() {
  struct sigaction action = {};
  action.sa_handler = note_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND); // and no SA_RESTART: waits end
  for (int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before = {};
    bool known = sigaction(number, nullptr, &before) == 0;
    // As nohup(1) wants it, and a shell for what it starts by '&'.
    if (known && (before.sa_flags & SA_SIGINFO) == 0 && before.sa_handler == SIG_IGN) continue;
    (void)sigaction(number, &action, nullptr);
  }
  action.sa_handler = SIG_IGN;
  action.sa_flags = 0;
  // The write fails with EPIPE or EFBIG, which is reported.
  for (int number : {SIGPIPE, SIGXFSZ}) (void)sigaction(number, &action, nullptr);
}

int caught_signal() { return caught; }

void check_interrupted() {
  if (caught != 0) throw Interrupted();
}

void pause_ms(int64_t milliseconds) {
  using namespace std::chrono;
  auto end = steady_clock::now() + std::chrono::milliseconds(milliseconds);
  while (true) {
    check_interrupted();
    auto left = duration_cast<std::chrono::milliseconds>(end - steady_clock::now()).count();
    if (left <= 0) return;
    // In pieces: a signal between the check and the call would else be noticed only behind all of it.
    (void)poll(nullptr, 0, static_cast<int>(std::min<int64_t>(left, 500)));
  }
}

void fail_with_errno(const std::string& what) { throw Failure(hosted::with_errno(what)); }

void say(const std::string& line) { (void)std::printf("minhttps-acme: %s\n", line.c_str()); }

void warn(const std::string& line) {
  (void)std::fflush(stdout);
  (void)std::fprintf(stderr, "minhttps-acme: %s\n", line.c_str());
}

std::string utc(int64_t seconds) {
  constexpr int64_t last_second = 253'402'300'799; // of the year 9999
  auto time = static_cast<time_t>(std::clamp<int64_t>(seconds, 0, last_second));
  struct tm civil = {};
  char text[32];
  if (gmtime_r(&time, &civil) == nullptr) return "?";
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &civil)};
}

} // namespace minhttp::acme
