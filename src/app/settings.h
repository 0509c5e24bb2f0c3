// SPDX-License-Identifier: MIT
#pragma once
// Reads the settings from the file of --config, the environment and the arguments, in ascending precedence
// (docs/configuration.md).

#include <optional>
#include <span>

#include "app/options.h"

namespace minhttp::app {

// arguments: the program's name first. environment: NAME=value, ended by null. Nothing: continue with config. Else the
// exit status: 0 after --help, --version or --settings; 2 after a message about a wrong setting, 1 if a file cannot be
// read. What config views stays mapped.
std::optional<int> read_settings(std::span<const char* const> arguments, const char* const* environment,
                                 Config& config);

// Checks what depends on several settings, and drops those that one of a higher level excludes. False: a message says
// what is wrong.
bool check_together(Config& config);

// The part of it that is about listeners. all_known: those of the service manager, too.
bool check_listeners(const Config& config, bool all_known);

// Reads the text of a file into config, at the level of the file. values: as many bytes as text has, and a few more
// (config_values_max). Visible for tests.
bool read_config_text(Config& config, std::string_view text, std::span<char> values);

// Whether Kubernetes sets this variable in every container beside a Service that is called minhttp, or minhttp-web:
// MINHTTP_SERVICE_HOST, MINHTTP_PORT=tcp://10.0.0.1:80, MINHTTP_WEB_PORT_80_TCP_ADDR.
bool is_of_kubernetes(std::string_view name, std::string_view value);

} // namespace minhttp::app
