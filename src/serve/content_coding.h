// SPDX-License-Identifier: MIT
#pragma once
// Chooses the content coding of a file.

#include "serve/reply.h"

namespace minhttp::serve {

// Replaces the file by a compressed sibling, by Accept-Encoding. True: it did, or the client prefers the file.
bool choose_sibling(Reply& reply, site::Found& found, http::AcceptedCodings& accepted);

// Replaces the file by our own compressed copy, if there is one; the file has its tag already. conditional: the
// response may be 304. False: it did not.
bool choose_copy(Reply& reply, site::Found& found, const http::AcceptedCodings& accepted, bool conditional);

// For a path without a file: the file that is stored compressed only, such as app.js.gz for app.js. 406 if the client
// accepts none of the codings that are there.
site::Found find_stored(const Reply& reply, const site::Files& files, const http::Path& path);

// A file that is stored compressed under its own name (game.data.gz) is sent as what is in it, with Content-Encoding,
// if the client accepts that. Only for types that are compressed already. True: the coding was chosen by
// Accept-Encoding.
bool choose_stored(Reply& reply, site::Found& found);

// Whether _headers set or remove Content-Encoding; then the file is sent as it is.
bool is_coded_by_rule(const Reply& reply);

} // namespace minhttp::serve
