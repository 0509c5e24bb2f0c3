// SPDX-License-Identifier: MIT
// A tour: check() prepares a server as run() does, but without listeners. explain() gives it one request, as a browser
// would send it, and prints the head of the response with the notes that the server took on the way (serve/trace.h).

#include "app/check.h"

#include "app/announce.h"
#include "app/inspect.h"
#include "app/message.h"
#include "app/setup.h"
#include "app/user.h"
#include "conn/step.h"
#include "guard/guard.h"
#include "rt/output.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

void print_lines(Text text, Text indent) {
  while (!text.empty()) {
    Text line = take_until(text, '\n');
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    Message(1) << indent << line;
  }
}

// path: "/path?query", or "http://host/path" with --hosts.
int explain(conn::Server& server, Text path) {
  if (path.size() > limits::target_max || !(starts_with(path, "/") || starts_with(path, "http://"))) {
    named_message(2) << "--explain takes a path like /about, of at most " << limits::target_max << " bytes";
    return 2;
  }
  char notes[4096];
  serve::Trace trace(notes);
  server.context.trace = &trace;
  server.context.access.addresses = {}; // no --allow and --deny: the response is that for an allowed client
  server.log_format = conn::LogFormat::off;
  conn::Connection& connection = server.connections[0];
  server.context.clock.read();
  conn::open(connection, sys::Fd(), IpAddress{});
  conn::Wants want = conn::step(server, connection, {.kind = conn::Event::Kind::ready});
  CHECK(want.receives());
  Writer request({want.to, want.to_count});
  request.text("GET ").text(path).text(" HTTP/1.1\r\nHost: localhost\r\n");
  request.text("Accept: text/html,*/*;q=0.8\r\nAccept-Encoding: gzip, br, zstd\r\n\r\n");
  want = conn::step(server, connection, {.kind = conn::Event::Kind::received, .bytes = request.size()});
  while (want.kind == conn::Wants::Kind::pause) {
    if (server.context.tags != nullptr) server.context.tags->turn();
    want = conn::step(server, connection, {.kind = conn::Event::Kind::ready});
  }
  CHECK(want.sends == conn::Wants::Sends::bytes);
  Text answer(want.from, want.count);
  size_t head = 0;
  while (!starts_with(drop(answer, head), "\r\n\r\n")) head++;
  Message(1) << "GET " << path;
  print_lines(trace.text(), "  "sv);
  print_lines(take(answer, head), "    "sv);
  conn::close(server, connection);
  return 0;
}

int end(const Setup& setup, Complaints all) {
  Message message = named_message(1);
  if (all.mistakes > 0) {
    message << "mistakes in the files: " << uint64_t{all.mistakes};
  } else {
    message << "no mistakes: " << uint64_t{setup.loader().redirects()} << " redirects, "
            << uint64_t{setup.loader().header_blocks()} << " blocks of fields";
  }
  if (all.warnings > 0) message << ", warnings: " << uint64_t{all.warnings};
  return all.mistakes > 0 ? 1 : 0;
}

} // namespace

int check(Config& config, const rt::Start& start) {
  rt::wait_for_reader(1); // so that a pager with many mistakes gets all of them
  config.connections = config.workspaces = 1;
  if (auto status = become_user(config)) return *status;
  Setup setup;
  auto status = setup.prepare(config, start, 1, 1);
  Complaints all;
  if (setup.has_loader()) all = {.mistakes = setup.loader().mistakes(), .warnings = setup.loader().warnings()};
  if (status) return all.mistakes > 0 ? end(setup, all) : *status;
  if (is_fenced(config)) { // as the server does before its first request
    auto given_up = guard::give_up_rights();
    if (!given_up.ok()) {
      named_message(2) << "cannot drop the privileges that the server drops: " << describe(given_up.error());
      return 1;
    }
  }
  if (!config.explain.empty()) return explain(setup.server(), config.explain);
  for (const site::Site& site : setup.server().context.sites.all) {
    char place[2 * limits::path_max];
    Writer out(place);
    out.text(site_name(config));
    bool hosts = config.pack != nullptr ? config.pack->has_hosts() : config.directory == nullptr;
    if (hosts) out.byte('/').text(site.host.empty() ? Text("default"sv) : site.host);
    Complaints more = inspect(site, out.view(), config.compress != 0 && config.cache_files > 0);
    all.mistakes += more.mistakes;
    all.warnings += more.warnings;
  }
  return end(setup, all);
}

} // namespace minhttp::app
