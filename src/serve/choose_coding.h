// SPDX-License-Identifier: MIT
#pragma once
// In which content coding a file is sent.

#include "serve/respond.h"

namespace minhttp::serve {

// By Accept-Encoding, a compressed sibling takes the place of the file. True: that, or the client likes the file best.
bool choose_sibling(Reply& reply, site::Found& found, http::AcceptedCodings& accepted);

// Else our own compressed copy does, where there is one; the file has its tag already. conditional: the answer may be
// 304. False: it stays as it is.
bool choose_copy(Reply& reply, site::Found& found, const http::AcceptedCodings& accepted, bool conditional);

// Of a path at which nothing is: the file that is there compressed only, app.js.gz for app.js. Not acceptable, where
// the client takes none of the codings that are there.
site::Found find_stored(const Reply& reply, const site::Files& files, const http::Path& path);

// A file that is stored compressed under its own name (game.data.gz) becomes what is in it, with its coding, where the
// client takes that. Only for types that are compressed already. True: the coding is chosen, by Accept-Encoding.
bool choose_stored(Reply& reply, site::Found& found);

// Whether _headers say something of Content-Encoding: then the file is sent as it is.
bool is_coded_by_rule(const Reply& reply);

} // namespace minhttp::serve
