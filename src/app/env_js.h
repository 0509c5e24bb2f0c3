// SPDX-License-Identifier: MIT
#pragma once
// --env-js: publishes environment variables as a script, so that one image of a site can run with different settings in
// each place.

#include <span>

#include "app/config.h"
#include "conn/server.h"

namespace minhttp::app {

// Writes the script into memory, limits::env_js_max bytes, and sets in options where it is served. environment:
// NAME=value, terminated by null. False: the option is invalid, and a message says why.
bool make_env_js(const Config& config, const char* const* environment, std::span<char> memory,
                 serve::SiteOptions& options);

} // namespace minhttp::app
