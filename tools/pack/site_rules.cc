// SPDX-License-Identifier: MIT
#include "pack/site_rules.h"

#include <array>

#include "pack/file.h"
#include "tables/limits.h"

namespace minhttp::packer {
namespace {

std::string text_of(const Tree& tree, const std::string& name, Report& report) {
  for (const TreeFile& file : tree.files) {
    if (!file.rules || file.name != name) continue;
    if (file.size > limits::rules_text_max) {
      report.mistake("rules", name, "larger than " + std::to_string(limits::rules_text_max) + " bytes");
      return {};
    }
    return std::string(MappedFile(tree.path_of(file)).bytes());
  }
  return {};
}

} // namespace

SiteRules::SiteRules(const Tree& tree, const std::string& prefix, Report& report) {
  std::string redirects = text_of(tree, prefix + "_redirects", report);
  std::string headers = text_of(tree, prefix + "_headers", report);
  memory_.resize(rules::rules_bytes(redirects, headers) / sizeof(Block) + 1);
  std::array<rules::Diagnostic, limits::mistakes_shown> kept;
  rules::Diagnostics mistakes(kept);
  std::span<std::byte> memory(memory_.data()->bytes, memory_.size() * sizeof(Block));
  std::string host = prefix.empty() || prefix == "default/" ? "" : prefix.substr(0, prefix.size() - 1);
  (void)rules::parse_rules(redirects, headers, memory, mistakes, rules_, host);
  for (const rules::Diagnostic& mistake : mistakes.kept()) {
    char memory_of_line[rules::mistake_line_max];
    Writer line(memory_of_line);
    rules::write_diagnostic(line, mistake);
    // "_redirects:12: what to do\n"; the report puts its own colon behind a name.
    std::string text(line.view().substr(0, line.size() - 1));
    size_t end = text.find(": ");
    std::string name = prefix + text.substr(0, end);
    std::string what = end == std::string::npos ? "" : text.substr(end + 2);
    constexpr std::string_view mark = "warning: ";
    if (!mistake.warning) {
      report.mistake("rules", name, what);
    } else {
      report.warning("rules", name, what.starts_with(mark) ? what.substr(mark.size()) : what);
    }
  }
}

} // namespace minhttp::packer
