// SPDX-License-Identifier: MIT
#pragma once
// What is wrong with a site, on standard error: one line each, and of many alike only the first ones.

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "hosted/report.h"

namespace minhttp::packer {

using hosted::Failure;
using hosted::printable;

// Failure: "what: why", with the words of errno for why.
[[noreturn]] void fail_with_errno(const std::string& what);

class Report {
 public:
  static constexpr size_t lines_of_a_kind = 20; // that are printed

  // place: of the site, before each name. all: print every line.
  explicit Report(std::string place, bool all = false) : place_(std::move(place)), all_(all) {}

  // The site cannot be packed. kind: lines of one kind are counted together; a text of the program.
  void mistake(std::string_view kind, std::string_view name, std::string_view what);
  // It can, but is probably not what was meant.
  void warning(std::string_view kind, std::string_view name, std::string_view what);

  size_t mistakes() const { return mistakes_; }
  size_t warnings() const { return warnings_; }

  // Prints how many lines were left out.
  void close();

 private:
  void line(std::string_view kind, const std::string& text);

  std::string place_;
  bool all_;
  size_t mistakes_ = 0;
  size_t warnings_ = 0;
  std::map<std::string, size_t, std::less<>> kinds_;
};

} // namespace minhttp::packer
