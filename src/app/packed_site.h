// SPDX-License-Identifier: MIT
#pragma once
// The site inside this executable, if there is one (docs/pack-format.md).

#include <optional>
#include <span>
#include <string_view>

#include "app/config.h"
#include "rt/start.h"
#include "site/pack.h"

namespace minhttp::app {

// The segment that the kernel has mapped a pack into: a read-only one behind all that can be written. Null: there is
// none. No file is opened for that, as the program headers lie in memory (getauxval(3), AT_PHDR).
std::string_view packed_segment(const uint64_t* auxiliary);

// Opens the pack in this executable, if there is one, for config. Nothing: continue; else the exit status, after a
// message.
std::optional<int> open_packed_site(const rt::Start& start, site::Pack& pack, Config& config);

// What it is called in messages.
constexpr std::string_view packed_site() {
  using namespace std::string_view_literals;
  return "the packed site"sv;
}

// Sets the options that were packed with the site. False: one is wrong, and a message says so.
bool read_packed_options(Config& config);

} // namespace minhttp::app
