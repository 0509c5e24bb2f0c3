// SPDX-License-Identifier: MIT
#pragma once
// Sites: one for all hosts, or one for each host.

#include <span>
#include <string_view>

#include "rules/rules.h"
#include "site/files.h"

namespace minhttp::site {

struct Site {
  std::string_view host; // in lower case; empty: any
  Files files;
  rules::Rules rules;
  std::span<Files> previous = {}; // earlier releases, the latest first; the root of one that is missing is not open
  std::span<const std::string_view> previous_names = {}; // of each earlier release, as given in the options
};

struct Sites {
  std::span<Site> all;                // empty: only the greeting is served
  const Site* default_site = nullptr; // for hosts without a site of their own; null: 421
  size_t kept = 0;                    // number of sites, at the end of `all`, whose directories are missing

  bool greeting() const { return all.empty(); }

  // authority: of the request, valid; or empty (HTTP/1.0 without Host).
  const Site* pick(std::string_view authority) const;

  void close() {
    for (Site& site : all) {
      site.files.close();
      for (Files& files : site.previous) files.close();
    }
  }
};

} // namespace minhttp::site
