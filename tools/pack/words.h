// SPDX-License-Identifier: MIT
#pragma once
// Options of the server that are packed in: --with '--spa --health /healthz'.

#include <string>
#include <string_view>
#include <vector>

#include "pack/links.h"

namespace minhttp::packer {

// Splits a text as a shell does: at blanks; '...', "..." and a backslash keep what they enclose. Failure: a quotation
// mark is not closed.
std::vector<std::string> split_words(std::string_view text);

// The words as a pack has them: each ended by a NUL. Failure: there are too many, or one that packs do not have: a
// directory, a command.
std::string packed_options(const std::vector<std::string>& words);

// What of these options decides where links lead. Flags are "--name value" and "--name=value".
LinkOptions link_options(const std::vector<std::string>& words);

// Files that these options name and no visitor may see: passwords, keys.
std::vector<std::string> secret_files(const std::vector<std::string>& words);

} // namespace minhttp::packer
