// SPDX-License-Identifier: MIT
#pragma once
// A loop without a kernel: feeds bytes to the state machine and records what it sends.

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conn/step.h"
#include "unit/site/test_cache.h"

namespace minhttp::test {

struct Plan {
  std::string directory = {};             // empty: the greeting
  const site::Pack* pack = nullptr;       // in place of a directory
  std::vector<std::string> previous = {}; // --previous; the root of one that is missing is not open
  conn::LogFormat log = conn::LogFormat::off;
  bool keep_log = true; // else it goes nowhere
  uint32_t log_records = 16;
  uint64_t body_max = limits::body_max;
  uint32_t requests_max = 0;
  uint32_t connections = 4;
  uint32_t workspaces = 4;
  serve::SiteOptions options = {};
  auth::Access access = {};
  uint32_t listings = 0;    // 0: directories are not listed
  uint32_t cache_files = 0; // 0: files are opened for every response
  size_t cache_bytes = 1 << 20;
  bool compress = false;
  uint32_t h2_sessions = 0;  // 0: HTTP/1 only
  uint32_t h2_streams = 100; // of a connection
  uint32_t h2_pool = 128;    // streams of all connections
  http::ClientHeader client = {};
  conn::ClientLimits* client_limits = nullptr;
};

// In the order of conn::Timer; all different, so that a deadline names its timer.
constexpr std::array<uint32_t, conn::timer_count> durations_ms = {11'000, 12'000, 13'000, 14'000, 15'000, 16'000,
                                                                  17'000, 18'000, 19'000, 20'000, 21'000};

// A server whose clock stands still, or is set by the test.
class TestServer {
 public:
  explicit TestServer(const Plan& plan);
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;
  void set_clock(const serve::Clock& clock) { server_.context.clock = clock; }
  conn::Server& server() { return server_; }
  std::string date() const { return std::string(server_.context.clock.date()); }
  std::string log(); // what has been written so far
  std::span<serve::ListingInProgress> listings() { return {listings_.get(), free_listings_.size()}; }

 private:
  void lay_http2(const Plan& plan);
  struct Close {
    void operator()(FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<FILE, Close> log_file_;
  std::vector<char> log_buffer_;
  log::Log log_;
  site::Site site_;
  std::vector<site::Files> previous_;
  std::vector<std::string> previous_paths_;
  std::vector<std::string_view> previous_names_; // the same paths
  std::vector<std::max_align_t> rules_;
  std::unique_ptr<conn::Connection[]> connections_;
  std::unique_ptr<conn::Workspace[]> workspaces_;
  std::unique_ptr<serve::ListingInProgress[]> listings_;
  std::vector<conn::LogRecord> log_records_;
  std::vector<uint32_t> free_log_records_;
  std::vector<uint32_t> free_workspaces_;
  std::vector<uint32_t> free_listings_;
  TestCache cache_;
  TestTags tags_;
  std::vector<conn::CachedResponse> response_entries_;
  conn::ResponseCache responses_;
  std::vector<std::max_align_t> h2_sessions_;
  std::vector<uint32_t> free_h2_sessions_;
  std::vector<h2::Stream> h2_streams_;
  std::vector<uint32_t> free_h2_streams_;
  std::unique_ptr<conn::StreamBody[]> h2_bodies_;
  std::vector<char> h2_memory_; // texts, and the tables of sessions
  conn::Http2 http2_;
  std::unique_ptr<gzip::Encoder> encoder_;
  std::vector<char> compressed_;
  std::optional<site::Compressor> compressor_;
  conn::Server server_;
};

// A client of the house. Each call delivers something and runs the state machine until it has to wait, as a loop does.
class Client {
 public:
  explicit Client(TestServer& house, uint32_t slot = 0, const IpAddress& peer = mapped({192, 0, 2, 7}),
                  conn::ListenerKind kind = conn::ListenerKind::http);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(std::string_view bytes);           // arrives in one piece
  void half_close();                           // the client shuts down sending
  void send_last(std::string_view bytes);      // both
  void timeout();                              // the deadline passes
  void fail(Errno error = Errno::ECONNRESET_); // the socket fails, or the file
  void take_at_most(size_t bytes);             // so many bytes each call at most; 0: nothing
  void run();                                  // an event without any news

  const std::string& output() const { return output_; }
  bool wants_workspace() const { return wants_workspace_; }          // it waits for a free workspace
  bool shut() const { return shut_; }                                // the server has shut down sending
  bool closed() const { return closed_; }                            // the server has closed the connection
  const std::vector<std::string>& writes() const { return writes_; } // one entry for each send
  bool more_follows() const { return more_follows_; }                // as indicated by the last send
  conn::Connection& connection() { return connection_; }
  size_t events() const { return events_; } // calls of step()
  // The timer under which the connection waits, and for how long.
  conn::Timer timer() const { return connection_.timer; }
  int64_t waits_ms() const { return connection_.deadline_ms - house_.server().context.clock.now_ms(); }

 private:
  void drive(conn::Event event);
  // Performs a want; event: the result. False: it would block.
  bool perform(const conn::Wants& want, conn::Event& event);
  bool goes_on(const conn::Wants& want);
  bool perform_receive(const conn::Wants& want, conn::Event& event);
  bool perform_send(const conn::Wants& want, conn::Event& event);

  TestServer& house_;
  conn::Connection& connection_;
  std::string incoming_; // sent, but not yet read by the server
  size_t incoming_read_ = 0;
  bool ending_ = false; // the client shuts down sending after incoming_, for good
  size_t take_at_most_ = SIZE_MAX;
  bool blocked_ = false; // the socket takes no more in this turn
  std::string output_;
  std::vector<std::string> writes_;
  bool more_follows_ = false;
  size_t events_ = 0;
  bool wants_workspace_ = false;
  bool shut_ = false;
  bool closed_ = false;
};

} // namespace minhttp::test
