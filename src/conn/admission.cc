// SPDX-License-Identifier: MIT
#include "conn/admission.h"

#include "conn/metering.h"
#include "serve/decide.h"

namespace minhttp::conn {
namespace {

bool is_limited(const Server& server, const IpAddress& client) {
  return server.client_limits != nullptr && !is_unix_peer(client) && !server.context.client.trusted.contain(client);
}

} // namespace

bool has_room_for(const Server& server, const IpAddress& peer) {
  return !is_limited(server, peer) || server.client_limits->has_room(peer);
}

void count_connection(Server& server, Connection& c) {
  if (!is_limited(server, c.peer)) return;
  auto place = server.client_limits->count(c.peer);
  c.counted = place.has_value();
  if (place) c.client_place = *place;
}

bool takes_token(Server& server, const IpAddress& client) {
  return !is_limited(server, client) || server.client_limits->take_request(client, server.context.clock.now_ms());
}

bool asks_too_often(Server& server, const Connection& c, const http::Request& request) {
  if (c.kind == ListenerKind::admin || serve::asks_for_health(server.context, request)) return false;
  if (takes_token(server, client_of(server, c, request.fields))) return false;
  note_limit_refusal(server, ReachedLimit::client_rate);
  return true;
}

} // namespace minhttp::conn
