// SPDX-License-Identifier: MIT
#include "sim/http2_talk.h"

#include <algorithm>

namespace minhttp::sim {
namespace {

namespace flag = h2::flag;
using test::FrameType;
using test::Setting;

constexpr uint32_t wide = 16 << 20; // bytes; more than all responses of a client have
constexpr uint8_t unknown_type = 0x42;

} // namespace

Http2Talk::Http2Talk(const std::vector<Ask>& asks, uint64_t seed, bool patient)
    : asks_(asks), random_(seed), patient_(patient), encoder_(random_) {
  size_t count = random_.between(1, 30);
  for (size_t i = 0; i < count; i++) waiting_.push_back(random_.below(asks.size()));
  estimate_ = 100 + 80 * count;
  early_ = random_.chance(100);
  says_goodbye_ = random_.chance(300);
  if (early_) {
    resets_ = 0;
    return;
  }
  trickles_ = random_.chance(500) ? random_.below(150) : 0;
  drop_ = random_.chance(500) ? 3 : 600;
  low_ = random_.chance(500) ? 0 : static_cast<int64_t>(random_.below(3000));
}

void Http2Talk::fail(const std::string& what) {
  if (fault_.empty()) fault_ = what;
}

// Whether it can pay so many units.
bool Http2Talk::afford(int units) {
  if (units > calm_) return false;
  calm_ -= units;
  return true;
}

bool Http2Talk::is_open(uint32_t id, const Stream& stream) const {
  const test::H2Response& response = receiver_.responses().at(id);
  if (stream.reset || !response.reset.empty() || (receiver_.leaving && id > receiver_.last)) return false;
  return stream.body_open || !response.ended;
}

size_t Http2Talk::open_streams() const {
  return static_cast<size_t>(std::count_if(streams_.begin(), streams_.end(),
                                           [&](const auto& entry) { return is_open(entry.first, entry.second); }));
}

bool Http2Talk::complete() const {
  return waiting_.empty() && open_streams() == 0 && pings_.empty() && settings_ == 0 && !receiver_.inside_frame();
}

bool Http2Talk::done() const {
  if (!fault().empty() || !refusal_.empty()) return true;
  if (!begun_ || !answered_ || !replies_.empty()) return false;
  if (receiver_.leaving) return open_streams() == 0;
  bool asked = std::none_of(streams_.begin(), streams_.end(), [&](const auto& entry) {
    return entry.second.body_open && is_open(entry.first, entry.second);
  });
  return early_ ? waiting_.empty() && asked : complete();
}

void Http2Talk::open() {
  uint32_t id = next_;
  next_ += 2;
  (void)receiver_[id]; // so that it has an entry from now on
  Stream& stream = streams_[id];
  stream.ask = waiting_.front();
  waiting_.pop_front();
  stream.held = patient_ && !early_ && random_.chance(150);
  const Ask& ask = asks_[stream.ask];
  test::Fields fields = ask.fields;
  if (ask.has_body) {
    stream.body_open = true;
    uint64_t large = patient_ ? 200'000 : 10'000; // bytes; who is slow has --send-ms for all that is open
    const uint64_t sizes[] = {0, 10, random_.below(3000), random_.below(large / 5), random_.below(large)};
    stream.body_left = sizes[random_.below(5)];
    if (random_.chance(500)) fields.emplace_back("content-length", std::to_string(stream.body_left));
  }
  if (random_.chance(300)) {
    std::string urgency = "u=" + std::to_string(random_.below(8));
    fields.emplace_back("priority", random_.chance(500) ? urgency : urgency + ", i");
  }
  if (random_.chance(100)) fields.emplace_back("x-entry", std::string(random_.below(2500), 'e')); // evicts others
  std::string block = encoder_.block(fields);
  unsigned ends = ask.has_body ? 0U : flag::end_stream;
  if (random_.chance(150) && afford(20)) {
    made_ += test::in_fragments(id, block, random_.between(2, 5), !ask.has_body);
  } else if (random_.chance(150)) {
    made_ += test::frame(FrameType::headers, ends | flag::end_headers | flag::padded, id,
                         test::padded(block, random_.below(256)));
  } else {
    made_ += test::headers(id, block, !ask.has_body);
  }
}

// The next DATA of a request, or what ends it.
void Http2Talk::send_body(uint32_t id, Stream& stream) {
  int64_t room = std::min({stream.window, send_window_, int64_t{limits::h2_frame_max}, int64_t{20'000}});
  uint64_t size = std::min<uint64_t>(stream.body_left, room > 0 ? static_cast<uint64_t>(room) : 0);
  if (size > 1 && random_.chance(400)) size = random_.between(1, size);
  size_t padding = size > 0 && random_.chance(100) ? random_.below(100) : 0;
  if (static_cast<int64_t>(size + padding + 1) > room) padding = 0;
  bool last = size == stream.body_left && random_.chance(700);
  if (size == 0 && stream.body_left > 0) return;
  if (size > 0) {
    if (!last && size < limits::h2_small && !afford(1)) return;
    std::string bytes(size, 'b');
    std::string payload = padding > 0 ? test::padded(bytes, padding) : bytes;
    made_ +=
        test::frame(FrameType::data, (last ? flag::end_stream : 0U) | (padding > 0 ? flag::padded : 0U), id, payload);
    stream.body_left -= size;
    stream.window -= static_cast<int64_t>(payload.size());
    send_window_ -= static_cast<int64_t>(payload.size());
    stream.body_open = !last;
    return;
  }
  made_ += random_.chance(300) ? test::headers(id, encoder_.block({{"x-trailer", "t"}})) : test::data(id, "", true);
  stream.body_open = false;
}

// Only as long as others have something to do.
bool Http2Talk::is_held(const Stream& stream) const {
  if (!stream.held || open_streams() >= streams_max_) return false;
  if (!waiting_.empty() && !receiver_.leaving) return true;
  return std::any_of(streams_.begin(), streams_.end(),
                     [&](const auto& entry) { return !entry.second.held && is_open(entry.first, entry.second); });
}

void Http2Talk::open_windows() {
  auto update = [&](uint32_t id) {
    bool small = trickles_ > 0 && afford(limits::h2_cost_window);
    if (small) trickles_--;
    if (!small) calm_ -= id != 0; // for a stream that is closed it counts, however large
    auto bytes = static_cast<uint32_t>(small ? random_.between(1, drop_) : random_.between(30'000, 500'000));
    made_ += test::window_update(id, bytes);
    if (id == 0) window_ += bytes;
  };
  if (window_ <= low_) update(0);
  for (const auto& [id, stream] : streams_) {
    const test::H2Response& response = receiver_[id];
    if (!is_open(id, stream) || response.ended || response.window > low_ || is_held(stream)) continue;
    update(id);
  }
}

void Http2Talk::change_settings() {
  std::vector<std::pair<Setting, uint32_t>> entries;
  const uint32_t windows[] = {0, 1, 100, 5000, 65'535, 300'000};
  if (random_.chance(800)) entries.emplace_back(Setting::initial_window_size, windows[random_.below(6)]);
  if (random_.chance(300)) entries.emplace_back(Setting::enable_push, 0);
  if (random_.chance(300)) entries.emplace_back(Setting::header_table_size, random_.below(10'000));
  if (random_.chance(200)) entries.emplace_back(Setting::max_frame_size, random_.between(16'384, 100'000));
  if (random_.chance(200))
    entries.emplace_back(static_cast<Setting>(random_.between(100, 60'000)), random_.below(1000));
  if (early_) entries = {{Setting::initial_window_size, wide}};
  made_ += test::settings_frame(entries);
  settings_++;
}

void Http2Talk::reset_one() {
  std::vector<uint32_t> open;
  for (const auto& [id, stream] : streams_) {
    if (is_open(id, stream)) open.push_back(id);
  }
  if (open.empty() || resets_ == 0 || !afford(10)) return;
  resets_--;
  uint32_t id = open[random_.below(open.size())];
  made_ += test::rst_stream(id, random_.chance(500) ? test::Error::cancel : test::Error::no_error);
  streams_[id].reset = true;
}

// What no conversation needs.
void Http2Talk::something() {
  uint32_t id = streams_.empty() ? 1 : 1 + 2 * static_cast<uint32_t>(random_.below(streams_.size()));
  switch (random_.below(7)) {
    case 0:
    case 1: {
      if (!afford(5)) return;
      std::string opaque = test::number(static_cast<uint32_t>(random_.next()), 4) + "ping";
      made_ += test::ping(opaque);
      std::set<uint32_t> reset;
      for (const auto& [number, stream] : streams_) {
        if (stream.reset) reset.insert(number);
      }
      pings_.emplace_back(opaque, reset);
      return;
    }
    case 2:
      if (!early_ && afford(10)) change_settings();
      return;
    case 3:
      if (afford(1)) made_ += test::priority_update(id, random_.chance(500) ? "u=0" : "u=7, i");
      return;
    case 4:
      if (!streams_.empty() && afford(1)) made_ += test::priority_frame(id, id + 2);
      return;
    case 5:
      if (afford(1))
        made_ += test::frame(static_cast<FrameType>(unknown_type), 0xff, id, std::string(random_.below(300), 'u'));
      return;
    default: reset_one();
  }
}

std::string Http2Talk::act() {
  made_.clear();
  if (!fault().empty() || !refusal_.empty()) return {};
  bool first = !begun_;
  if (first) {
    begun_ = true;
    change_settings();
    if (early_) {
      made_ += test::window_update(0, wide);
      window_ += wide;
    }
  }
  made_ += std::exchange(replies_, "");
  if (done()) {
    if (says_goodbye_ && !early_) made_ += test::goaway();
    says_goodbye_ = false;
  } else {
    for (uint64_t more = random_.below(5); more > 0 && !receiver_.leaving && !waiting_.empty(); more--) {
      if (open_streams() < streams_max_) open();
      if (random_.chance(100)) something();
    }
    for (auto& [id, stream] : streams_) {
      if (stream.body_open && is_open(id, stream) && random_.chance(700)) send_body(id, stream);
    }
    open_windows();
    if (random_.chance(60)) something();
  }
  receiver_.sends(made_);
  return first ? std::string(h2::client_preface()) + made_ : made_;
}

void Http2Talk::take(std::string_view bytes) {
  // Without a slot for the connection the server does not know which version it speaks. No frame begins with H.
  if (!answered_ && input_.empty() && (!refusal_.empty() || bytes.starts_with('H'))) {
    refusal_ += bytes;
    return;
  }
  receiver_.take(bytes);
  input_ += bytes;
  for (const test::Frame& frame : test::take_frames(input_)) {
    if (fault().empty()) note(frame);
  }
}

void Http2Talk::note_goaway(const test::Frame& frame) {
  uint32_t last = h2::read_number(frame.payload.data(), 4);
  if (last != h2::stream_max && (last > this->last() || last % 2 == 0) && last != 0)
    fail("GOAWAY names a stream that was not opened");
  for (const auto& [id, stream] : streams_) {
    if (id > last && response(id).head) fail("GOAWAY disowns a stream that has a response");
  }
}

void Http2Talk::note(const test::Frame& frame) {
  uint32_t id = frame.header.stream;
  auto found = streams_.find(id);
  if (found != streams_.end() && found->second.over) fail("a stream goes on that was reset, " + describe(frame));
  switch (frame.header.type) {
    case FrameType::settings:
      if (frame.header.has(flag::ack)) {
        settings_--;
        return;
      }
      answered_ = true;
      streams_max_ = 100;
      for (size_t at = 0; at + 6 <= frame.payload.size(); at += 6) {
        if (h2::read_number(frame.payload.data() + at, 2) == static_cast<uint32_t>(Setting::max_concurrent_streams))
          streams_max_ = h2::read_number(frame.payload.data() + at + 2, 4);
      }
      replies_ += test::settings_ack();
      return;
    case FrameType::ping:
      if (!frame.header.has(flag::ack)) {
        replies_ += test::ping(frame.payload, flag::ack);
        return;
      }
      if (pings_.empty() || pings_.front().first != frame.payload) return fail("PING has the wrong answer");
      for (uint32_t reset : pings_.front().second) streams_[reset].over = true;
      pings_.pop_front();
      return;
    case FrameType::window_update: {
      int64_t& window = id == 0 ? send_window_ : streams_[id].window;
      window += h2::read_number(frame.payload.data(), 4) & h2::stream_max;
      if (window > limits::h2_window) fail("a window opens for more than was sent");
      return;
    }
    case FrameType::goaway: return note_goaway(frame);
    case FrameType::data: window_ -= static_cast<int64_t>(frame.payload.size()); break;
    default: break;
  }
  if (receiver_.leaving && id > receiver_.last) fail("a response behind the last stream of GOAWAY");
}

} // namespace minhttp::sim
