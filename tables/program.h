// SPDX-License-Identifier: MIT
#pragma once
// The two programs that are made from these sources.

namespace minhttp {

// minhttps, which has TLS (src/tls/), and the C library behind it; else minhttp. Code for TLS in the other rooms stands
// behind `if constexpr`, and is not part of minhttp.
#ifdef MINHTTP_TLS
constexpr bool has_tls = true;
#define MINHTTP_NAME "minhttps" // a macro, so that a literal of a message can begin with it
#else
constexpr bool has_tls = false;
#define MINHTTP_NAME "minhttp"
#endif

} // namespace minhttp
