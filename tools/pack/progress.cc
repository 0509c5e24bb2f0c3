// SPDX-License-Identifier: MIT
#include "pack/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

namespace minhttp::packer {
namespace {

constexpr auto between = std::chrono::milliseconds(100); // two drawings
constexpr size_t width = 30;                             // characters of the bar

} // namespace

Progress::Progress(std::string_view what, uint64_t total, bool quiet)
    : what_(what), total_(total), shown_(!quiet && total > 0 && isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (shown_ && drawn_ != Clock::time_point()) (void)std::fputs("\r\x1b[K", stderr); // back, and clear the line
}

void Progress::add(uint64_t amount) {
  done_ = std::min(total_, done_ + amount);
  auto now = Clock::now();
  if (!shown_ || now - drawn_ < between) return;
  drawn_ = now;
  draw();
}

void Progress::draw() const {
  double part = static_cast<double>(done_) / static_cast<double>(total_);
  auto filled = static_cast<size_t>(part * width);
  std::string bar = std::string(filled, '#') + std::string(width - filled, '.');
  double passed = std::chrono::duration<double>(Clock::now() - begun_).count();
  std::string left;
  if (passed > 2 && part > 0.01)
    left = ", " + std::to_string(static_cast<int>(passed / part * (1 - part)) + 1) + " s left";
  (void)std::fprintf(stderr, "\r%.*s [%s] %3d %%%s\x1b[K", static_cast<int>(what_.size()), what_.data(), bar.c_str(),
                     static_cast<int>(part * 100), left.c_str());
}

} // namespace minhttp::packer
