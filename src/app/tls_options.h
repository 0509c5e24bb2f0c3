// SPDX-License-Identifier: MIT
#pragma once
// The options of TLS, in minhttps only.

#include "app/options.h"

namespace minhttp::app {

// Whether they go together. False: a message says why not.
bool check_tls(const Config& config);

// The version of OpenSSL.
std::string_view tls_library();

} // namespace minhttp::app
