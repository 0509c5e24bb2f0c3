// SPDX-License-Identifier: MIT
#pragma once
// What a person sees where the site has no page of its own for an error.

#include "base/bytes.h"
#include "http/status.h"

namespace minhttp::http {

// A small page that says the status and what to do; limits::error_page_max bytes at most. Without script and
// pictures; light or dark, as the browser is set.
void write_error_page(Writer& out, Status status);

} // namespace minhttp::http
