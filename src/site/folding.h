// SPDX-License-Identifier: MIT
#pragma once
// File systems that take several names for one file: FAT, exFAT, NTFS, SMB, and ext4 and f2fs with
// casefold find PRIVATE where private is asked for; some drop dots and spaces at a name's end, have
// short names (PRIVAT~1), or ignore characters that nobody sees. What is protected or hidden by its
// name has to be so under all of them.

#include <cstdint>
#include <string_view>

namespace minhttp::site {

enum class Folding : uint8_t {
  none,    // a name is a file's only one
  unknown, // there was nothing to try it with: taken for none, as nearly all file systems are
  yes
};

// Whether two segments of a path may name the same file somewhere: without regard to the case of ASCII
// letters, and to dots and spaces at the end. Asked on every file system: it costs little, and to protect
// more than was asked for is safe.
bool same_segment(std::string_view a, std::string_view b);

std::string_view without_trailing(std::string_view segment); // dots and spaces

// Whether a name, where names are folded, may be another one for something that same_segment() does not
// see: a short name, a stream of NTFS, a name with characters that are dropped or become ASCII letters.
// only_ascii: any name beyond ASCII counts as one.
bool may_be_alias(std::string_view name, bool only_ascii);

bool is_ascii(std::string_view text);

} // namespace minhttp::site
