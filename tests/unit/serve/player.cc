// SPDX-License-Identifier: MIT
#include "unit/serve/player.h"

#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "conn/admission.h"

namespace minhttp::test {

using conn::Event;
using conn::Timer;
using conn::Wants;

namespace {

std::string rule_file(const site::Site& site, const char* name) {
  std::string text(1 << 16, 0);
  auto size = site.files.read(name, text);
  text.resize(size.ok() ? size.value() : 0);
  return text;
}

// Opens the site of a directory or a pack, with its rules; nothing: neither is given.
site::Sites open_sites(const Plan& plan, site::Site& site, std::vector<std::max_align_t>& memory) {
  if (plan.directory.empty() && plan.pack == nullptr) return {};
  if (plan.pack != nullptr) {
    site.files.use_pack(*plan.pack, {});
  } else if (!site.files.open_root(plan.directory.c_str()).ok()) {
    throw std::runtime_error("no directory " + plan.directory);
  }
  std::string redirects = rule_file(site, "_redirects");
  std::string headers = rule_file(site, "_headers");
  memory.resize(rules::rules_bytes(redirects, headers) / sizeof(std::max_align_t) + 1);
  std::array<rules::Diagnostic, 4> diagnostics;
  rules::Diagnostics mistakes(diagnostics);
  if (!rules::parse_rules(redirects, headers, std::as_writable_bytes(std::span(memory)), mistakes, site.rules)) {
    throw std::runtime_error("the site's rules are no good");
  }
  return {.all = {&site, 1}, .default_site = &site};
}

// The clock is read once, so that two houses have the same time and the same Date.
const serve::Clock& stopped_clock() {
  static const serve::Clock clock = [] {
    serve::Clock now;
    now.read();
    return now;
  }();
  return clock;
}

bool same(const Wants& a, const Wants& b) {
  return a.kind == b.kind && a.sends == b.sends && a.to == b.to && a.to_count == b.to_count && a.more == b.more &&
         a.file == b.file && a.count == b.count && a.offset == b.offset &&
         (a.sends != Wants::Sends::bytes || a.body_count == 0 || a.body == b.body);
}

} // namespace

TestServer::TestServer(const Plan& plan)
    : log_file_(plan.keep_log ? std::tmpfile() : std::fopen("/dev/null", "w")),
      log_buffer_(limits::log_bytes),
      log_(log_buffer_, log_file_ ? fileno(log_file_.get()) : throw std::runtime_error("no file for the log")),
      connections_(std::make_unique<conn::Connection[]>(plan.connections)),
      workspaces_(std::make_unique<conn::Workspace[]>(plan.workspaces)),
      listings_(std::make_unique<serve::ListingInProgress[]>(plan.listings)),
      log_records_(plan.log_records),
      free_log_records_(plan.log_records),
      free_workspaces_(plan.workspaces),
      free_listings_(plan.listings),
      cache_(plan.cache_files, plan.cache_bytes),
      response_entries_(plan.cache_files > 0 ? 64 : 0),
      responses_(response_entries_, 7),
      h2_sessions_(plan.h2_sessions * sizeof(h2::Session) / sizeof(std::max_align_t) + 1),
      free_h2_sessions_(plan.h2_sessions),
      h2_streams_(plan.h2_sessions > 0 ? plan.h2_pool : 0),
      free_h2_streams_(h2_streams_.size()),
      h2_bodies_(std::make_unique<conn::StreamBody[]>(h2_streams_.size())),
      encoder_(plan.compress ? std::make_unique<gzip::Encoder>() : nullptr),
      compressed_(plan.compress ? plan.cache_bytes / limits::compressed_part : 0),
      server_{.context = {.sites = open_sites(plan, site_, rules_),
                          .cache = plan.cache_files > 0 ? &cache_.cache() : nullptr,
                          .tags = &tags_.tags(),
                          .options = plan.options,
                          .access = plan.access,
                          .client = plan.client,
                          .clock = stopped_clock(),
                          .listings = serve::Listings({listings_.get(), plan.listings}, free_listings_)},
              .responses = plan.cache_files > 0 ? &responses_ : nullptr,
              .http2 = plan.h2_sessions > 0 ? &http2_ : nullptr,
              .client_limits = plan.client_limits,
              .needs_client = plan.client_limits != nullptr || !plan.client.name.empty(),
              .log = log_,
              .log_format = plan.log,
              .log_records = log_records_,
              .free_log_records = Pool(free_log_records_),
              .body_max = plan.body_max,
              .requests_max = plan.requests_max,
              .connections = {connections_.get(), plan.connections},
              .workspaces = {workspaces_.get(), plan.workspaces},
              .free_workspaces = Pool(free_workspaces_),
              .timers = conn::Timers({connections_.get(), plan.connections}, durations_ms)} {
  if (plan.h2_sessions > 0) lay_http2(plan);
  site_.files.use(server_.context.cache, server_.context.tags, 0);
  previous_.resize(plan.previous.size());
  for (size_t i = 0; i < previous_.size(); i++) {
    if (!previous_[i].open_root(plan.previous[i].c_str()).ok()) previous_[i].close();
    previous_[i].use(server_.context.cache, server_.context.tags, static_cast<uint32_t>(i) + 1);
  }
  site_.previous = previous_;
  previous_paths_ = plan.previous;
  previous_names_.assign(previous_paths_.begin(), previous_paths_.end());
  site_.previous_names = previous_names_;
  if (plan.compress) server_.context.compressor = &compressor_.emplace(cache_.cache(), *encoder_, compressed_);
  if (server_.context.cache == nullptr) return;
  for (uint32_t i = 0; i <= limits::cache_careful_answers; i++) { // as if it were busy, so that no response is careful
    server_.context.cache->begin(server_.context.clock.now_ms(), server_.context.clock.seconds());
  }
}

void TestServer::lay_http2(const Plan& plan) {
  constexpr uint32_t table = limits::hpack_table_initial;
  h2_memory_.resize(limits::head_max + limits::hpack_table_max +
                    plan.h2_sessions * h2::DynamicTable::memory_for(table));
  std::span<char> memory = h2_memory_;
  http2_.shared = {.streams = {.streams = h2_streams_, .free = Pool(free_h2_streams_)},
                   .text = memory.first(limits::head_max),
                   .scratch = memory.subspan(limits::head_max, limits::hpack_table_max),
                   .streams_max = plan.h2_streams,
                   .body_max = plan.body_max};
  http2_.bodies = {h2_bodies_.get(), h2_streams_.size()};
  http2_.sessions = {reinterpret_cast<h2::Session*>(h2_sessions_.data()), plan.h2_sessions};
  http2_.free_sessions = Pool(free_h2_sessions_);
  http2_.tables = memory.subspan(limits::head_max + limits::hpack_table_max);
  http2_.table_size = table;
}

std::string TestServer::log() {
  log_.flush();
  std::string text(1 << 16, 0);
  auto size = pread(fileno(log_file_.get()), text.data(), text.size(), 0);
  text.resize(size < 0 ? 0 : static_cast<size_t>(size));
  return text;
}

Client::Client(TestServer& house, uint32_t slot, const IpAddress& peer, conn::ListenerKind kind)
    : house_(house), connection_(house.server().connections[slot]) {
  conn::open(connection_, sys::Fd(), peer, kind);
  if (kind != conn::ListenerKind::proxied) conn::count_connection(house.server(), connection_);
  drive({.kind = Event::Kind::ready});
}

Client::~Client() {
  if (!closed_) conn::close(house_.server(), connection_);
}

void Client::send(std::string_view bytes) {
  incoming_.erase(0, incoming_read_); // what the server has not read yet stays
  incoming_read_ = 0;
  incoming_ += bytes;
  run();
}

void Client::half_close() {
  ending_ = true;
  run();
}

void Client::send_last(std::string_view bytes) {
  ending_ = true;
  send(bytes);
}

void Client::timeout() {
  blocked_ = false;
  if (!closed_) drive({.kind = Event::Kind::timeout});
}

void Client::fail(Errno error) {
  if (!closed_) drive({.kind = Event::Kind::failed, .error = error});
}

void Client::take_at_most(size_t bytes) { take_at_most_ = bytes; }

void Client::run() {
  blocked_ = take_at_most_ == 0;
  if (!closed_) drive({.kind = Event::Kind::ready});
}

void Client::drive(Event event) {
  // The bound is high because every byte in and every byte out may take a turn of its own. Without a bound, a state
  // machine that never wants anything new would hang the test.
  for (size_t turns = 0; turns < 3'000'000; turns++) {
    events_ += 2;
    Wants want = conn::step(house_.server(), connection_, event);
    // A loop may call step() again at any time, when its turn is over. That must change nothing, except that a pause
    // continues its work.
    if (turns % 2 == 1 && !want.again && want.kind != Wants::Kind::close && want.kind != Wants::Kind::pause &&
        want.kind != Wants::Kind::wait) {
      Wants again = conn::step(house_.server(), connection_, {.kind = Event::Kind::ready});
      if (!same(want, again)) throw std::runtime_error("asked again, the state machine wants something else");
    }
    if (want.kind == Wants::Kind::close) {
      conn::close(house_.server(), connection_);
      closed_ = true;
      return;
    }
    if (!perform(want, event)) {
      if (goes_on(want)) {
        event = {.kind = Event::Kind::ready};
        continue;
      }
      conn::arm_timer(house_.server(), connection_);
      conn::release_idle(house_.server(), connection_);
      // Connections have no workspace under these timers, and have one under all others: when workspaces run out, loops
      // choose by timer, without further checks.
      Timer timer = connection_.timer;
      bool without = timer == Timer::first || timer == Timer::idle || timer == Timer::file ||
                     timer == Timer::file_slow || timer == Timer::streams ||
                     (timer == Timer::linger && connection_.state == conn::State::http2);
      if (!wants_workspace_ && without != (connection_.workspace == Pool::none)) {
        throw std::runtime_error("the timer does not tell who has a workspace");
      }
      return;
    }
  }
  throw std::runtime_error("the state machine goes round in circles");
}

// Whether the loop has work for it although nothing can be transferred: of HTTP/2.
bool Client::goes_on(const Wants& want) {
  conn::Server& server = house_.server();
  bool checks = server.context.access.authenticator != nullptr && server.context.access.authenticator->busy();
  if (connection_.state != conn::State::http2 || (!want.again && !checks)) return false;
  server.context.tags->turn();
  conn::step_auth(server, [](conn::Connection&) {});
  return true;
}

bool Client::perform(const Wants& want, Event& event) {
  wants_workspace_ = false;
  switch (want.kind) {
    case Wants::Kind::close: break;
    case Wants::Kind::pause:
      house_.server().context.tags->turn();
      event = {.kind = Event::Kind::ready};
      return true;
    case Wants::Kind::wait:
      if (connection_.state == conn::State::http2) return false;
      conn::step_auth(house_.server(), [](conn::Connection&) {});
      event = {.kind = Event::Kind::ready};
      return true;
    case Wants::Kind::workspace: wants_workspace_ = true; return false;
    case Wants::Kind::shutdown:
      if (shut_) throw std::runtime_error("shut down twice");
      shut_ = true;
      event = {.kind = Event::Kind::shut};
      return true;
    case Wants::Kind::transfer:
      if (!want.receives() && want.sends == Wants::Sends::nothing) throw std::runtime_error("a transfer of nothing");
      return (want.sends != Wants::Sends::nothing && perform_send(want, event)) ||
             (want.receives() && perform_receive(want, event));
  }
  return false;
}

bool Client::perform_receive(const Wants& want, Event& event) {
  size_t count = std::min<size_t>(incoming_.size() - incoming_read_, want.to_count);
  if (count == 0 && !ending_) return false;
  std::copy_n(incoming_.data() + incoming_read_, count, want.to);
  incoming_read_ += count;
  event = {.kind = Event::Kind::received, .bytes = count};
  return true;
}

bool Client::perform_send(const Wants& want, Event& event) {
  std::string_view body;
  if (want.sends == Wants::Sends::bytes) body = {want.body, want.body_count};
  size_t all = want.count + body.size();
  if (all == 0) throw std::runtime_error("send of nothing");
  if (shut_) throw std::runtime_error("send after shutdown");
  if (blocked_) return false;
  size_t count = std::min(all, take_at_most_);
  std::string piece(count, 0);
  if (want.sends == Wants::Sends::bytes) {
    piece = std::string(want.from, want.count).append(body).substr(0, count);
  } else {
    auto size = pread(want.file, piece.data(), count, static_cast<off_t>(want.offset));
    piece.resize(size < 0 ? 0 : static_cast<size_t>(size));
  }
  more_follows_ = want.more;
  blocked_ = take_at_most_ != SIZE_MAX;
  output_ += piece;
  event = {.kind = Event::Kind::sent, .bytes = piece.size()};
  writes_.push_back(std::move(piece));
  return true;
}

} // namespace minhttp::test
