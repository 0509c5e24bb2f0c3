// SPDX-License-Identifier: MIT
#include "site/site.h"

#include "base/bytes.h"
#include "http/host.h"

namespace minhttp::site {

// The host is only compared with known names; it is never a part of a path.
const Site* Sites::pick(std::string_view authority) const {
  if (all.size() > 1 || default_site == nullptr) {
    std::string_view host = http::host_of(authority);
    for (const Site& site : all) {
      if (!site.host.empty() && equal_ignoring_case(host, site.host)) return &site;
    }
  }
  return default_site;
}

} // namespace minhttp::site
