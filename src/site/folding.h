// SPDX-License-Identifier: MIT
#pragma once
// Some file systems take several names for one file. FAT, exFAT, NTFS, SMB, and ext4 and f2fs with casefold find
// PRIVATE when private is asked for; some drop dots and spaces at the end of a name, have short names (PRIVAT~1), or
// ignore invisible characters. A file that is protected or hidden by its name must be so under all its names.

#include <cstdint>
#include <string_view>

namespace minhttp::site {

enum class Folding : uint8_t {
  none,    // a file has only one name
  unknown, // there was no entry to test with: treated as none, as nearly all file systems are
  yes
};

// Whether two segments of a path may name the same file on some file system: ignores the case of ASCII letters, and
// dots and spaces at the end. It is applied on every file system: it costs little, and protecting too much is safe.
bool same_segment(std::string_view a, std::string_view b);

std::string_view without_trailing(std::string_view segment); // without dots and spaces at its end

// Whether a name on a folding file system may be an alias that same_segment() does not recognize: a short name, an NTFS
// stream, a name with characters that are dropped or become ASCII letters. only_ascii: every name with non-ASCII
// characters counts as an alias.
bool may_be_alias(std::string_view name, bool only_ascii);

bool is_ascii(std::string_view text);

} // namespace minhttp::site
