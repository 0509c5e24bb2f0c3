// SPDX-License-Identifier: MIT
// Whole connections: step() driven with any bytes, pieces and events. Twelve bytes of script
// come first, then what the client sends.
//   0      which site and limits
//   1      how many bytes the socket takes a call, 0: all
//   2      what happens once: 0 nothing, 1 deadline, 2 failure, 3 end, 4 draining, 5 a reader who stops
//   3      behind which piece
//   4..11  sizes of the pieces, over and over

#include <cstdint>

#include "fuzz/cost.h"
#include "fuzz/demand.h"
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
constexpr std::string_view continues = "HTTP/1.1 100 Continue\r\n\r\n";

const Tree& tree() {
  static const Tree tree;
  static const bool filled = [] {
    tree.file("file.txt", "abcdefghijklmnopqrstuvwxyz");
    tree.file("index.html", std::string(3000, 'x'));
    tree.directory("dir");
    tree.link("link", "dir/../file.txt");
    tree.link("loop", "loop");
    tree.file("style.css", "plain");
    tree.file("style.css.gz", "gzip");
    tree.file("private/a.txt", "secret");
    tree.file("about.html", "about");
    tree.file("_redirects",
              "/old/:x/* /new/:x?y=:splat 302\n/there id=:id /file.txt 200\n/forced /dir 308!\n/none /x 404\n");
    tree.file("_headers", "/*\n X-All: :splat\n Cache-Control: max-age=7\n/dir/:x\n ! ETag\n Set-Cookie: a=:x\n");
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
  if ((options & 1) != 0) plan.directory = tree().root();
  if ((options & 2) != 0) plan.body_max = 100;
  if ((options & 4) != 0) plan.requests_max = 3;
  if ((options & 8) != 0) {
    plan.access = lock().access();
    plan.options = {.base_path = (options & 2) != 0 ? "base" : "", .spa = true, .cors = true};
  }
  if ((options & 5) == 5) plan.cache_files = 3;
  plan.connections = plan.workspaces = 1;
  return TestServer(plan);
}

// A connection leaves nothing behind, so the houses can be kept.
TestServer& house(unsigned options) {
  static TestServer houses[] = {new_house(0), new_house(1), new_house(2), new_house(3),  new_house(4),  new_house(5),
                                new_house(6), new_house(7), new_house(9), new_house(11), new_house(13), new_house(15)};
  return houses[options % 12];
}

struct Played {
  std::string output;
  bool ended = false;
};

// Every answer is whole: a head, and as many bytes as it says. The last one may be cut where
// the peer was slow, or the answers are the greeting's, which ends with the connection.
void demand_answers(std::string_view output, bool may_be_cut) {
  while (!output.empty()) {
    size_t head = output.find("\r\n\r\n");
    if (head == output.npos) return demand(may_be_cut, "a head ends");
    std::string_view lines = output.substr(0, head + 2);
    demand(lines.substr(0, 7) == "HTTP/1." && lines[8] == ' ', "a status line");
    output.remove_prefix(head + 4);
    if (lines[7] == '0') return; // the greeting: nothing may follow it but its text
    size_t at = lines.find("\r\nContent-Length: ");
    if (at == lines.npos || output.substr(0, 7) == "HTTP/1." || output.empty()) continue; // none, or HEAD
    size_t length = std::strtoul(lines.data() + at + 18, nullptr, 10);
    if (length > output.size()) return demand(may_be_cut, "a body is as long as its head says");
    output.remove_prefix(length);
  }
}

Played play(const uint8_t* script, std::string_view bytes, bool in_pieces) {
  size_t sent = bytes.size();
  TestServer& server = house(script[0]);
  server.server().draining = server.server().closes_idle = false;
  lock().forget();
  server.server().boundaries = {}; // from the first again, so that two plays can be the same
  minhttp::test::Cost cost;        // not of making the house, which the first input does
  Client client(server);
  unsigned happening = in_pieces ? script[2] % 6 : 0;
  if (in_pieces && script[1] != 0) client.take_at_most(script[1]);
  for (size_t piece = 0; !bytes.empty() && !client.closed(); piece++) {
    size_t size = in_pieces ? 1 + script[4 + piece % 8] : bytes.size();
    client.send(bytes.substr(0, size));
    bytes.remove_prefix(std::min(size, bytes.size()));
    if (piece != script[3]) continue;
    if (happening == 1) client.timeout();
    if (happening == 2) client.fail();
    if (happening == 3) client.half_close();
    if (happening == 4) server.server().draining = server.server().closes_idle = true;
    if (happening == 5) client.take_at_most(0);
  }
  for (size_t before = SIZE_MAX; before != client.output().size() && !client.closed();) {
    before = client.output().size();
    client.run();
  }
  Played played = {client.output(), client.closed() || client.shut()};
  client.half_close();
  if (!client.closed()) client.timeout();
  if (!client.closed()) client.timeout(); // after a 408 it lingers
  demand(client.closed(), "no peer stays for ever");
  minhttp::fuzz::check_cost(in_pieces ? "connection, in pieces" : "connection", sent,
                            minhttp::test::bound::connection(sent, client.events()));
  demand(server.server().free_workspaces.taken() == 0, "no workspace is lost");
  demand(server.server().timers.earliest_ms() == INT64_MAX, "no timer is left");
  demand(!client.connection().source.open(), "no file is left open");
  for (size_t at = 0; (at = played.output.find(continues)) != played.output.npos;)
    played.output.erase(at, continues.size());
  return played;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < script_bytes) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + script_bytes, size - script_bytes);
  Played pieces = play(data, bytes, true);
  Played whole = play(data, bytes, false);
  bool undisturbed = data[2] % 6 == 0;
  demand_answers(pieces.output, !undisturbed);
  demand_answers(whole.output, false);
  if (undisturbed) {
    demand(pieces.output == whole.output, "the same answers in pieces");
    demand(pieces.ended == whole.ended, "the same end in pieces");
  }
  return 0;
}
