// SPDX-License-Identifier: MIT
#pragma once
// Sites: one directory for everybody, or one for each host name.

#include <span>
#include <string_view>

#include "rules/rules.h"
#include "site/files.h"

namespace minhttp::site {

struct Site {
  std::string_view host; // in lower case; empty: any
  Files files;
  rules::Rules rules;
  std::span<Files> previous =
      {}; // earlier releases, the latest first; of those that are not there, the root is not open
  std::span<const std::string_view> previous_names = {}; // of each, as the options name it
};

struct Sites {
  std::span<Site> all;                // none: the greeting is all there is
  const Site* default_site = nullptr; // for hosts that have no site of their own; null: 421
  size_t kept = 0;                    // the last ones of all: hosts whose directories are missing

  bool greeting() const { return all.empty(); }

  // authority: as the request names it, valid, or empty (HTTP/1.0 without Host).
  const Site* pick(std::string_view authority) const;

  void close() {
    for (Site& site : all) {
      site.files.close();
      for (Files& files : site.previous) files.close();
    }
  }
};

} // namespace minhttp::site
