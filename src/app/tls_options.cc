// SPDX-License-Identifier: MIT
#include "app/tls_options.h"

#include "tls/memory.h"

namespace minhttp::app {
namespace {

bool is_given(const Config& config, std::string_view option) {
  return setting(config, option).origin.level != Level::standard;
}

bool refuse(const Config& config, std::string_view option, std::string_view why) {
  named_message(2) << setting(config, option) << " " << why;
  return false;
}

} // namespace

bool check_tls(const Config& config) {
  if (!config.is_secure()) {
    for (std::string_view option : {"--key"sv, "--tls"sv, "--hsts"sv, "--client-ca"sv, "--client-ca-mode"sv,
                                    "--listen-http"sv, "--tls-bytes"sv}) {
      if (is_given(config, option)) return refuse(config, option, "needs --cert or --self-signed"sv);
    }
    return true;
  }
  if (is_given(config, "--client-ca-mode"sv) && config.client_ca.empty()) {
    return refuse(config, "--client-ca-mode"sv, "needs --client-ca"sv);
  }
  if (is_plain(config))
    return refuse(config, config.self_signed ? "--self-signed"sv : "--cert"sv, "needs --loop epoll"sv);
  if (config.has_site() || config.show_settings) return true;
  return refuse(config, config.self_signed ? "--self-signed"sv : "--cert"sv, "needs a site: name a directory"sv);
}

std::string_view tls_library() { return tls::library(); }

} // namespace minhttp::app
