// SPDX-License-Identifier: MIT
#pragma once
// Chooses the content coding of a file.

#include "serve/reply.h"

namespace minhttp::serve {

// Replaces the file by a compressed sibling, by Accept-Encoding. Three outcomes in a bool: true, the file was replaced;
// true, the client prefers the file as it is; false, no sibling suits, and choose_copy() is next.
bool choose_sibling(Reply& reply, site::Found& found, http::AcceptedCodings& accepted);

// Replaces the file by our own compressed copy; the file has its tag already. conditional: the response may be 304.
// Three outcomes in a bool: true, the file was replaced; true, there is no copy yet, but the client has the one that
// would be made, and found has only its validators, for 304; false, the file stays as it is.
bool choose_copy(Reply& reply, site::Found& found, const http::AcceptedCodings& accepted, bool conditional);

// For a path without a file: the file that is stored compressed only, such as app.js.gz for app.js. 406 if the client
// accepts none of the codings that are there.
site::Found find_stored(const Reply& reply, const site::Files& files, const http::Path& path);

// A file that is stored compressed under its own name (game.data.gz) is sent as what is in it, with Content-Encoding,
// if the client accepts that. Only for types that are compressed already. Three outcomes in a bool: true, it is sent
// with Content-Encoding; true, it would be, but the client does not accept the coding, so it is sent as it is; false,
// Accept-Encoding does not matter: it is no such file, or a rule has set the coding.
bool choose_stored(Reply& reply, site::Found& found);

// Whether _headers set or remove Content-Encoding; then the file is sent as it is.
bool is_coded_by_rule(const Reply& reply);

} // namespace minhttp::serve
