// SPDX-License-Identifier: MIT
#pragma once
// The authority of a Host field or of an absolute request target.

#include <string_view>

namespace minhttp::http {

// Whether text is uri-host [ ":" port ] of RFC 9110 section 7.2. The host must be a name of 1 to 255 bytes or an IPv6
// address in brackets, the port at most 65535. An empty host is refused: no http URI may have one (RFC 9110 section
// 4.2.1).
bool valid_authority(std::string_view text);

// The host of a valid authority, without its port and without the dot at the end of a fully qualified name. Case is
// kept.
std::string_view host_of(std::string_view authority);

// Whether text is a host in the form in which hosts are compared: in lower case, without a port and without the dot at
// its end. A directory of --hosts is named so, and no host has two directories.
bool is_canonical_host(std::string_view text);

} // namespace minhttp::http
