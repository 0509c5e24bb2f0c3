// SPDX-License-Identifier: MIT
#pragma once
// Checks the files of a site for `minhttp check`.

#include <string_view>

#include "site/site.h"

namespace minhttp::app {

struct Complaints {
  uint32_t mistakes = 0;
  uint32_t warnings = 0;
};

// Checks every file beneath the site's root and every rule. Reports on standard output what no visitor can get, as
// mistakes, and what is probably not intended, as warnings. place: of the site, for the messages. compresses: the
// server compresses files that have no sibling.
Complaints inspect(const site::Site& site, std::string_view place, bool compresses);

} // namespace minhttp::app
