// SPDX-License-Identifier: MIT
#include "pack/report.h"

#include <cstdio>

namespace minhttp::packer {

void fail_with_errno(const std::string& what) { throw Failure(hosted::with_errno(what)); }

void Report::line(std::string_view kind, const std::string& text) {
  auto found = kinds_.find(kind);
  if (found == kinds_.end()) found = kinds_.emplace(kind, 0).first;
  if (++found->second <= lines_of_a_kind || all_) (void)std::fprintf(stderr, "%s\n", text.c_str());
}

void Report::mistake(std::string_view kind, std::string_view name, std::string_view what) {
  mistakes_++;
  line(kind, place_ + "/" + printable(name) + ": " + printable(what));
}

void Report::warning(std::string_view kind, std::string_view name, std::string_view what) {
  warnings_++;
  line(kind, place_ + "/" + printable(name) + ": warning: " + printable(what));
}

void Report::close() {
  for (auto& [kind, count] : kinds_) {
    if (count <= lines_of_a_kind || all_) continue;
    (void)std::fprintf(stderr, "minhttp-pack: and %zu more: %s\n", count - lines_of_a_kind, kind.c_str());
  }
}

} // namespace minhttp::packer
