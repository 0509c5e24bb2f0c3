#pragma once
// What `minhttp check` finds wrong with the files of a site.

#include <string_view>

#include "site/site.h"

namespace minhttp::app {

// Looks at every file beneath the site's root and at every rule that serves one. Says on
// standard output what no visitor will get; how many there were. place: of the site, for the
// messages.
uint32_t inspect(const site::Site& site, std::string_view place);

} // namespace minhttp::app
