// SPDX-License-Identifier: MIT
#pragma once
// Rules from text, and what they say to a request, in the types that tests like.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "rules/rules.h"

namespace minhttp::test {

class Ruled {
 public:
  explicit Ruled(std::string redirects, std::string headers = "", const std::string& own_host = "");

  bool ok() const { return ok_; }
  // As `minhttp check` would print them.
  std::string mistakes() const { return mistakes_; }
  uint32_t errors() const { return errors_; } // of them; the others are warnings
  const rules::Rules& rules() const { return rules_; }
  size_t bytes() const { return memory_.size(); }

  // "301 /new", "200! /index.html", or "-"; url: [//host]/path[?query].
  std::string redirect(const std::string& url, size_t room = 8192) const;
  // Field lines without their CR, or "?" where they did not fit.
  std::string fields(const std::string& url, size_t room = 8192) const;
  rules::Fields match(const std::string& url) const;
  uint32_t visits(const std::string& url) const;

 private:
  std::string redirects_;
  std::string headers_;
  std::vector<std::byte> memory_;
  rules::Rules rules_;
  bool ok_ = false;
  std::string mistakes_;
  uint32_t errors_ = 0;
};

// The parts of an url as above; the path is decoded into name.
struct Asked {
  explicit Asked(const std::string& url);
  std::string host;
  std::string query;
  std::string name;
  rules::Question question;
};

} // namespace minhttp::test
