// SPDX-License-Identifier: MIT
#include "app/healthcheck.h"

#include "app/announce.h"
#include "app/listeners.h"
#include "app/message.h"
#include "app/settings.h"
#include "base/number.h"
#include "rt/output.h"
#include "sys/file.h"
#include "sys/net.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

struct Target {
  Endpoint endpoint;
  Text path = "/"sv;
  bool healthy_is_ok = false; // 200 alone is healthy
};

// "http://127.0.0.1:8080/healthz", "unix:/run/s". Nothing: it is no such URL.
std::optional<Target> parse_target(Text text) {
  Target target;
  if (starts_with(text, "unix:")) {
    auto endpoint = parse_endpoint(text);
    if (!endpoint) return {};
    target.endpoint = *endpoint;
    return target;
  }
  constexpr Text scheme = "http://"sv;
  if (!starts_with(text, scheme)) return {};
  Text rest = drop(text, scheme.size());
  size_t slash = find(rest, '/');
  Text authority = take(rest, slash);
  if (slash < rest.size()) target.path = drop(rest, slash);
  size_t colon = authority.size();
  while (colon > 0 && is_digit(authority[colon - 1])) colon--;
  bool has_port = colon > 0 && colon < authority.size() && authority[colon - 1] == ':';
  char whole[limits::host_max + 8];
  if (authority.empty() || authority.size() + 3 > sizeof whole) return {};
  Writer out(whole);
  out.text(authority).text(has_port ? ""sv : ":80"sv);
  auto address = parse_address(out.view());
  if (!address) return {};
  target.endpoint.address = *address;
  return target;
}

// Where the server listens. With TLS that is asked which leads from http to https, and answers for the health, too.
// Where there is none, https is asked in clear text: it says 400, so it is alive, and more cannot be known.
Target target_of(const Config& config) {
  Target target;
  bool redirects = has_tls && config.listen.count_of(conn::ListenerKind::redirect) > 0;
  auto kind = redirects ? conn::ListenerKind::redirect : conn::ListenerKind::http;
  target.endpoint.address = loop::one_v4({127, 0, 0, 1}, static_cast<uint16_t>(config.port));
  for (const Endpoint& endpoint : config.listen.list()) {
    if (endpoint.kind != kind) continue;
    target.endpoint = endpoint;
    break;
  }
  loop::Address& address = target.endpoint.address;
  if (address.both) address = loop::one_v4({127, 0, 0, 1}, loop::port_of(address.socket)); // there may be no IPv6
  if (config.health.empty() || (has_tls && target.endpoint.secure)) return target;
  target.path = config.health;
  target.healthy_is_ok = true;
  return target;
}

// No address at all means all of them to who listens, and this machine to who connects (ip(7)).
Result<> connect(const Endpoint& endpoint, sys::Fd& socket) {
  bool is_unix = !endpoint.file.path.empty();
  int family = is_unix ? sys::abi::af_unix : endpoint.address.family;
  socket = sys::Fd(TRY(is_unix ? sys::unix_socket(sys::abi::sock_stream, 0) : sys::socket(family, 0)));
  for (int option : {SO_RCVTIMEO_OLD, SO_SNDTIMEO_OLD}) {
    TRY(sys::set_timeout(socket.number(), option, limits::healthcheck_ms));
  }
  if (is_unix) {
    sys::abi::UnixAddress address;
    __builtin_memcpy(address.path, endpoint.file.path.data(), endpoint.file.path.size());
    TRY(sys::connect(socket.number(), address, sizeof address));
  } else {
    TRY(sys::connect(socket.number(), endpoint.address.socket, endpoint.address.size()));
  }
  return {};
}

// The status of the answer.
Result<uint64_t> ask(const Target& target) {
  sys::Fd socket;
  TRY(connect(target.endpoint, socket));
  int fd = socket.number();
  char text[limits::health_max + 128];
  Writer request(text);
  request.text("GET "sv).text(target.path);
  request.text(" HTTP/1.1\r\nHost: localhost\r\nUser-Agent: minhttp-healthcheck\r\nConnection: close\r\n\r\n"sv);
  TRY(sys::send_at_once(fd, request.view().data(), request.size()));
  char answer[16] = {};
  constexpr Text version = "HTTP/1.1 "sv;
  constexpr size_t needed = version.size() + 3;
  for (size_t used = 0; used < needed;) {
    size_t count = TRY(sys::read(fd, answer + used, needed - used));
    if (count == 0) return Errno::ECONNRESET_;
    used += count;
  }
  auto status = parse_decimal(take(drop({answer, needed}, version.size()), 3));
  if (!starts_with(Text(answer, needed), "HTTP/1.") || !status) return Errno::EIO_;
  return *status;
}

void name(Message& message, const Target& target) {
  if (!target.endpoint.file.path.empty()) {
    message << "unix:" << target.endpoint.file.path << " " << target.path;
    return;
  }
  char text[ip_text_max + 2];
  Writer host(text);
  write_host(host, loop::ip_of(target.endpoint.address.socket));
  message << "http://" << host.view() << ":" << loop::port_of(target.endpoint.address.socket) << target.path;
}

} // namespace

bool is_healthcheck(std::span<const char* const> arguments) {
  return arguments.size() > 1 && equal(Text(arguments[1]), "healthcheck"sv);
}

int healthcheck(Config& config, const rt::Start& start) {
  rt::wait_for_reader(1);
  if (start.arguments.size() > 3) {
    named_message(2) << "healthcheck takes one URL, like http://127.0.0.1:8080/healthz, or unix:PATH";
    return 2;
  }
  if (auto status = read_settings(start.arguments.first(1), start.environment, config)) return *status;
  std::optional<Target> target;
  if (start.arguments.size() == 3) {
    target = parse_target(start.arguments[2]);
  } else {
    if (auto status = complete_addresses(config)) return *status;
    target = target_of(config);
  }
  if (!target || target->path.size() > limits::health_max) {
    named_message(2) << "healthcheck takes a URL like http://127.0.0.1:8080/healthz, or unix:PATH, not '"
                     << start.arguments[2] << "'; https is not supported";
    return 2;
  }
  auto status = ask(*target);
  bool healthy = status.ok() && (target->healthy_is_ok ? status.value() == 200 : status.value() < 500);
  Message message(healthy ? 1 : 2);
  message << (healthy ? "healthy: "sv : "not healthy: "sv);
  name(message, *target);
  if (status.ok()) {
    message << " answers " << status.value();
  } else {
    message << ": " << (status.is(Errno::EAGAIN_) ? "no answer in time"sv : describe(status.error()));
  }
  return healthy ? 0 : 1;
}

} // namespace minhttp::app
