// SPDX-License-Identifier: MIT
// The entry point of minhttp: reads the options (arguments.cc), then runs the server (run.cc), or only checks the site
// (check.cc). ARCHITECTURE.md describes the path of a request; the shortest way to it from the assembly is
// loop/plain.cc, then conn/step.cc.

#include "app/check.h"
#include "app/healthcheck.h"
#include "app/packed_site.h"
#include "app/run.h"
#include "app/settings.h"
#include "rt/stack_guard.h"
#include "tables/program.h"

namespace {

[[gnu::noinline]] int begin(const minhttp::rt::Start& start) {
  minhttp::app::Config config;
  minhttp::site::Pack pack;
  if (auto status = minhttp::app::open_packed_site(start, pack, config)) return *status;
  if (minhttp::app::is_healthcheck(start.arguments)) return minhttp::app::healthcheck(config, start);
  if (auto status = minhttp::app::read_settings(start.arguments, start.environment, config)) return *status;
  if (config.check) return minhttp::app::check(config, start);
  return minhttp::app::run(config, start);
}

} // namespace

// Without stack protector, because the canary changes while it runs.
__attribute__((no_stack_protector)) int minhttp_main(const minhttp::rt::Start& start) {
  if constexpr (!minhttp::has_tls) minhttp::rt::set_stack_guard(start); // else the C library has
  return begin(start);
}
