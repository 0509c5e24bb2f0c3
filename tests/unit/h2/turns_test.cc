// SPDX-License-Identifier: MIT
// Whose turn it is to send DATA, and how many bytes of it: windows, urgencies, and what streams wait for.

#include <gtest/gtest.h>

#include <functional>

#include "unit/h2/session_peer.h"

namespace minhttp::test {
namespace {

constexpr uint64_t much = 1 << 30;

// Streams 1, 3, 5 … with these priorities, whose responses have DATA.
void open_with(SessionPeer& peer, const std::vector<std::string>& priorities) {
  uint32_t id = 1;
  for (const std::string& priority : priorities) {
    (void)peer.feed(get(id, "/", priority.empty() ? Fields() : Fields{{"priority", priority}}));
    peer.respond(id, true);
    id += 2;
  }
}

TEST(Turns, ByUrgencyAndThenInOrder) {
  struct Row {
    std::vector<std::string> priorities;
    std::string turns;
  };
  for (const Row& row : std::vector<Row>{
           {{"", ""}, "1:9 3:9 1:9 3:9 1:9 3:9 "},
           {{"", "", ""}, "1:9 3:9 5:9 1:9 3:9 5:9 "},
           {{"u=3", "u=3"}, "1:9 1:9 1:9 1:9 1:9 1:9 "},
           {{"u=5, i", "u=1, i", "u=1, i"}, "3:9 5:9 3:9 5:9 3:9 5:9 "},
           {{"u=7", "u=0"}, "3:9 3:9 3:9 3:9 3:9 3:9 "},
           {{"", "u=3"}, "1:9 3:9 3:9 3:9 3:9 3:9 "}, // the second one is not incremental
       }) {
    SessionPeer peer;
    open_with(peer, row.priorities);
    EXPECT_EQ(peer.send_data(6, 9), row.turns);
  }
}

TEST(Turns, AnUpdateMovesAStream) {
  SessionPeer peer;
  open_with(peer, {"u=4, i", "u=4, i"});
  EXPECT_EQ(peer.send_data(1, 9), "1:9 ");
  EXPECT_EQ(peer.feed(priority_update(1, "u=2")), "");
  EXPECT_EQ(peer.send_data(2, 9), "1:9 1:9 ");
  (void)peer.feed(priority_update(1, "u=6, i"));
  EXPECT_EQ(peer.send_data(2, 9), "3:9 3:9 ");
  (void)peer.feed(priority_update(5, "u=0") + get(5, "/")); // not open yet: ignored
  peer.respond(5, true);
  EXPECT_EQ(peer.stream(5).priority.urgency, 3);
  EXPECT_EQ(peer.send_data(1, 9), "5:9 ");
}

TEST(Turns, AnUpdateOfAStreamThatWaitsCountsLater) {
  SessionPeer peer;
  (void)peer.feed(get(1, "/") + get(3, "/") + priority_update(3, "u=0"));
  peer.respond(1, true);
  peer.respond(3, true);
  EXPECT_EQ(peer.send_data(1, 9), "3:9 ");
}

TEST(Turns, WindowsBoundWhatIsSent) {
  SessionPeer peer;
  open_with(peer, {"", ""});
  EXPECT_EQ(peer.send_data(1, much), "1:14199 ") << "a frame";
  EXPECT_EQ(peer.send_data(1, 100), "3:100 ") << "the room";
  EXPECT_EQ(peer.send_data(4, much), "1:14199 3:14199 1:14199 3:8639 ") << "the connection's window";
  (void)peer.feed(window_update(0, 100'000));
  EXPECT_EQ(peer.send_data(9, much), "1:14199 3:14199 1:8739 3:14199 3:14199 -") << "the streams' windows";
  EXPECT_EQ(peer.session().overdue(peer.shared, peer.shared.now_ms), peer.slot_of(1)) << "for the peer";
  (void)peer.feed(window_update(3, 7));
  EXPECT_EQ(peer.send_data(9, much), "3:7 -");
  (void)peer.feed(window_update(1, 2000));
  EXPECT_EQ(peer.send_data(9, 1000), "1:1000 1:1000 -");
}

// The connection's window is shut, and theirs are open.
TEST(Turns, StreamsThatAreStalledAreOverdueTogether) {
  SessionPeer peer;
  open_with(peer, {"u=5", "u=2"});
  (void)peer.feed(window_update(3, 1000) + window_update(1, 1000));
  EXPECT_EQ(peer.send_data(9, much), "3:14199 3:14199 3:14199 3:14199 3:8739 -");
  int64_t began = peer.shared.now_ms;
  auto overdue = [&](int64_t since_ms) { return peer.session().overdue(peer.shared, since_ms); };
  peer.shared.now_ms += 500;
  EXPECT_EQ(peer.send_data(1, much), "-");
  EXPECT_EQ(overdue(began - 1), Pool::none);
  EXPECT_EQ(overdue(began), peer.slot_of(3)) << "the most urgent one first";
  EXPECT_EQ(peer.feed(rst_stream(3)), "reset 3");
  EXPECT_EQ(overdue(began), peer.slot_of(1));
  EXPECT_EQ(peer.feed(rst_stream(1)), "reset 1");
  EXPECT_EQ(overdue(began), Pool::none) << "nobody waits any more";
  (void)peer.feed(get(5, "/") + window_update(0, 10));
  peer.respond(5, true);
  EXPECT_EQ(overdue(began), Pool::none) << "the window was opened";
}

TEST(Turns, ASettingChangesTheWindowsOfOpenStreams) { // RFC 9113 section 6.9.2
  SessionPeer peer;
  open_with(peer, {""});
  EXPECT_EQ(peer.send_data(1, 1000), "1:1000 ");
  EXPECT_EQ(peer.feed(settings_frame({{Setting::initial_window_size, 400}})), "SETTINGS ack");
  EXPECT_EQ(peer.stream(1).window, -600);
  EXPECT_EQ(peer.send_data(1, 1000), "-");
  EXPECT_EQ(peer.session().may_send(peer.stream(1), much), 0U);
  (void)peer.feed(window_update(1, 600));
  EXPECT_EQ(peer.send_data(1, 1000), "-") << "0 is not enough";
  (void)peer.feed(window_update(1, 5));
  EXPECT_EQ(peer.send_data(2, 1000), "1:5 -");
  (void)peer.feed(settings_frame({{Setting::initial_window_size, 1000}}));
  EXPECT_EQ(peer.send_data(2, 1000), "1:600 -");
  (void)peer.feed(settings_frame({{Setting::initial_window_size, 1000}}));
  EXPECT_EQ(peer.send_data(1, 1000), "-") << "no change";
  (void)peer.feed(settings_frame({{Setting::initial_window_size, 0}, {Setting::initial_window_size, 1001}}));
  EXPECT_EQ(peer.send_data(2, 1000), "1:1 -") << "the last value counts";
  (void)peer.feed(get(3, "/"));
  EXPECT_EQ(peer.stream(3).window, 1001) << "new streams begin with it";
}

TEST(Turns, AWindowThatASettingMakesTooLarge) {
  SessionPeer peer;
  (void)peer.feed(get(1, "/") + window_update(1, 1000));
  EXPECT_EQ(peer.feed(settings_frame({{Setting::initial_window_size, h2::stream_max - 1000}})), "SETTINGS ack");
  EXPECT_EQ(peer.stream(1).window, static_cast<int32_t>(h2::stream_max));
  EXPECT_EQ(peer.feed(settings_frame({{Setting::initial_window_size, h2::stream_max - 999}})), "GOAWAY 1 FLOW_CONTROL");
}

TEST(Turns, TheSmallestWindow) {
  SessionPeer peer;
  (void)peer.feed(settings_frame({{Setting::initial_window_size, h2::stream_max}}) +
                  window_update(0, h2::stream_max - 65'535));
  open_with(peer, {""});
  peer.session().note_sent(peer.stream(1), h2::stream_max, false);
  EXPECT_EQ(peer.feed(settings_frame({{Setting::initial_window_size, 0}})), "SETTINGS ack");
  EXPECT_EQ(peer.stream(1).window, -static_cast<int32_t>(h2::stream_max));
}

TEST(Turns, UndecidedStreamsAreAskedInTurn) {
  SessionPeer peer;
  (void)peer.feed(get(1, "/") + get(3, "/"));
  auto next = [&] {
    uint32_t slot = peer.session().next_undecided(peer.shared);
    return slot == Pool::none ? 0 : peer.shared.streams[slot].id;
  };
  EXPECT_EQ(next(), 1U);
  EXPECT_EQ(next(), 3U);
  EXPECT_EQ(next(), 1U);
  EXPECT_TRUE(h2::Session::is_undecided(peer.shared, peer.slot_of(3)));
  EXPECT_EQ(peer.feed(window_update(3, 5) + settings_frame({{Setting::initial_window_size, 5}})), "SETTINGS ack");
  peer.session().wait_for_decision(peer.shared, peer.slot_of(3)); // again: no change
  peer.respond(3, true);
  EXPECT_FALSE(h2::Session::is_undecided(peer.shared, peer.slot_of(3)));
  EXPECT_EQ(next(), 1U);
  EXPECT_EQ(next(), 1U);
  peer.respond(1, false);
  EXPECT_EQ(next(), 0U);
}

TEST(Turns, WhatAStreamWaitsFor) {
  SessionPeer peer;
  (void)peer.feed(post(1));
  peer.finish(1);
  EXPECT_EQ(peer.stream(1).waits, h2::Waits::peer) << "its request is not complete";
  (void)peer.feed(get(3, "/"));
  peer.respond(3, false);
  EXPECT_EQ(peer.stream(3).waits, h2::Waits::nothing);
  (void)peer.feed(get(5, "/"));
  peer.respond(5, true);
  EXPECT_EQ(peer.stream(5).waits, h2::Waits::turn);
}

// A peer that lets a stream send byte by byte does not begin a new wait each time.
TEST(Turns, SinceWhenAStreamWaits) {
  SessionPeer peer;
  (void)peer.feed(settings_frame({{Setting::initial_window_size, 1}}));
  open_with(peer, {""});
  int64_t began = peer.shared.now_ms;
  auto waits_since = [&](uint32_t bytes) {
    peer.shared.now_ms += 1000;
    (void)peer.feed(window_update(1, bytes));
    (void)peer.send_data(1, much);
    return peer.stream(1).since_ms;
  };
  EXPECT_EQ(peer.send_data(2, much), "1:1 -");
  EXPECT_EQ(peer.stream(1).since_ms, began);
  EXPECT_EQ(waits_since(1), began);
  EXPECT_EQ(waits_since(limits::send_progress_min - 2), began) << "one byte less";
  EXPECT_EQ(waits_since(1), peer.shared.now_ms);
  int64_t again = peer.shared.now_ms;
  EXPECT_EQ(waits_since(1), again);
  (void)peer.feed(post(3));
  peer.shared.now_ms += 1000;
  peer.finish(3);
  EXPECT_EQ(peer.stream(3).since_ms, peer.shared.now_ms) << "for the end of the request";
}

TEST(Turns, AConnectionIsStarvedByAPeerThatTakesLittle) {
  SessionPeer peer;
  int64_t start = peer.shared.now_ms;
  EXPECT_FALSE(peer.session().is_starved(start)) << "nothing is to be sent";
  open_with(peer, {"", ""});
  EXPECT_FALSE(peer.session().is_starved(start - 1));
  EXPECT_TRUE(peer.session().is_starved(start));
  peer.session().note_progress(start + 5, limits::send_progress_min - 1);
  EXPECT_TRUE(peer.session().is_starved(start + 4));
  peer.session().note_progress(start + 7, 1);
  EXPECT_FALSE(peer.session().is_starved(start + 6));
  EXPECT_TRUE(peer.session().is_starved(start + 7));
  peer.finish(1);
  peer.finish(3);
  EXPECT_FALSE(peer.session().is_starved(start + 1000));
  peer.shared.now_ms += 900;
  (void)peer.feed(get(5, "/"));
  peer.respond(5, true);
  EXPECT_FALSE(peer.session().is_starved(start + 899)) << "a new stream begins anew";
}

TEST(Turns, AStreamThatIsClosedLeavesItsList) {
  SessionPeer peer;
  open_with(peer, {"", "", ""});
  EXPECT_EQ(peer.feed(rst_stream(3)), "reset 3");
  EXPECT_EQ(peer.send_data(3, 9), "1:9 5:9 1:9 ");
  EXPECT_EQ(peer.feed(rst_stream(1)), "reset 1");
  EXPECT_EQ(peer.send_data(2, 9), "5:9 5:9 ");
  EXPECT_EQ(peer.feed(rst_stream(5)), "reset 5");
  EXPECT_EQ(peer.send_data(1, 9), "-");
  EXPECT_EQ(peer.session().overdue(peer.shared, peer.shared.now_ms), Pool::none);
}

// --- The budget ---

// How often this may come until the connection ends; ids are replaced by the number of the round.
size_t times(SessionPeer& peer, const std::function<std::string(uint32_t)>& made) {
  for (uint32_t round = 0; round < 5000; round++) {
    std::string events = peer.feed(made(round));
    if (!peer.broken) continue;
    std::string_view end = "CALM";
    EXPECT_TRUE(events.size() >= end.size() && events.compare(events.size() - end.size(), end.size(), end) == 0)
        << events;
    return round;
  }
  return SIZE_MAX;
}

constexpr size_t for_ever = SIZE_MAX;

TEST(Budget, OfWhatFewGoodClientsDo) {
  struct Row {
    const char* name;
    std::function<std::string(uint32_t)> made;
    size_t times;
  };
  const size_t units = limits::h2_budget;
  const size_t resets = units / limits::h2_cost_reset;
  auto id = [](uint32_t round) { return 2 * round + 3; };
  const std::string bytes(limits::h2_small, 'x');
  const std::string bomb = request_block("/") + "\x40" + hpack_string("x", false) +
                           hpack_string(std::string(3'900, 'v'), false) + std::string(5, '\xbe');
  for (const Row& row : std::vector<Row>{
           {"requests that are reset", [&](uint32_t n) { return get(id(n), "/") + rst_stream(id(n)); }, resets},
           {"malformed requests", [&](uint32_t n) { return headers(id(n), ""); }, resets},
           {"long malformed requests",
            [&](uint32_t n) {
              return headers(id(n), block_of({{"x", bytes}}));
            },
            units / (limits::h2_cost_head + limits::h2_cost_reset)},
           {"requests that are too large", [&](uint32_t n) { return headers(id(n), bomb); },
            units / limits::h2_cost_head},
           {"stream errors", [&](uint32_t n) { return get(id(n), "/") + window_update(id(n), 0); },
            units / (limits::h2_cost_reset + limits::h2_cost_frame)},
           {"SETTINGS", [](uint32_t) { return settings_frame(); }, units / limits::h2_cost_settings},
           {"acknowledgements", [](uint32_t) { return settings_ack(); }, units / limits::h2_cost_frame},
           {"PING", [](uint32_t) { return ping(); }, units / limits::h2_cost_ping},
           {"answers of PING", [](uint32_t) { return ping("12345678", h2::flag::ack); }, units / limits::h2_cost_frame},
           {"fragments", [&](uint32_t n) { return in_fragments(id(n), request_block("/"), 2) + rst_stream(id(n)); },
            units / (limits::h2_cost_fragment + limits::h2_cost_reset)},
           {"fragments of a stream that was reset",
            [](uint32_t n) { return (n == 0 ? headers(1, "") : "") + in_fragments(1, request_block("/"), 17); },
            (units - limits::h2_cost_reset) / (limits::h2_fragments_max * limits::h2_cost_fragment)},
           {"PRIORITY", [](uint32_t) { return priority_frame(1, 3); }, units / limits::h2_cost_frame},
           {"PRIORITY_UPDATE", [](uint32_t) { return priority_update(1, "u=1"); }, units / limits::h2_cost_frame},
           {"unknown frames", [](uint32_t) { return frame(FrameType{99}, 0, 0); }, units / limits::h2_cost_frame},
           {"small windows", [](uint32_t) { return window_update(0, limits::h2_small - 1); },
            units / limits::h2_cost_frame},
           {"windows that stay small",
            [](uint32_t n) {
              return (n == 0 ? settings_frame({{Setting::initial_window_size, 0}}) + get(1, "/") : "") +
                     window_update(1, 1);
            },
            (units - limits::h2_cost_settings) / limits::h2_cost_window},
           {"large windows", [](uint32_t) { return window_update(0, limits::h2_small); }, for_ever},
           {"short DATA", [&](uint32_t n) { return (n == 0 ? post(1) : "") + data(1, bytes.substr(1)); },
            units / limits::h2_cost_frame},
           {"longer DATA", [&](uint32_t n) { return (n == 0 ? post(1) : "") + data(1, bytes); }, for_ever},
       }) {
    SessionPeer peer({.streams = 128, .pool = 128, .body_max = UINT64_MAX});
    EXPECT_EQ(times(peer, row.made), row.times) << row.name;
  }
}

TEST(Budget, ShortDataThatEndsABodyIsNotCharged) {
  SessionPeer peer({.streams = 128, .pool = 5000});
  EXPECT_EQ(times(peer,
                  [&](uint32_t n) {
                    if (n > 0) peer.finish(2 * n + 1);
                    return post(2 * n + 3) + data(2 * n + 3, "x", true);
                  }),
            for_ever);
}

TEST(Budget, TimeRefillsIt) {
  SessionPeer peer;
  size_t most = limits::h2_budget / limits::h2_cost_ping;
  for (size_t i = 0; i < most; i++) (void)peer.feed(ping());
  peer.session().note_time(peer.shared.now_ms + 999); // no whole second
  peer.session().note_time(peer.shared.now_ms + 2999);
  size_t more = 2 * limits::h2_credit_second / limits::h2_cost_ping;
  EXPECT_EQ(times(peer, [](uint32_t) { return ping(); }), more);
  SessionPeer rested;
  for (size_t i = 0; i < most; i++) (void)rested.feed(ping());
  rested.session().note_time(INT64_MAX / 2);
  EXPECT_EQ(times(rested, [](uint32_t) { return ping(); }), most) << "not above what it was at first";
}

TEST(Budget, ResponsesRefillIt) {
  SessionPeer peer;
  EXPECT_EQ(times(peer,
                  [&](uint32_t n) { // one stream is reset, one has its response
                    if (n > 0) peer.finish(4 * n + 1);
                    return get(4 * n + 3, "/") + rst_stream(4 * n + 3) + get(4 * n + 5, "/");
                  }),
            for_ever);
}

TEST(Budget, EndsAConnectionWhoseStreamsWeReset) { // MadeYouReset, CVE-2025-8671
  SessionPeer peer({.streams = 128, .pool = 128});
  size_t resets = 0;
  for (uint32_t id = 1; id < 1000; id += 2) {
    if (peer.feed(get(id, "/")) != "request " + std::to_string(id) + " /") break;
    Writer out = peer.writer();
    bool goes_on = peer.session().reset(peer.shared, peer.slot_of(id), Error::internal_error, out);
    peer.session().close(peer.shared, peer.slot_of(id));
    if (!goes_on) {
      EXPECT_EQ(peer.written(out), "GOAWAY " + std::to_string(id) + " CALM");
      break;
    }
    EXPECT_EQ(peer.written(out), "RST_STREAM " + std::to_string(id) + " INTERNAL_ERROR");
    resets++;
  }
  EXPECT_EQ(resets, static_cast<size_t>(limits::h2_budget / limits::h2_cost_reset));
}

// --- Frames of a response's head ---

TEST(FrameBlock, HeadersAndContinuations) {
  for (size_t size : {size_t{0}, size_t{1}, size_t{limits::h2_frame_max}, size_t{limits::h2_frame_max} + 1,
                      size_t{2 * limits::h2_frame_max}, size_t{2 * limits::h2_frame_max} + 1}) {
    for (bool end : {false, true}) {
      SessionPeer peer;
      (void)peer.feed(post(1));
      std::string block(size, 0);
      for (size_t i = 0; i < size; i++) block[i] = static_cast<char>(i * 7 + i / 256);
      std::vector<char> at(h2::frame_header_bytes + size + limits::h2_continuation_room);
      std::copy(block.begin(), block.end(), at.begin() + h2::frame_header_bytes);
      size_t bytes = peer.session().frame_block(at.data(), size, peer.stream(1), end);
      std::string made(at.data(), bytes);
      std::vector<Frame> frames = take_frames(made);
      EXPECT_TRUE(made.empty());
      std::string joined;
      for (size_t i = 0; i < frames.size(); i++) {
        const h2::FrameHeader& header = frames[i].header;
        EXPECT_EQ(header.stream, 1U);
        EXPECT_LE(header.length, limits::h2_frame_max);
        EXPECT_EQ(header.type, i == 0 ? FrameType::headers : FrameType::continuation);
        EXPECT_EQ(header.flags,
                  (i == 0 && end ? h2::flag::end_stream : 0) | (i + 1 == frames.size() ? h2::flag::end_headers : 0));
        joined += frames[i].payload;
      }
      EXPECT_EQ(joined, block) << size;
      EXPECT_EQ(frames.size(), size == 0 ? 1 : (size + limits::h2_frame_max - 1) / limits::h2_frame_max);
      EXPECT_EQ(peer.stream(1).ended, end);
    }
  }
}

TEST(FrameBlock, TheFirstSaysThatThereIsNoTable) { // RFC 7541 section 4.2
  SessionPeer peer;
  Writer out = peer.writer();
  EXPECT_EQ(peer.session().write_table_size(out), 1U);
  EXPECT_EQ(out.view(), "\x20");
  EXPECT_EQ(peer.session().write_table_size(out), 0U);
  EXPECT_EQ(out.size(), 1U);
}

} // namespace
} // namespace minhttp::test
