// SPDX-License-Identifier: MIT
#pragma once
// A directory in the system's place for temporary files, gone at the end of the test.

#include <string>
#include <string_view>

namespace minhttp::test {

class Tree {
 public:
  Tree();
  ~Tree();
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  // Names are relative to root(), which is one level below the temporary directory: "../x"
  // lies outside of the site, and still in here.
  std::string root() const { return top_ + "/site"; }
  std::string path(std::string_view name) const;
  void file(std::string_view name, std::string_view contents) const; // and its directories
  void directory(std::string_view name) const;
  void link(std::string_view name, std::string_view target) const;
  void modified(std::string_view name, long seconds, long nanoseconds) const;

 private:
  std::string top_;
};

} // namespace minhttp::test
