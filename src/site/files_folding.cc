// SPDX-License-Identifier: MIT
// Detects at load whether the file systems of a site take several names for one file.

#include "base/bytes.h"
#include "site/files.h"
#include "tables/limits.h"

namespace minhttp::site {

// Looks up an entry under names that nobody gives: with a dot or a space at the end, and with every other letter in the
// other case. The test is existence, not the inode: FUSE may give each name its own. unknown: the entry does not exist,
// or has no letters.
Folding Files::try_other_names(std::string_view name) const {
  char text[limits::path_max];
  if (name.size() + 2 > sizeof text) return Folding::unknown;
  Writer(text).text(name).byte(0);
  if (!has_entry(text)) return Folding::unknown;
  for (char end : {'.', ' '}) {
    Writer(text).text(name).byte(end).byte(0);
    if (has_entry(text)) return Folding::yes;
  }
  text[name.size()] = 0;
  bool letters = false;
  bool change = true;
  for (size_t i = name.size(); i > 0 && text[i - 1] != '/'; i--) {
    char& c = text[i - 1];
    if (to_lower(c) < 'a' || to_lower(c) > 'z') continue;
    if (change) c ^= 'a' ^ 'A';
    change = !change;
    letters = true;
  }
  if (!letters) return Folding::unknown;
  return has_entry(text) ? Folding::yes : Folding::none;
}

void Files::find_out_folding(std::span<const std::string_view> protected_paths) {
  folding_ = Folding::unknown;
  only_ascii_ = false;
  bool part = false;
  auto consider = [&](std::string_view name) {
    Folding here = try_other_names(name);
    if (here == Folding::yes || folding_ == Folding::unknown) folding_ = here;
  };
  for (std::string_view path : protected_paths) {
    part = part || !path.empty();
    for (size_t end = 0; end < path.size(); end++) {
      end += minhttp::find(drop(path, end), '/');
      consider(take(path, end));
    }
  }
  // Names that sites often have, as one text: a table of texts would hold pointers.
  std::string_view names =
      "index.html 404.html _redirects _headers .git .env .htaccess robots.txt favicon.ico assets static js css img"sv;
  while (!names.empty()) {
    consider(take_until(names, ' '));
  }
  only_ascii_ = part && folding_ == Folding::yes;
}

} // namespace minhttp::site
