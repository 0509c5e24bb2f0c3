// SPDX-License-Identifier: MIT
#pragma once
// What --sandbox means: which fences of guard/ a process builds, and what is said about those
// that the kernel does not have.

#include <optional>

#include "app/config.h"
#include "app/setup.h"
#include "base/shared_word.h"

namespace minhttp::app {

class Sandbox {
 public:
  Sandbox(const Config& config, Setup& setup) : config_(config), setup_(setup) {}

  // Of a process without a supervisor. Nothing: go on; else the exit status, after a message.
  std::optional<int> close();

  // Of a supervisor, before it makes workers: it reads the sites anew for those who come later.
  std::optional<int> close_supervisor();

  // Of a worker, whose supervisor has said what is missing. refused: where the number of a call
  // goes that was not allowed.
  std::optional<int> close_worker(SharedWord& refused);

 private:
  uint16_t phases() const;
  Result<int> limit_files();
  std::optional<int> report(const Result<int>& landlock, const Result<>& filter) const;

  const Config& config_;
  Setup& setup_;
};

} // namespace minhttp::app
