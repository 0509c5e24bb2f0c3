// SPDX-License-Identifier: MIT
// The entry point of minhttp: reads the options (arguments.cc), then runs the server (run.cc), or only checks the site
// (check.cc) or a running server (healthcheck.cc). ARCHITECTURE.md describes the path of a request; the shortest way to
// it from the assembly is loop/plain.cc, then conn/step.cc.

#include "app/check.h"
#include "app/config.h"
#include "app/healthcheck.h"
#include "app/run.h"
#include "rt/stack_guard.h"

namespace {

[[gnu::noinline]] int begin(const minhttp::rt::Start& start) {
  if (start.arguments.size() > 1 && minhttp::equal(start.arguments[1], "healthcheck")) {
    return minhttp::app::healthcheck(start);
  }
  minhttp::app::Config config;
  if (auto status = minhttp::app::read_arguments(start.arguments, config)) return *status;
  if (config.check) return minhttp::app::check(config, start);
  return minhttp::app::run(config, start);
}

} // namespace

// Without stack protector, because the canary changes while it runs.
__attribute__((no_stack_protector)) int minhttp_main(const minhttp::rt::Start& start) {
  minhttp::rt::set_stack_guard(start);
  return begin(start);
}
