// SPDX-License-Identifier: MIT
#pragma once
// --self-signed: a key and a certificate that exist in memory only.

#include <cstdint>
#include <span>
#include <string_view>

#include "tls/certificates.h"

namespace minhttp::tls {

// Makes an ECDSA P-256 key, and its certificate for these host names and addresses, valid from a day before now_s on
// for limits::tls_self_signed_s. False: out of memory, or a name is too long or has a comma.
bool make_self_signed(std::span<const std::string_view> names, int64_t now_s, Pair& pair);

} // namespace minhttp::tls
