// SPDX-License-Identifier: MIT
#pragma once
// The command line of minhttp-pack.

#include <optional>
#include <string>
#include <vector>

#include "http/coding.h"

namespace minhttp::packer {

enum class Command : uint8_t { pack, list, extract, verify, siblings };

struct Arguments {
  Command command = Command::pack;
  std::string directory;             // of the site; for extract: to be filled
  bool hosts = false;                // the directory has a site for each host (--hosts)
  std::string file;                  // the pack: to be written, or read
  std::string with;                  // options of the server
  std::string server;                // empty: beside this program, or in PATH
  std::string cache;                 // directory; empty: no cache
  std::vector<http::Coding> codings; // to be made
  unsigned jobs = 1;
  bool dry_run = false;
  bool strict = false;
  bool links = true;
  bool quiet = false;
  bool all_lines = false;
};

// Prints help or a mistake itself. Nothing: the program ends with `status`.
std::optional<Arguments> read_arguments(int count, char** words, int& status);

} // namespace minhttp::packer
