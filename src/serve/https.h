// SPDX-License-Identifier: MIT
#pragma once
// What connections of --listen-http are answered, in minhttps only.

#include <optional>

namespace minhttp::serve {

struct Reply;

// Fills in a redirect to https, or the file of a challenge (RFC 8555 section 8.3). Nothing: the request is for the
// site. False: as of reply_file().
std::optional<bool> decide_http(Reply& reply);

} // namespace minhttp::serve
