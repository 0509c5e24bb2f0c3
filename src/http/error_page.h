// SPDX-License-Identifier: MIT
#pragma once
// The page that a person sees for an error if the site has no page of its own.

#include "base/bytes.h"
#include "http/status.h"

namespace minhttp::http {

// Writes a small page with the status and what to do, at most limits::error_page_max bytes. It has no script and no
// pictures, and is light or dark as the browser is set.
void write_error_page(Writer& out, Status status);

} // namespace minhttp::http
