// SPDX-License-Identifier: MIT
#pragma once
// A file system in memory: directories, files, links, a FIFO.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace minhttp::sim {

struct Node {
  enum class Kind { file, directory, link, fifo };
  Kind kind = Kind::file;
  std::string content; // of a file; of a link, its target
  std::map<std::string, std::shared_ptr<Node>> entries;
  uint64_t inode = 0;
  int64_t mtime_s = 0;
  bool readable = true;
};

class Files {
 public:
  Files();
  std::shared_ptr<Node> root() const { return root_; }

  // Puts a node at an absolute path. It replaces what was there; open descriptors keep the old node.
  std::shared_ptr<Node> put(std::string_view path, Node::Kind kind, std::string content = {}, int64_t mtime_s = 0);
  void remove(std::string_view path);
  std::shared_ptr<Node> at(std::string_view path) const;

  struct Lookup {
    std::shared_ptr<Node> node;
    long error = 0; // negative, as returned by the kernel
  };
  // Resolves a path as openat2 does. beneath: RESOLVE_BENEATH. follow: a link as the last component is followed.
  Lookup resolve(const std::shared_ptr<Node>& from, std::string_view path, bool beneath, bool follow) const;

 private:
  std::shared_ptr<Node> root_;
  uint64_t inodes_ = 1;
};

} // namespace minhttp::sim
