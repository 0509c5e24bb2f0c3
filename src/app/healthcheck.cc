// SPDX-License-Identifier: MIT
#include "app/healthcheck.h"

#include "app/announce.h"
#include "app/config.h"
#include "app/message.h"
#include "loop/ask.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

// The value of a variable, or empty.
Text variable(const char* const* environment, Text name) {
  for (; *environment != nullptr; environment++) {
    Text entry(*environment);
    if (starts_with(entry, name) && entry.size() > name.size() && entry[name.size()] == '=') {
      return drop(entry, name.size() + 1);
    }
  }
  return {};
}

bool is_any(const IpAddress& ip) {
  for (size_t i = is_mapped(ip) ? 12 : 0; i < ip.size(); i++) {
    if (ip[i] != 0) return false;
  }
  return true;
}

// Who listens on all addresses is asked on this machine's own. The kernel takes an IPv4 client where one socket is for
// both.
loop::Address reachable(const loop::Address& address) {
  if (!is_any(loop::ip_of(address.socket))) return address;
  return loop::one_v4({127, 0, 0, 1}, loop::port_of(address.socket));
}

Text read_unix(Text path, HealthTarget& target) {
  if (path.empty() || path.size() > limits::unix_path_max)
    return "unix: takes the path of a socket, of 107 bytes at most"sv;
  target.unix_path = path;
  return {};
}

void write_target(Message& message, const HealthTarget& target, Text path) {
  if (!target.unix_path.empty()) {
    message << "unix:" << target.unix_path << " " << path;
    return;
  }
  char text[ip_text_max + 2];
  Writer host(text);
  write_host(host, loop::ip_of(target.address.socket));
  message << "http://" << host.view() << ":" << loop::port_of(target.address.socket) << path;
}

// The health check's own path says by any status from 400 on that something is wrong, as for the probes of Kubernetes.
// Another page only tells whether the server answers.
bool is_healthy(uint32_t status, bool health_path) { return status >= 200 && status < (health_path ? 400U : 500U); }

loop::Asked ask(const HealthTarget& target, Text request) {
  if (target.unix_path.empty()) {
    return loop::ask(target.address.family, &target.address.socket, target.address.size(), request);
  }
  sys::abi::UnixAddress address;
  __builtin_memcpy(address.path, target.unix_path.data(), target.unix_path.size());
  return loop::ask(sys::abi::af_unix, &address, sizeof address, request);
}

int report(const HealthTarget& target, Text path, const loop::Asked& asked) {
  bool healthy = is_healthy(asked.status, !target.path.empty());
  Message message(healthy ? 1 : 2);
  message << (healthy ? "healthy: "sv : "minhttp: not healthy: "sv);
  write_target(message, target, path);
  if (asked.status != 0) {
    message << " says " << uint64_t{asked.status};
  } else if (asked.failed && asked.error == Errno::ETIMEDOUT_) {
    message << " has not answered within " << static_cast<uint64_t>(limits::healthcheck_ms) << " ms";
  } else if (asked.failed) {
    message << ": " << describe(asked.error);
  } else {
    message << " does not answer as an HTTP server";
  }
  return healthy ? 0 : 1;
}

} // namespace

Text read_target(Text text, HealthTarget& target) {
  if (starts_with(text, "unix:")) return read_unix(drop(text, 5), target);
  if (starts_with(text, "https://")) return "it speaks no TLS: ask the http port, or --admin"sv;
  if (!starts_with(text, "http://")) return "it takes http://127.0.0.1:8080/healthz or unix:PATH"sv;
  Text rest = drop(text, 7);
  size_t slash = find(rest, '/');
  Text authority = take(rest, slash);
  target.path = drop(rest, slash);
  if (target.path.size() > limits::health_max) return "the path is too long"sv;
  for (char c : target.path) {
    if (c <= ' ' || c > '~') return "the path has a byte that must be escaped"sv;
  }
  char with_port[limits::host_max + 4];
  if (authority.size() > limits::host_max) return "the host is too long"sv;
  bool has_port = !authority.empty() && authority.back() != ']' && find(authority, ':') < authority.size();
  Writer out(with_port);
  auto address = parse_address(out.text(authority).text(has_port ? ""sv : ":80"sv).view());
  if (!address || authority.empty()) return "the host is an IP address or localhost, with a port"sv;
  target.address = reachable(*address);
  return {};
}

HealthTarget target_of_environment(const char* const* environment) {
  HealthTarget target = {.path = variable(environment, "MINHTTP_HEALTH"sv)};
  if (!starts_with(target.path, "/") || target.path.size() > limits::health_max) target.path = {}; // no server has it
  Text listen = variable(environment, "MINHTTP_LISTEN"sv);
  if (starts_with(listen, "unix:") && read_unix(drop(listen, 5), target).empty()) return target;
  for (Text text : {listen, variable(environment, "MINHTTP_PORT"sv), variable(environment, "PORT"sv), "8080"sv}) {
    auto address = parse_address(text);
    if (!address) continue;
    target.address = reachable(*address);
    break;
  }
  return target;
}

int healthcheck(const rt::Start& start) {
  HealthTarget target = target_of_environment(start.environment);
  if (start.arguments.size() > 3) {
    Message(2) << "minhttp: healthcheck takes one URL, or none";
    return 2;
  }
  if (start.arguments.size() == 3) {
    if (!starts_with(start.arguments[2], "unix:")) target = {};
    Text wrong = read_target(start.arguments[2], target);
    if (!wrong.empty()) {
      Message(2) << "minhttp: healthcheck '" << start.arguments[2] << "': " << wrong;
      return 2;
    }
  }
  Text path = target.path.empty() ? "/"sv : target.path;
  char text[limits::health_max + 128];
  Writer request(text);
  request.text("GET ").text(path).text(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
  request.text("User-Agent: minhttp-healthcheck\r\n\r\n");
  return report(target, path, ask(target, request.view()));
}

} // namespace minhttp::app
