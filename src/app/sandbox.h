// SPDX-License-Identifier: MIT
#pragma once
// Implements --sandbox: which fences of guard/ a process builds, and what is reported if the kernel lacks some.

#include <optional>

#include "app/config.h"
#include "app/setup.h"
#include "base/shared_word.h"

namespace minhttp::app {

class Sandbox {
 public:
  Sandbox(const Config& config, Setup& setup) : config_(config), setup_(setup) {}

  // For a process without a supervisor. Nothing: continue; else the exit status, after a message.
  std::optional<int> enter();

  // For a supervisor, before it starts workers: it reads the sites anew for later workers.
  std::optional<int> enter_as_supervisor();

  // For a worker; its supervisor has reported what is missing. refused: receives the number of a system call that was
  // not allowed.
  std::optional<int> enter_as_worker(SharedWord& refused);

 private:
  uint16_t phases() const;
  Result<int> limit_files();
  std::optional<int> report(const Result<int>& landlock, const Result<>& filter) const;

  const Config& config_;
  Setup& setup_;
};

} // namespace minhttp::app
