// SPDX-License-Identifier: MIT
#pragma once
// The process that alone has the private keys of minhttps. It is forked before the sandbox is closed and before the
// user changes, so that it can keep the right to read files that only root may read; it gives up everything else.
// Nothing of a key is in the memory of any other process.

#include <array>
#include <optional>

#include "app/config.h"
#include "app/key_files.h"
#include "base/shared_word.h"
#include "sys/fd.h"
#include "tls/bulletin.h"
#include "tls/policy.h"

namespace minhttp::app {

class KeyProcess {
 public:
  // Forks it, before become_user(), with OpenSSL started. workers: how many numbers of workers there are. Nothing:
  // continue; else the exit status, after a message.
  std::optional<int> start(const Config& config, uint32_t workers);

  // Waits until it has read its files. The same results: a message has said what is wrong with them, or how it ended.
  std::optional<int> wait(const Config& config);

  int process() const { return process_; }
  const tls::Bulletin& bulletin() const { return *bulletin_; }
  static tls::Policy policy_of(const Config& config);

  // In the supervisor, before the fork: the next worker of this number is the process with this id (which is never used
  // again). Each number has two channels. former: the id of the process that it replaces and that still runs, which
  // keeps its own for the handshakes under way; 0: there is none.
  void seat(uint32_t worker, uint32_t id, uint32_t former);

  // In the worker for which seat() was called last, after the fork: closes what belongs to others.
  void become_worker(uint32_t id);

  // After that: this worker's channel. owner is `id` as long as it is.
  struct Channel {
    int fd = -1;
    const SharedWord* owner = nullptr;
    uint32_t id = 0;
  };
  const Channel& channel() const { return channel_; }

  // In the supervisor: has all files read again now (SIGHUP).
  void ask_reload() const;

 private:
  static constexpr size_t channels_max = 2 * limits::workers_max;

  Result<> prepare(uint32_t workers);
  [[noreturn]] void run(const Config& config, const KeyFiles& files);
  void close_others();
  void print_fingerprint() const;
  void report_end() const;

  int process_ = 0;
  int parent_ = 0;
  uint32_t channels_ = 0;
  uint32_t seated_ = 0;               // the channel of the last seat()
  tls::Bulletin* bulletin_ = nullptr; // only the key process may write to it
  std::span<SharedWord> owners_;      // of each channel
  std::array<sys::Fd, channels_max> ends_;
  std::array<sys::Fd, channels_max> far_ends_; // open in the key process only
  sys::Fd control_;
  sys::Fd far_control_;
  Channel channel_;
};

} // namespace minhttp::app
