// SPDX-License-Identifier: MIT
#pragma once
// What a directory has to offer: the files that the server would serve from it, by the server's own rules (site::Files
// opens each of them), and what it would never serve.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "pack/report.h"
#include "site/pack_format.h"

namespace minhttp::packer {

struct TreeFile {
  std::string name; // beneath the root, without a slash at its ends; any bytes
  uint64_t size = 0;
  int64_t seconds = 0; // modification time
  uint32_t nanoseconds = 0;
  bool rules = false; // _headers or _redirects: read by the server, never sent
};

struct Tree {
  std::string root;                     // path of the directory
  std::vector<TreeFile> files;          // in order of their names' bytes
  std::vector<std::string> directories; // in the same order; the root, which is "", is the first
  size_t dotfiles = 0;                  // entries that were left out because their names begin with a dot
  size_t rule_copies = 0;               // _headers.gz and the like, which are never served

  std::string path_of(const TreeFile& file) const { return root + "/" + file.name; }
};

// What must not lie in the site, by whatever name it is reached: links and hard links lead anywhere. Paths; what is not
// there is nowhere.
struct Apart {
  std::vector<std::string> secrets; // files that no visitor may see
  std::string output;               // the directory of what is written; empty: none
};

// Whether the server takes a compressed copy for older than its original, and does not send it.
bool is_older(const TreeFile& copy, const TreeFile& original);

// Walks through the directory. What cannot be served as its owner expects is a mistake: a file that may not be read, a
// link that leads out of the tree, nowhere or in a circle, what is neither file nor directory, a name that no URL
// reaches. Names that differ only in case are warned of. Failure: the directory itself cannot be read, has what should
// be apart, or has more than `most` files and directories, each counted as often as links lead to it.
Tree read_tree(const std::string& root, const Apart& apart, Report& report, size_t most = site::pack::entries_max);

// The same for a directory that has a site for each host, as --hosts has it: each directory in it is a site of its own.
Tree read_host_trees(const std::string& root, const Apart& apart, Report& report,
                     size_t most = site::pack::entries_max);

} // namespace minhttp::packer
