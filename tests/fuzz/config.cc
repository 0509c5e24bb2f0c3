// SPDX-License-Identifier: MIT
// A file of settings: any bytes are read or refused, and every text that is kept ends with a NUL.

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <vector>

#include "app/config.h"
#include "app/settings.h"
#include "fuzz/demand.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using minhttp::fuzz::demand;
  if (size > minhttp::limits::config_file_max) return 0;
  // The messages are many, and always of one line.
  static const int nowhere = dup2(fileno(std::fopen("/dev/null", "w")), 2);
  (void)nowhere;
  std::vector<char> text(data, data + size);
  std::vector<char> values(2 * size + 3);
  auto config = std::make_unique<minhttp::app::Config>();
  config->config_file = "file";
  if (!minhttp::app::read_config_text(*config, {text.data(), text.size()}, values)) return 0;
  for (std::string_view kept : {config->realm, config->base_path, config->hosts, config->user}) {
    if (!kept.empty()) demand(kept.data()[kept.size()] == '\0', "a text ends with a NUL");
  }
  for (std::string_view header : config->headers.list())
    demand(header.data()[header.size()] == '\0', "each of several, too");
  (void)minhttp::app::check_together(*config);
  return 0;
}
