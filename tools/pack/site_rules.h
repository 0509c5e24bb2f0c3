// SPDX-License-Identifier: MIT
#pragma once
// _headers and _redirects of a site, read by the server's own parser.

#include <cstddef>
#include <string>
#include <vector>

#include "pack/report.h"
#include "pack/tree.h"
#include "rules/rules.h"

namespace minhttp::packer {

class SiteRules {
 public:
  // prefix: of the site's files in the tree, "" or "host/". Reports each mistake with file and line.
  SiteRules(const Tree& tree, const std::string& prefix, Report& report);
  SiteRules(const SiteRules&) = delete;
  SiteRules& operator=(const SiteRules&) = delete;

  const rules::Rules& rules() const { return rules_; }

 private:
  struct alignas(16) Block {
    std::byte bytes[16];
  };
  std::vector<Block> memory_;
  rules::Rules rules_;
};

} // namespace minhttp::packer
