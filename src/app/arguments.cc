// SPDX-License-Identifier: MIT
// A tour: read_arguments() takes one argument after the other and looks options up in options.h. check_together()
// rejects combinations that make no sense.

#include "app/config.h"
#include "app/message.h"
#include "app/options.h"
#include "http/character.h"
#include "rt/output.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

void print_help() {
  rt::wait_for_reader(1);
  Message(1) << "Usage: minhttp [DIR] [options]";
  Message(1) << "       minhttp check DIR [--explain /path] [options]";
  Message(1) << "       minhttp healthcheck [URL|unix:PATH]";
  Message(1) << "";
  Message(1) << "  minhttp             the case study: answers \"Hello from assembly!\"";
  Message(1) << "  minhttp DIR         serves the directory, with its _headers and _redirects;";
  Message(1) << "                      SIGHUP reads both again";
  Message(1) << "  minhttp check DIR   prints what is wrong with the site and exits with 1;";
  Message(1) << "                      --explain /path prints the answer to a request, and why";
  Message(1) << "  minhttp healthcheck asks the running server; exits with 0 if it is healthy";
  print_options();
  Message(1) << "";
  Message(1) << "  -p is --port, -l is --listen, -h is --help, -V is --version;";
  Message(1) << "  -- ends the options";
}

int unknown(Text name) {
  if (equal(name, "--explain")) {
    Message(2) << "minhttp: --explain is an option of check: minhttp check DIR --explain /path";
    return 2;
  }
  Message message(2);
  message << "minhttp: there is no option " << name;
  if (const Option* guess = guess_option(name)) message << "; did you mean " << name_of(*guess) << "?";
  message << " (minhttp --help shows all)";
  return 2;
}

// Reads --name value, --name=value, or the --name of a switch. next: the following argument, null if there is none.
std::optional<int> read_option(Text argument, const char* next, Config& config, bool& used_next) {
  size_t sign = find(argument, '=');
  bool has_value = sign < argument.size();
  Text name = take(argument, sign);
  bool explains = config.check && equal(name, "--explain"); // a special case, as it is an option of check only
  const Option* option = find_option(name);
  if (option == nullptr && !explains) return unknown(name);
  bool takes_value = explains || option->kind != OptionKind::on_off;
  if (!takes_value && has_value) {
    Message(2) << "minhttp: " << name << " takes no value";
    return 2;
  }
  used_next = takes_value && !has_value;
  if (used_next && next == nullptr) {
    Message(2) << "minhttp: " << name << " wants a value behind it";
    return 2;
  }
  Text value;
  if (takes_value) value = has_value ? drop(argument, sign + 1) : Text(next);
  if (explains) {
    config.explain = value;
    if (!value.empty()) return {};
    Message(2) << "minhttp: --explain takes a path like /about";
    return 2;
  }
  return set_option(config, *option, value) ? std::nullopt : std::optional(2);
}

// A path as requests have it: nothing in it needs an escape.
bool is_path(Text text) {
  if (!starts_with(text, "/")) return false;
  for (char c : text) {
    if (c != '/' && !http::is(c, http::Class::host)) return false;
  }
  return true;
}

// What --admin needs. Nothing: it is right, or not asked for.
std::optional<int> check_admin(const Config& config) {
  if (!config.has_admin()) {
    if (!config.admin_public) return {};
    Message(2) << "minhttp: --admin-public is about the address of --admin, which is not given";
    return 2;
  }
  if (is_plain(config)) {
    Message(2) << "minhttp: --admin needs --loop epoll: plain serves one client at a time";
    return 2;
  }
  for (uint32_t i = 0; i < config.listen.count && !config.admin_public; i++) {
    const Endpoint& endpoint = config.listen.endpoints[i];
    if (endpoint.kind != conn::ListenerKind::admin || is_loopback(loop::ip_of(endpoint.address.socket))) continue;
    Message(2) << "minhttp: other machines reach this address of --admin: write localhost:"
               << loop::port_of(endpoint.address.socket)
               << ", or add --admin-public if everybody there may read the metrics";
    return 2;
  }
  return {};
}

// Checks what depends on several options.
std::optional<int> check_together(const Config& config) {
  if (config.directory != nullptr && !config.hosts.empty()) {
    Message(2) << "minhttp: --hosts has the directories: '" << Text(config.directory) << "' is one too many";
    return 2;
  }
  if (!config.hosts.empty() && config.previous.count > 0) {
    Message(2) << "minhttp: --previous is for one DIR, not for --hosts";
    return 2;
  }
  if (config.h2c && is_plain(config)) {
    Message(2) << "minhttp: --h2c needs --loop epoll: plain speaks HTTP/1 only";
    return 2;
  }
  if (!config.health.empty() && !is_path(config.health)) {
    Message(2) << "minhttp: --health takes a path like /healthz, of letters, digits and -._~, not '" << config.health
               << "'";
    return 2;
  }
  if (auto status = check_admin(config)) return status;
  if (config.has_site()) return {};
  Text meaningless = config.listing                 ? "--listing"sv
                     : config.spa                   ? "--spa"sv
                     : config.h2c                   ? "--h2c"sv
                     : config.has_admin()           ? "--admin"sv
                     : config.cors                  ? "--cors"sv
                     : config.secure_headers        ? "--secure-headers"sv
                     : config.cross_origin_isolated ? "--cross-origin-isolated"sv
                     : !config.env_js.empty()       ? "--env-js"sv
                     : config.types.count > 0       ? "--type"sv
                     : config.headers.count > 0     ? "--header"sv
                     : config.auth.count > 0        ? "--auth"sv
                     : config.blocks.count > 0      ? "--allow and --deny"sv
                     : !config.base_path.empty()    ? "--base-path"sv
                     : config.previous.count > 0    ? "--previous"sv
                     : !config.explain.empty()      ? "--explain"sv
                     : config.check                 ? "check"sv
                                                    : ""sv;
  if (meaningless.empty()) return {};
  Message(2) << "minhttp: " << meaningless << " is about a site, and no directory is given";
  return 2;
}

std::optional<int> read_directory(const char* argument, Config& config) {
  if (*argument == '\0') {
    Message(2) << "minhttp: the directory's name is empty; write . for the one that you are in";
    return 2;
  }
  if (config.directory == nullptr) {
    config.directory = argument;
    return {};
  }
  Message message(2);
  message << "minhttp: one directory at a time: '" << Text(config.directory) << "' and '" << argument << "' are given";
  if (distance(config.directory, "check"sv) <= 1) message << "; did you mean minhttp check " << argument << "?";
  return 2;
}

} // namespace

std::optional<int> read_arguments(std::span<const char* const> arguments, Config& config) {
  size_t first = 1;
  if (arguments.size() > 1 && equal(arguments[1], "check")) {
    config.check = true;
    first = 2;
  }
  bool options_end = false;
  for (size_t i = first; i < arguments.size(); i++) {
    Text argument(arguments[i]);
    const char* next = i + 1 < arguments.size() ? arguments[i + 1] : nullptr;
    if (options_end || !starts_with(argument, "-") || argument.size() == 1) {
      if (auto status = read_directory(arguments[i], config)) return status;
      continue;
    }
    if (equal(argument, "--help") || equal(argument, "-h")) {
      print_help();
      return 0;
    }
    if (equal(argument, "--version") || equal(argument, "-V")) {
      Message(1) << "minhttp " MINHTTP_VERSION;
      return 0;
    }
    if (equal(argument, "--")) {
      options_end = true;
    } else {
      bool used_next = false;
      if (auto status = read_option(argument, next, config, used_next)) return status;
      if (used_next) i++;
    }
  }
  return check_together(config);
}

} // namespace minhttp::app
