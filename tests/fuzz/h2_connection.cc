// SPDX-License-Identifier: MIT
// Whole connections that speak HTTP/2: step() driven with any frames, pieces and events. Twelve bytes of script come
// first (see connection.cc; here byte 0 chooses among four houses), then what the client sends behind its preface.
// What comes back is checked by H2Receiver, frame by frame.

#include <cstdint>

#include "fuzz/cost.h"
#include "fuzz/demand.h"
#include "unit/h2/receiver.h"
#include "unit/serve/lock.h"
#include "unit/serve/player.h"
#include "unit/site/tree.h"

namespace {

using minhttp::fuzz::demand;
using minhttp::test::Client;
using minhttp::test::Plan;
using minhttp::test::TestServer;
using minhttp::test::Tree;

constexpr size_t script_bytes = 12;
constexpr size_t sessions = 1;

const Tree& tree() {
  static const Tree tree;
  static const bool filled = [] {
    tree.file("file.txt", "abcdefghijklmnopqrstuvwxyz");
    tree.file("index.html", std::string(3000, 'x'));
    tree.file("large.bin", std::string(100'000, 'l'));
    tree.file("empty.txt", "");
    tree.directory("dir");
    tree.file("dir/one.txt", "1");
    tree.link("loop", "loop");
    tree.file("private/a.txt", "secret");
    tree.file("_redirects", "/old/:x/* /new/:x?y=:splat 302\n/forced /dir 308!\n");
    tree.file("_headers", "/*\n X-All: :splat\n Cache-Control: max-age=7\n");
    return true;
  }();
  (void)filled;
  return tree;
}

minhttp::test::Lock& lock() {
  static minhttp::test::Lock lock("private");
  return lock;
}

TestServer new_house(unsigned options) {
  Plan plan = {.log = minhttp::conn::LogFormat::common, .keep_log = false};
  plan.directory = tree().root();
  plan.h2_sessions = sessions;
  plan.log_records = 20;
  if ((options & 1) != 0) plan.body_max = 100;
  if ((options & 1) != 0) plan.requests_max = 3;
  if ((options & 2) != 0) plan.access = lock().access();
  if ((options & 2) != 0) plan.cache_files = 3;
  plan.connections = 1;
  plan.workspaces = 4;
  return TestServer(plan);
}

// A connection leaves nothing behind, so the houses can be kept.
TestServer& house(unsigned options) {
  static TestServer houses[] = {new_house(0), new_house(1), new_house(2), new_house(3)};
  return houses[options % 4];
}

struct Played {
  minhttp::test::H2Receiver receiver;
  std::string fault;
};

void hear(Played& played, const Client& client, size_t& taken) {
  std::string_view output = client.output();
  played.receiver.take(output.substr(taken));
  taken = output.size();
}

// A deadline passes. The time of day stands still, so that two plays can be the same.
void wait(TestServer& server, Client& client) {
  static int64_t now_ns = 1'000'000'000;
  now_ns += int64_t{100} * 1'000'000'000; // longer than any deadline
  minhttp::serve::Clock clock;
  clock.set(now_ns, int64_t{1'800'000'000} * 1'000'000'000);
  server.set_clock(clock);
  client.timeout();
}

Played play(const uint8_t* script, std::string_view bytes, bool in_pieces) {
  std::string_view preface = minhttp::h2::client_preface();
  size_t sent = bytes.size() + preface.size();
  TestServer& server = house(script[0]);
  server.server().draining = false;
  server.server().http2->drains = false;
  lock().forget();
  server.server().boundaries = {}; // from the first again, so that two plays can be the same
  minhttp::test::Cost cost;        // not of making the house, which the first input does
  Client client(server);
  Played played;
  size_t taken = 0;
  unsigned happening = in_pieces ? script[2] % 6 : 0;
  if (in_pieces && script[1] != 0) client.take_at_most(script[1]);
  client.send(preface);
  for (size_t piece = 0; !bytes.empty() && !client.closed(); piece++) {
    size_t size = std::min(bytes.size(), in_pieces ? size_t{1} + script[4 + piece % 8] : bytes.size());
    played.receiver.sends(bytes.substr(0, size));
    client.send(bytes.substr(0, size));
    bytes.remove_prefix(size);
    hear(played, client, taken);
    if (piece != script[3]) continue;
    if (happening == 1) wait(server, client);
    if (happening == 2) client.fail();
    if (happening == 3) client.half_close();
    if (happening == 4) server.server().draining = server.server().http2->drains = true;
    if (happening == 5) client.take_at_most(0);
  }
  for (size_t before = SIZE_MAX; before != client.output().size() && !client.closed();) {
    before = client.output().size();
    client.run();
  }
  hear(played, client, taken);
  played.fault = played.receiver.fault;
  client.half_close();
  for (int i = 0; i < 4 && !client.closed(); i++) wait(server, client); // streams, the connection, and then it lingers
  demand(client.closed(), "no peer stays for ever");
  minhttp::fuzz::check_cost(in_pieces ? "HTTP/2 connection, in pieces" : "HTTP/2 connection", sent,
                            minhttp::test::bound::h2_frames(sent, client.events(), minhttp::limits::h2_streams_max));
  minhttp::conn::Server& state = server.server();
  demand(state.free_workspaces.taken() == 0, "no workspace is lost");
  demand(state.http2->free_sessions.taken() == 0, "no session is lost");
  demand(state.http2->shared.streams.free.taken() == 0, "no stream is lost");
  demand(state.free_log_records.taken() == 0, "no log record is lost");
  demand(state.context.listings.taken() == 0, "no listing is lost");
  demand(state.timers.earliest_ms() == INT64_MAX, "no timer is left");
  for (const auto& body : state.http2->bodies) demand(!body.source.open(), "no file is left open");
  return played;
}

// The responses that are complete in both are the same. Which ones are depends on the pieces: a window or a reset that
// arrives late lets more be sent before.
void demand_same(const Played& pieces, const Played& whole) {
  for (const auto& [id, response] : pieces.receiver.responses()) {
    auto found = whole.receiver.responses().find(id);
    if (found == whole.receiver.responses().end()) continue;
    const auto& other = found->second;
    if (!response.ended || !other.ended || !response.reset.empty() || !other.reset.empty()) continue;
    demand(response.fields == other.fields, "the same fields in pieces");
    demand(response.body == other.body, "the same body in pieces");
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < script_bytes) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + script_bytes, size - script_bytes);
  Played pieces = play(data, bytes, true);
  Played whole = play(data, bytes, false);
  for (const Played* played : {&pieces, &whole}) {
    if (!played->fault.empty()) std::fprintf(stderr, "%s\n", played->fault.c_str());
    demand(played->fault.empty(), "RFC 9113 allows a server what it sends");
  }
  if (data[2] % 6 == 0) demand_same(pieces, whole);
  return 0;
}
