// SPDX-License-Identifier: MIT
#include "tls/key_channel.h"

#include <openssl/async.h>

#include "base/check.h"
#include "sys/file.h"

namespace minhttp::tls {

void KeyChannel::open(int fd, const SharedWord& owner, uint32_t me) {
  fd_ = fd;
  owner_ = &owner;
  me_ = me;
}

// An id is unique among all processes that ever have this channel, as far as 32 bits allow: an answer to a process that
// has ended must not be taken for another one. The lowest bits say where it stands here.
KeyChannel::Pending* KeyChannel::ask(const KeyName& key, Scheme scheme, std::span<const uint8_t> message) {
  if (fd_ < 0 || !is_ours() || message.size() > limits::tls_signed_max) return nullptr;
  for (uint32_t i = 0; i < limits::tls_signatures; i++) {
    Pending& place = pending_[i];
    if (place.state != State::idle) continue;
    constexpr uint32_t bits = 16; // of the count; the rest is the process
    static_assert((limits::tls_signatures & (limits::tls_signatures - 1)) == 0);
    asked_++;
    uint32_t id = me_ << bits | (asked_ * limits::tls_signatures & ((1U << bits) - 1)) | i;
    Request request = {.id = id == id_of_reload ? id + limits::tls_signatures : id,
                       .scheme = scheme,
                       .bytes = static_cast<uint16_t>(message.size()),
                       .key = key,
                       .message = {}};
    __builtin_memcpy(request.message, message.data(), message.size());
    auto sent = sys::send_at_once(fd_, &request, request_head + message.size());
    if (!sent.ok()) return nullptr; // the key process has ended, or does not read
    place.state = State::waits;
    place.id = request.id;
    place.slot = slot_;
    waiting_++;
    return &place;
  }
  return nullptr;
}

size_t KeyChannel::sign(const KeyName& key, Scheme scheme, std::span<const uint8_t> message, std::span<uint8_t> to) {
  if (ASYNC_get_current_job() == nullptr) return 0; // it could only wait
  Pending* place = ask(key, scheme, message);
  if (place == nullptr) return 0;
  while (place->state == State::waits) {
    if (ASYNC_pause_job() == 0) break; // cannot fail inside a fibre
  }
  if (place->state == State::waits) waiting_--;
  size_t bytes = place->state == State::answered && place->bytes <= to.size() ? place->bytes : 0;
  __builtin_memcpy(to.data(), place->signature, bytes);
  place->state = State::idle;
  return bytes;
}

// Null: nobody waits for this answer any more.
KeyChannel::Pending* KeyChannel::answered(const Answer& answer, size_t bytes) {
  Pending& place = pending_[answer.id % limits::tls_signatures];
  if (place.state != State::waits || place.id != answer.id) return nullptr;
  place.state = State::answered;
  place.bytes = static_cast<uint32_t>(bytes);
  __builtin_memcpy(place.signature, answer.signature, bytes);
  waiting_--;
  return &place;
}

size_t KeyChannel::take(std::span<uint32_t> slots) {
  size_t count = 0;
  while (count < slots.size() && fd_ >= 0) {
    if (!is_ours()) { // its new owner reads now
      fd_ = -1;
      break;
    }
    Answer answer;
    auto got = sys::read(fd_, &answer, sizeof answer);
    if (got.is(Errno::EAGAIN_)) break;
    if (got.is(Errno::EINTR_)) continue;
    if (!got.ok() || got.value() < answer_head) { // the key process has ended
      fd_ = -1;
      break;
    }
    if (Pending* place = answered(answer, got.value() - answer_head)) slots[count++] = place->slot;
  }
  return count;
}

size_t KeyChannel::fail_all(std::span<uint32_t> slots) {
  size_t count = 0;
  for (Pending& place : pending_) {
    if (place.state != State::waits || count == slots.size()) continue;
    place.state = State::answered;
    place.bytes = 0;
    waiting_--;
    slots[count++] = place.slot;
  }
  return count;
}

void KeyChannel::give_up(uint32_t slot) {
  for (Pending& place : pending_) {
    if (place.slot != slot || place.state == State::idle) continue;
    if (place.state == State::waits) waiting_--;
    place.state = State::answered;
    place.bytes = 0;
  }
}

} // namespace minhttp::tls
