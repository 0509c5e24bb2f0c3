// SPDX-License-Identifier: MIT
#include "sim/files.h"

#include <cerrno>
#include <vector>

namespace minhttp::sim {
namespace {

constexpr int links_max = 40;

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    size_t slash = path.find('/');
    if (slash != 0) parts.emplace_back(path.substr(0, slash));
    path.remove_prefix(slash == path.npos ? path.size() : slash + 1);
  }
  return parts;
}

} // namespace

Files::Files() : root_(std::make_shared<Node>()) { root_->kind = Node::Kind::directory; }

std::shared_ptr<Node> Files::put(std::string_view path, Node::Kind kind, std::string content, int64_t mtime_s) {
  std::vector<std::string> parts = split(path);
  auto at = root_;
  for (size_t i = 0; i + 1 < parts.size(); i++) {
    auto& next = at->entries[parts[i]];
    if (!next) {
      next = std::make_shared<Node>();
      next->kind = Node::Kind::directory;
      next->inode = ++inodes_;
      next->mtime_s = mtime_s;
    }
    at = next;
  }
  auto node = std::make_shared<Node>();
  node->kind = kind;
  node->content = std::move(content);
  node->inode = ++inodes_;
  node->mtime_s = mtime_s;
  at->entries[parts.back()] = node;
  return node;
}

void Files::remove(std::string_view path) {
  std::vector<std::string> parts = split(path);
  auto at = root_;
  for (size_t i = 0; i + 1 < parts.size(); i++) at = at->entries.at(parts[i]);
  at->entries.erase(parts.back());
}

std::shared_ptr<Node> Files::at(std::string_view path) const { return resolve(root_, path, false, true).node; }

Files::Lookup Files::resolve(const std::shared_ptr<Node>& from, std::string_view path, bool beneath,
                             bool follow) const {
  if (path.empty()) return {nullptr, -ENOENT};
  if (path.size() > 4095) return {nullptr, -ENAMETOOLONG};
  if (beneath && path.front() == '/') return {nullptr, -EXDEV};
  std::vector<std::shared_ptr<Node>> way = {path.front() == '/' ? root_ : from};
  std::vector<std::string> rest = split(path);
  bool wants_directory = path.back() == '/';
  int links = 0;
  for (size_t i = 0; i < rest.size(); i++) {
    auto& here = way.back();
    if (here->kind != Node::Kind::directory) return {nullptr, -ENOTDIR};
    if (rest[i] == ".") continue;
    if (rest[i] == "..") {
      if (way.size() == 1 && beneath) return {nullptr, -EXDEV};
      if (way.size() > 1) way.pop_back();
      continue;
    }
    if (rest[i].size() > 255) return {nullptr, -ENAMETOOLONG};
    auto found = here->entries.find(rest[i]);
    if (found == here->entries.end()) return {nullptr, -ENOENT};
    auto node = found->second;
    bool last = i + 1 == rest.size() && !wants_directory;
    if (node->kind == Node::Kind::link && (!last || follow)) {
      if (++links > links_max) return {nullptr, -ELOOP};
      if (node->content.front() == '/') {
        if (beneath) return {nullptr, -EXDEV};
        way = {root_};
      }
      std::vector<std::string> target = split(node->content);
      target.insert(target.end(), rest.begin() + static_cast<long>(i) + 1, rest.end());
      rest = std::move(target);
      i = SIZE_MAX; // continue with the first of these
      continue;
    }
    way.push_back(node);
  }
  if (wants_directory && way.back()->kind != Node::Kind::directory) return {nullptr, -ENOTDIR};
  return {way.back(), 0};
}

} // namespace minhttp::sim
