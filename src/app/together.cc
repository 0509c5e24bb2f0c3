// SPDX-License-Identifier: MIT
#include "app/admin.h"
#include "app/settings.h"
#include "app/tls_options.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

// Of two settings that exclude each other, that of the higher level holds. False: both have the same level.
bool exclude(Config& config, Text first, Text second, Text why) {
  Setting one = setting(config, first);
  Setting other = setting(config, second);
  if (one.origin.level == Level::standard || other.origin.level == Level::standard) return true;
  if (one.origin.level != other.origin.level) {
    reset_option(config, one.origin.level < other.origin.level ? one.option : other.option);
    return true;
  }
  named_message(2) << one << " and " << other << " exclude each other: " << why;
  return false;
}

// What a site in the executable takes the place of.
bool check_pack(const Config& config) {
  if (config.pack == nullptr) return true;
  Text other = config.directory != nullptr ? "--root"sv
               : !config.hosts.empty()     ? "--hosts"sv
               : config.previous.count > 0 ? "--previous"sv
                                           : ""sv;
  if (other.empty()) return true;
  named_message(2) << setting(config, other)
                   << ": this executable serves the site that is packed in it, and no directory; minhttp itself does";
  return false;
}

} // namespace

bool check_listeners(const Config& config, bool all_known) {
  bool proxied = config.listen.count_of(conn::ListenerKind::proxied) > 0;
  if (config.trusted_proxy.count == 0 && (proxied || !config.client_header.empty())) {
    named_message(2) << setting(config, proxied ? "--proxy-protocol"sv : "--client-header"sv)
                     << " needs --trusted-proxy: name the proxies that are trusted";
    return false;
  }
  if (proxied && is_plain(config)) {
    named_message(2) << setting(config, "--proxy-protocol"sv) << " needs --loop epoll";
    return false;
  }
  return check_admin(config, all_known);
}

bool check_together(Config& config) {
  if (!exclude(config, "--port"sv, "--listen"sv, "each address of the latter has its own port"sv)) return false;
  if (!check_pack(config)) return false;
  if (!exclude(config, "--root"sv, "--hosts"sv, "the latter has the directories"sv)) return false;
  if (!config.hosts.empty() && config.previous.count > 0) {
    named_message(2) << setting(config, "--previous"sv) << " is for one DIR, not for " << setting(config, "--hosts"sv);
    return false;
  }
  if (config.h2c && is_plain(config)) {
    named_message(2) << setting(config, "--h2c"sv) << " needs --loop epoll: with " << setting(config, "--loop"sv)
                     << " plain there is HTTP/1 only";
    return false;
  }
  if (!config.health.empty() && config.health[0] != '/') {
    named_message(2) << setting(config, "--health"sv) << " takes a path like /healthz, not '" << config.health << "'";
    return false;
  }
  if (!check_listeners(config, false)) return false;
  if (config.client_connections > 0 && is_plain(config)) {
    named_message(2) << setting(config, "--client-connections"sv)
                     << " needs --loop epoll: plain has one client at a time";
    return false;
  }
  if (config.upgrade && is_plain(config)) {
    named_message(2) << setting(config, "--upgrade"sv) << " needs --loop epoll";
    return false;
  }
  if (!config.log_file.empty() && is_plain(config)) {
    named_message(2) << setting(config, "--log-file"sv) << " needs --loop epoll; plain writes to standard output";
    return false;
  }
  if constexpr (has_tls) {
    if (!check_tls(config)) return false;
  }
  if (config.has_site() || config.show_settings) return true;
  Text meaningless = config.listing                   ? "--listing"sv
                     : config.spa                     ? "--spa"sv
                     : config.h2c                     ? "--h2c"sv
                     : config.upgrade                 ? "--upgrade"sv
                     : config.has_admin()             ? "--admin"sv
                     : !config.health.empty()         ? "--health"sv
                     : config.trusted_proxy.count > 0 ? "--trusted-proxy"sv
                     : !config.log_file.empty()       ? "--log-file"sv
                     : config.cors                    ? "--cors"sv
                     : config.secure_headers          ? "--secure-headers"sv
                     : config.cross_origin_isolated   ? "--cross-origin-isolated"sv
                     : !config.env_js.empty()         ? "--env-js"sv
                     : config.types.count > 0         ? "--type"sv
                     : config.headers.count > 0       ? "--header"sv
                     : config.auth.count > 0          ? "--auth"sv
                     : config.blocks.count > 0        ? (config.blocks.rules[0].allow ? "--allow"sv : "--deny"sv)
                     : !config.base_path.empty()      ? "--base-path"sv
                     : config.previous.count > 0      ? "--previous"sv
                     : !config.explain.empty()        ? "--explain"sv
                     : config.check                   ? "check"sv
                                                      : ""sv;
  if (meaningless.empty()) return true;
  if (equal(meaningless, "check") || equal(meaningless, "--explain")) {
    named_message(2) << meaningless << " needs a site: name a directory";
  } else {
    named_message(2) << setting(config, meaningless) << " needs a site: name a directory";
  }
  return false;
}

} // namespace minhttp::app
