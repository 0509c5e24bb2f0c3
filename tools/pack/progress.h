// SPDX-License-Identifier: MIT
#pragma once
// A line on a terminal that says how far the work is; nothing anywhere else.

#include <chrono>
#include <cstdint>
#include <string_view>

namespace minhttp::packer {

class Progress {
 public:
  // total: of what is counted by add(). quiet: prints nothing. It prints to standard error, if that is a terminal.
  Progress(std::string_view what, uint64_t total, bool quiet);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  void add(uint64_t amount);

 private:
  using Clock = std::chrono::steady_clock;
  void draw() const;

  std::string_view what_;
  uint64_t total_;
  uint64_t done_ = 0;
  bool shown_;
  Clock::time_point begun_ = Clock::now();
  Clock::time_point drawn_ = {};
};

} // namespace minhttp::packer
