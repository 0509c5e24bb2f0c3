// SPDX-License-Identifier: MIT
#pragma once
// What ends a run, and the lines that say so.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hosted/report.h"

namespace minhttp::acme {

constexpr int temporary_failure = 75; // EX_TEMPFAIL of sysexits(3): the next run may succeed

// Ends the run with a line on standard error, and with this status. The certificate in use is left as it is.
class Failure : public hosted::Failure {
 public:
  // status: 1, somebody has to mend something; 2, wrong usage; temporary_failure.
  // wait_s: for how long the authority does not want to be asked again, if it has said so.
  explicit Failure(const std::string& why, int status = 1, std::optional<int64_t> wait_s = {})
      : hosted::Failure(why, status), wait_s_(wait_s) {}
  std::optional<int64_t> wait_s() const { return wait_s_; }

 private:
  std::optional<int64_t> wait_s_;
};

// The user or systemd ends the program: SIGINT, SIGTERM or SIGHUP.
class Interrupted {};

// From now on these signals make check_interrupted() throw; a second one ends the program at once. Called once, by
// main().
void watch_signals();
void check_interrupted();
int caught_signal(); // 0: none

// Waits; throws Interrupted as soon as a signal comes.
void pause_ms(int64_t milliseconds);

// What an authority says ends on one line, however long it is.
inline std::string printable(std::string_view text, size_t max = 500) { return hosted::printable(text, max); }

// Failure: "what: why", with the words of errno for why.
[[noreturn]] void fail_with_errno(const std::string& what);

void say(const std::string& line);  // on standard output
void warn(const std::string& line); // on standard error

// Seconds since 1970 as "2026-11-29 16:05 UTC". Years have at most four digits.
std::string utc(int64_t seconds);

} // namespace minhttp::acme
