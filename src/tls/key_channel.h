// SPDX-License-Identifier: MIT
#pragma once
// A worker's end of the channel to the key process. A signature is asked for inside a fibre of OpenSSL (ASYNC_start_job
// of <openssl/async.h>, which SSL_MODE_ASYNC uses), which pauses until the answer is there: so the worker goes on with
// its other connections.

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/shared_word.h"
#include "tables/limits.h"
#include "tls/wire.h"

namespace minhttp::tls {

class KeyChannel {
 public:
  // fd: an end of a SOCK_SEQPACKET; nothing on it blocks. The channel is this process's as long as `owner` is `me`:
  // a worker that was replaced leaves it to its successor's successor.
  void open(int fd, const SharedWord& owner, uint32_t me);

  // -1: it is closed; every signature fails.
  int fd() const { return fd_; }

  // The connection for which OpenSSL works from now on.
  void work_for(uint32_t slot) { slot_ = slot; }

  // Inside a fibre: asks for a signature of message, pauses, and returns its bytes, written to `to`. 0: there is none.
  size_t sign(const KeyName& key, Scheme scheme, std::span<const uint8_t> message, std::span<uint8_t> to);

  // Takes answers that have come. Returns how many slots were written, whose fibres can go on. It closes the channel if
  // it is another process's now, or nobody answers any more.
  size_t take(std::span<uint32_t> slots);

  // The same for all fibres that wait: they go on without a signature.
  size_t fail_all(std::span<uint32_t> slots);

  // The fibre of this slot, if one waits, goes on without its signature.
  void give_up(uint32_t slot);

  uint32_t waiting() const { return waiting_; }

 private:
  enum class State : uint8_t { idle, waits, answered };
  struct Pending {
    State state = State::idle;
    uint32_t id = 0;
    uint32_t slot = 0;
    uint32_t bytes = 0;
    uint8_t signature[limits::tls_signature_max];
  };

  Pending* ask(const KeyName& key, Scheme scheme, std::span<const uint8_t> message);
  Pending* answered(const Answer& answer, size_t bytes);
  bool is_ours() const { return owner_ != nullptr && owner_->load() == me_; }

  int fd_ = -1;
  const SharedWord* owner_ = nullptr;
  uint32_t me_ = 0;
  uint32_t slot_ = 0;
  uint32_t asked_ = 0;   // signatures, ever
  uint32_t waiting_ = 0; // for so many
  Pending pending_[limits::tls_signatures];
};

} // namespace minhttp::tls
