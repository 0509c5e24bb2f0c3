// SPDX-License-Identifier: MIT
#pragma once
// Finds links, scripts and images of HTML pages that lead nowhere in the site.

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "pack/report.h"
#include "pack/site_rules.h"
#include "pack/tree.h"

namespace minhttp::packer {

// What of the server's options decides whether a path has an answer.
struct LinkOptions {
  std::string base_path;          // of --base-path: without a slash at its end
  bool spa = false;               // --spa
  bool listing = false;           // --listing
  std::vector<std::string> paths; // of --health, --env-js
};

class LinkCheck {
 public:
  // Pages beyond one of these are not checked.
  static constexpr uint64_t page_max = 32 << 20; // bytes
  static constexpr size_t nesting_max = 10'000;  // nesting_of(): gumbo's time grows with the square of it
  static constexpr uint64_t page_memory_max = 1ULL
                                              << 30; // bytes: tags of some hundred bytes can make millions of elements

  // prefix: of the site's files in the tree, "" or "host/". All arguments must outlive this.
  LinkCheck(const Tree& tree, const std::string& prefix, const SiteRules& rules, const LinkOptions& options);

  // Warns of all links that lead nowhere, and of pages that are not checked. jobs: threads. How many pages those are.
  size_t run(unsigned jobs, Report& report) const;

 private:
  struct Complaint {
    unsigned line;
    std::string text;
  };
  struct Findings {
    std::vector<Complaint> complaints;
    std::string_view unchecked; // why the page is not checked
  };

  Findings check_page(const TreeFile& page) const;
  // Why the link leads nowhere; empty if it does not.
  std::string evaluate(std::string_view link, std::string_view base, bool navigation) const;
  bool is_served(const http::Path& path) const;
  bool has_file(const std::string& name) const { return files_.contains(name); }
  std::string like(std::string_view name) const;

  const Tree& tree_;
  const std::string& prefix_;
  const SiteRules& rules_;
  const LinkOptions& options_;
  std::unordered_set<std::string> files_; // names without the prefix
  std::unordered_set<std::string> directories_;
  std::unordered_map<std::string, std::string> by_lower_; // in lower case: the name
};

} // namespace minhttp::packer
