// SPDX-License-Identifier: MIT
// Another part of app/supervisor.cc: processes that have ended, what is reported about them, and when the next one
// starts.

#include "app/message.h"
#include "app/supervisor.h"
#include "sys/process.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

Text name_of(int signal) {
  switch (signal) {
#define SIGNAL(number, name) \
  case number:               \
    return name;
#include "tables/signal.def"
#undef SIGNAL
  }
  return "a signal"sv;
}

} // namespace

// The low byte has the signal, and whether there is a core; the next byte has the exit status.
void report_why(Message& message, int status) {
  int signal = status & 0x7f;
  if (signal == 0) {
    message << "ended with status " << static_cast<uint64_t>(status >> 8 & 0xff);
  } else {
    message << "was ended by signal " << static_cast<uint64_t>(signal) << " (" << name_of(signal) << ")";
  }
}

// As process 1 this also reaps processes that others have left behind. They are ignored.
void Supervisor::reap(int64_t now_ms) {
  while (true) {
    int status = 0;
    auto ended = sys::reap(status);
    if (!ended.ok() || ended.value() == 0) return;
    if constexpr (has_tls) {
      if (keys_ != nullptr && ended.value() == keys_->process()) end_without_keys(status, now_ms);
    }
    for (Worker& worker : workers()) {
      if (worker.process == ended.value()) on_exit(worker, status, now_ms);
      if (worker.former == ended.value()) on_former_exit(worker, status);
    }
    for (Older& older : older_) {
      if (older.process == ended.value()) on_older_exit(older, status);
    }
  }
}

// Nobody here may read the private keys any more, so there cannot be another one: this server finishes its responses,
// and who has started it starts the next one.
void Supervisor::end_without_keys(int status, int64_t now_ms) {
  if (ending()) return;
  {
    Message message = named_message(2);
    message << "the key process ";
    report_why(message, status);
    message << "; without it no client can connect, and the server ends";
  }
  exit_status_ = 1;
  end(now_ms);
}

// What a process that has ended held of what all workers share.
void Supervisor::give_back(uint32_t id) {
  shared_->log.give_back(id);
  if (auto* client_limits = setup_.client_limits()) client_limits->free_seat(id);
}

// Reports how a process of this worker has ended.
void Supervisor::report_end(Message& message, const Worker& worker, int process, int status) {
  message << "worker " << number_of(worker) + 1 << " (process " << static_cast<uint64_t>(process) << ") ";
  report_why(message, status);
  SharedWord& refused = shared_->refused[number_of(worker)];
  if (uint32_t call = refused.load(); call != 0) message << ": call " << uint64_t{call - 1};
  refused.store(0);
}

// A replaced process has ended. Its successor has started already, or will.
void Supervisor::on_former_exit(Worker& worker, int status) {
  int process = worker.former;
  worker.former = 0;
  give_back(worker.former_id);
  if (!worker.former_killed) report_former_end(worker, process, status); // else it was reported before
}

void Supervisor::on_older_exit(Older& older, int status) {
  give_back(older.id);
  if (!older.killed) report_former_end(workers_[older.number], older.process, status);
  older = {};
}

void Supervisor::report_former_end(const Worker& worker, int process, int status) {
  if (status == 0) return;
  Message message = named_message(2);
  report_end(message, worker, process, status);
  if (!ending()) message << "; it had been replaced";
}

void Supervisor::on_exit(Worker& worker, int status, int64_t now_ms) {
  int process = worker.process;
  worker.process = 0;
  give_back(worker.id);
  if (ending() && (status == 0 || exit_status_ != 0)) return;
  bool failed = !ending() && start_failed(status);
  if (failed) end(now_ms);
  if (failed && (status & 0x7f) == 0) return; // the worker has said why
  Message message = named_message(2);
  report_end(message, worker, process, status);
  if (failed) message << "; none has served: the start has failed";
  if (ending()) return;
  count(metrics::ServerCount::restarts);
  uint32_t wait = back_off(worker, now_ms);
  if (wait == 0) {
    message << "; another one takes its place";
  } else {
    message << "; another one comes in " << wait << " ms";
  }
}

// Whether the start has failed. If the first worker cannot serve, another one cannot either. A signal may be an
// accident, so that counts only after limits::start_deaths_max of them.
bool Supervisor::start_failed(int status) {
  if (shared_->served.load() != 0) return false;
  bool by_signal = (status & 0x7f) != 0;
  if (by_signal && ++start_deaths_ < limits::start_deaths_max) return false;
  exit_status_ = by_signal ? 1 : status >> 8 & 0xff;
  return exit_status_ != 0;
}

// Milliseconds until the next worker starts: 0, unless workers of this number die again and again.
uint32_t Supervisor::back_off(Worker& worker, int64_t now_ms) {
  if (now_ms - worker.begun_ms >= limits::worker_steady_ms) worker.wait_ms = 0;
  uint32_t wait = worker.wait_ms;
  uint32_t longer = wait == 0 ? limits::worker_wait_ms : 2 * wait;
  worker.wait_ms = longer < limits::worker_wait_max_ms ? longer : limits::worker_wait_max_ms;
  worker.begins_ms = now_ms + wait;
  // Clients would wait in this worker's backlog for as long, so its peers get them. Without a peer they wait, and the
  // port stays ours.
  if (wait > limits::worker_queue_ms && worker.listens && has_peer(worker)) stop_listening(worker);
  return wait;
}

} // namespace minhttp::app
