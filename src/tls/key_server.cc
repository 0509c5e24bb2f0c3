// SPDX-License-Identifier: MIT
#include "tls/key_server.h"

#include <openssl/crypto.h>

#include "sys/event.h"
#include "sys/file.h"
#include "sys/time.h"

namespace minhttp::tls {
namespace {

constexpr uint32_t of_supervisor = UINT32_MAX;
constexpr size_t events_max = 64;
constexpr int requests_a_turn = 4; // of one worker, before others get their turn
constexpr int orders_a_turn = 16;  // that wait at once; together they are one

int64_t clock_ms() { return sys::clock_ns(sys::abi::clock_monotonic) / 1'000'000; }
int64_t today_s() { return sys::clock_ns(sys::abi::clock_realtime) / 1'000'000'000; }

} // namespace

Result<> KeyServer::prepare() {
  epoll_ = sys::Fd(TRY(sys::epoll_create()));
  for (uint32_t i = 0; i < channels_.size(); i++) TRY(sys::epoll_add(epoll_.number(), channels_[i], EPOLLIN, i));
  return sys::epoll_add(epoll_.number(), supervisor_, EPOLLIN, of_supervisor);
}

int KeyServer::wait_ms(int64_t now_ms) const { return looks_ms_ <= now_ms ? 0 : static_cast<int>(looks_ms_ - now_ms); }

void KeyServer::run() {
  looks_ms_ = clock_ms() + look_ms_;
  while (true) {
    epoll_event events[events_max];
    auto ready = sys::epoll_wait(epoll_.number(), events, events_max, wait_ms(clock_ms()));
    bool asked = false;
    for (int i = 0; ready.ok() && i < ready.value(); i++) {
      auto number = static_cast<uint32_t>(events[i].data);
      if (number == of_supervisor) {
        if (!hear_supervisor(asked)) return;
      } else {
        serve(number);
      }
    }
    int64_t now_ms = clock_ms();
    if (!asked && now_ms < looks_ms_) continue;
    bool soon = store_.look(today_s(), asked);
    looks_ms_ = now_ms + (soon && limits::tls_settle_ms < look_ms_ ? limits::tls_settle_ms : look_ms_);
  }
}

// False: it has ended.
bool KeyServer::hear_supervisor(bool& asked) const {
  for (int i = 0; i < orders_a_turn; i++) {
    Request order;
    auto got = sys::read(supervisor_, &order, sizeof order);
    if (got.is(Errno::EAGAIN_) || got.is(Errno::EINTR_)) return true;
    if (!got.ok() || got.value() == 0) return false;
    asked = true;
  }
  return true;
}

// What a worker does not take is dropped: it waits for at most limits::tls_signatures, which its socket has room for.
void KeyServer::serve(uint32_t number) {
  int channel = channels_[number];
  for (int i = 0; i < requests_a_turn; i++) {
    Request request;
    auto got = sys::read(channel, &request, sizeof request);
    if (got.is(Errno::EAGAIN_) || got.is(Errno::EINTR_)) return;
    if (!got.ok() || got.value() == 0) { // nobody has the other end any more
      (void)sys::epoll_remove(epoll_.number(), channel);
      return;
    }
    bool whole = got.value() >= request_head && request.bytes == got.value() - request_head;
    if (!whole) continue;
    Answer answer = {.id = request.id, .signature = {}};
    size_t bytes = store_.sign(request, answer.signature);
    (void)sys::send_at_once(channel, &answer, answer_head + bytes);
  }
}

} // namespace minhttp::tls
