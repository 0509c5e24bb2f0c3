// SPDX-License-Identifier: MIT
#pragma once
// What connections of --listen-http are answered, in minhttps only.

namespace minhttp::serve {

struct Reply;

// Fills in a redirect to https. False: the request is for the site, since who gives out certificates asks whether the
// name is ours (RFC 8555 section 8.3); no field of rules and options is added then.
bool sends_to_https(Reply& reply);

} // namespace minhttp::serve
