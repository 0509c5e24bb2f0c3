// SPDX-License-Identifier: MIT
#pragma once
// --env-js: variables of the environment as a script, so that one image of a site runs with the settings of
// each place where it is started.

#include <span>

#include "app/config.h"
#include "conn/server.h"

namespace minhttp::app {

// Writes the script into memory, limits::env_js_max bytes, and says in options where it is served. environment:
// NAME=value, ended by null. False: the option is not good, and a message says why.
bool make_env_js(const Config& config, const char* const* environment, std::span<char> memory,
                 serve::SiteOptions& options);

} // namespace minhttp::app
