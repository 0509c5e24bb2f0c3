// SPDX-License-Identifier: MIT
#pragma once
// What `minhttp check` finds wrong with the files of a site.

#include <string_view>

#include "site/site.h"

namespace minhttp::app {

struct Complaints {
  uint32_t mistakes = 0;
  uint32_t warnings = 0;
};

// Looks at every file beneath the site's root and at every rule. Says on standard output what no visitor will get,
// which are mistakes, and what is hardly meant, which are warnings. place: of the site, for the messages. compresses:
// the server does it, where there is no sibling.
Complaints inspect(const site::Site& site, std::string_view place, bool compresses);

} // namespace minhttp::app
