// SPDX-License-Identifier: MIT
#pragma once
// Messages go to the kernel directly, so stdio's capturing would miss them.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace minhttp::test {

// Catches what is written to a descriptor while it lives.
class Caught {
 public:
  explicit Caught(int fd) : fd_(fd), kept_(dup(fd)), file_(std::tmpfile()) { dup2(fileno(file_), fd_); }
  ~Caught() {
    dup2(kept_, fd_);
    close(kept_);
    std::fclose(file_);
  }
  Caught(const Caught&) = delete;
  Caught& operator=(const Caught&) = delete;
  std::string text() const {
    std::string all(1 << 16, 0);
    auto size = pread(fileno(file_), all.data(), all.size(), 0);
    all.resize(size < 0 ? 0 : static_cast<size_t>(size));
    return all;
  }

 private:
  int fd_;
  int kept_;
  std::FILE* file_;
};

} // namespace minhttp::test
