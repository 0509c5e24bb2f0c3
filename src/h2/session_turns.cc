// SPDX-License-Identifier: MIT
// Another part of h2/session.cc: which streams there are, what each waits for, and whose turn it is.

#include "h2/control_frames.h"
#include "h2/session.h"

namespace minhttp::h2 {

[[gnu::noinline]] uint32_t Session::find(uint32_t id) const {
  cost::add(cost::Kind::probes, count_);
  for (uint32_t i = 0; i < count_; i++) {
    if (ids_[i] == id) return slots_[i];
  }
  return Pool::none;
}

uint32_t Session::open(Shared& shared, uint32_t id) {
  uint32_t slot = shared.streams.free.take();
  CHECK(slot != Pool::none && count_ < ids_.size());
  shared.streams[slot] = {.id = id,
                          .connection = connection_,
                          .window = static_cast<int32_t>(initial_window_),
                          .receive_window = limits::h2_window,
                          .content_length = UINT64_MAX};
  ids_[count_] = id;
  slots_[count_++] = slot;
  return slot;
}

[[gnu::noinline]] void Session::close(Shared& shared, uint32_t slot) {
  leave(shared, slot);
  uint32_t i = 0;
  while (slots_[i] != slot) i++;
  note_past(ids_[i], shared.streams[slot].reset);
  count_--;
  ids_[i] = ids_[count_];
  slots_[i] = slots_[count_];
  shared.streams.free.give_back(slot);
}

void Session::note_past(uint32_t id, bool reset) {
  past_[past_next_] = id << 1 | (reset ? 1U : 0U);
  past_next_ = (past_next_ + 1) % limits::h2_past_streams;
}

// What became of a stream that is not open. Only the last ones are known.
Session::Past Session::past(uint32_t id) const {
  for (uint32_t known : past_) {
    if (known >> 1 == id) return (known & 1) != 0 ? Past::reset : Past::closed;
  }
  return Past::unknown;
}

// After RST_STREAM, frames that were under way still come: past() must know.
bool Session::reset(Shared& shared, uint32_t slot, Error error, Writer& out) {
  Stream& stream = shared.streams[slot];
  stream.reset = true;
  if (!charge(limits::h2_cost_reset)) {
    (void)broken(Error::enhance_your_calm, out);
    return false;
  }
  write_rst_stream(out, stream.id, error);
  return true;
}

void Session::leave(Shared& shared, uint32_t slot) {
  Stream& stream = shared.streams[slot];
  List* list = list_of(stream);
  if (list != nullptr) list->remove(shared.streams.streams, &Stream::links, slot);
  stream.waits = Waits::nothing;
}

List* Session::list_of(const Stream& stream) {
  switch (stream.waits) {
    case Waits::nothing: break;
    case Waits::turn: return &turns_[stream.priority.urgency];
    case Waits::peer: return &waiting_;
    case Waits::decision: return &undecided_;
  }
  return nullptr;
}

[[gnu::noinline]] void Session::enter(Shared& shared, uint32_t slot, Waits waits) {
  Stream& stream = shared.streams[slot];
  if (stream.waits == waits) return;
  leave(shared, slot);
  stream.waits = waits;
  // A peer that lets it send byte by byte does not begin a new wait each time.
  if (waits == Waits::peer && (stream.since_ms == 0 || stream.progress >= limits::send_progress_min || !stream.left)) {
    stream.since_ms = shared.now_ms;
    stream.progress = 0;
  }
  if (waits == Waits::turn && !has_turns()) note_progress(shared.now_ms, limits::send_progress_min);
  if (List* list = list_of(stream); list != nullptr) list->append(shared.streams.streams, &Stream::links, slot);
}

// After a change of its window, or of what is left to be sent.
[[gnu::noinline]] void Session::rearrange(Shared& shared, uint32_t slot) {
  Stream& stream = shared.streams[slot];
  if (stream.waits == Waits::decision) return;
  bool sends = stream.left && stream.window > 0;
  bool waits = stream.left || !stream.peer_ended;
  enter(shared, slot, sends ? Waits::turn : waits ? Waits::peer : Waits::nothing);
}

void Session::wait(Shared& shared, uint32_t slot, bool left) {
  Stream& stream = shared.streams[slot];
  stream.left = left;
  if (stream.waits == Waits::decision) leave(shared, slot);
  rearrange(shared, slot);
}

void Session::wait_for_decision(Shared& shared, uint32_t slot) { enter(shared, slot, Waits::decision); }

List* Session::first_turns() {
  for (List& turns : turns_) {
    if (!turns.empty()) return &turns;
  }
  return nullptr;
}

uint32_t Session::next(Shared& shared) {
  List* turns = first_turns();
  bool stalled = turns != nullptr && window_ <= 0;
  if (!stalled) stalled_ms_ = INT64_MAX;
  if (stalled && stalled_ms_ == INT64_MAX) stalled_ms_ = shared.now_ms;
  if (stalled || turns == nullptr) return Pool::none;
  uint32_t slot = turns->front;
  if (shared.streams[slot].priority.incremental) to_end(shared, *turns, slot);
  return slot;
}

uint32_t Session::overdue(const Shared& shared, int64_t since_ms) {
  uint32_t slot = waiting_.front;
  if (slot != Pool::none && shared.streams[slot].since_ms <= since_ms) return slot;
  List* stalled = stalled_ms_ <= since_ms ? first_turns() : nullptr;
  return stalled == nullptr ? Pool::none : stalled->front;
}

uint32_t Session::next_undecided(Shared& shared) {
  uint32_t slot = undecided_.front;
  if (slot != Pool::none) to_end(shared, undecided_, slot);
  return slot;
}

void Session::to_end(Shared& shared, List& list, uint32_t slot) {
  if (list.back == slot) return;
  list.remove(shared.streams.streams, &Stream::links, slot);
  list.append(shared.streams.streams, &Stream::links, slot);
}

bool Session::has_turns() const {
  for (const List& turns : turns_) {
    if (!turns.empty()) return true;
  }
  return false;
}

void Session::note_progress(int64_t now_ms, size_t bytes) {
  progress_ += static_cast<uint32_t>(bytes);
  if (progress_ < limits::send_progress_min) return;
  progress_ = 0;
  progress_ms_ = now_ms;
}

uint32_t Session::may_send(const Stream& stream, uint64_t most) const {
  int64_t bytes = stream.window < window_ ? stream.window : window_;
  if (bytes <= 0) return 0;
  if (bytes > int64_t{limits::h2_data_max}) bytes = limits::h2_data_max;
  return static_cast<uint32_t>(most < static_cast<uint64_t>(bytes) ? most : static_cast<uint64_t>(bytes));
}

void Session::note_sent(Stream& stream, uint32_t bytes, bool end) {
  stream.window -= static_cast<int32_t>(bytes);
  stream.progress += bytes;
  window_ -= static_cast<int32_t>(bytes);
  if (!end) return;
  stream.ended = true;
  refund(limits::h2_credit_response);
}

// Nothing but time and responses make up for what was charged.
void Session::refund(int32_t units) {
  budget_ = budget_ > limits::h2_budget - units ? limits::h2_budget : budget_ + units;
}

void Session::note_time(int64_t now_ms) {
  int64_t seconds = (now_ms - budget_ms_) / 1000;
  if (seconds <= 0) return;
  budget_ms_ += seconds * 1000;
  refund(seconds < limits::h2_budget ? static_cast<int32_t>(seconds) * limits::h2_credit_second : limits::h2_budget);
}

size_t Session::frame_block(char* at, size_t block, Stream& stream, bool end) {
  // The block is moved where it has to be split: seldom, as such a long head is rare.
  size_t pieces = block == 0 ? 1 : (block + limits::h2_frame_max - 1) / limits::h2_frame_max;
  for (size_t i = pieces; i-- > 0;) {
    size_t begin = i * limits::h2_frame_max;
    size_t size = i + 1 == pieces ? block - begin : limits::h2_frame_max;
    char* frame = at + i * (frame_header_bytes + limits::h2_frame_max);
    if (i > 0) __builtin_memmove(frame + frame_header_bytes, at + frame_header_bytes + begin, size);
    uint8_t flags = i + 1 == pieces ? flag::end_headers : uint8_t{0};
    if (i == 0 && end) flags |= flag::end_stream;
    write_frame_header(frame, {.length = static_cast<uint32_t>(size),
                               .type = i == 0 ? FrameType::headers : FrameType::continuation,
                               .flags = flags,
                               .stream = stream.id});
  }
  if (end) note_sent(stream, 0, true);
  return block + pieces * frame_header_bytes;
}

} // namespace minhttp::h2
