// SPDX-License-Identifier: MIT
// Calls on files.

#include <asm/unistd.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sim/kernel.h"

namespace minhttp::sim {
namespace {

unsigned mode_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::directory: return 0040755;
    case Node::Kind::link: return 0120777;
    case Node::Kind::fifo: return 0010644;
    case Node::Kind::file: break;
  }
  return node.readable ? 0100644 : 0100000;
}

// How often in a row: fewer than the server tries, as otherwise 503 would be right.
constexpr int again_max = 5;

} // namespace

long Kernel::open(const Arguments& a, uint64_t flags, uint64_t resolve) {
  if (random.chance(faults.disk)) return random.chance(500) ? -EIO : -ENOMEM;
  const auto* name = reinterpret_cast<const char*>(a[1]);
  auto from = a[0] == AT_FDCWD ? files.root() : get(a[0])->node;
  bool beneath = (resolve & RESOLVE_BENEATH) != 0;
  again_ = beneath && again_ < again_max && random.chance(faults.again) ? again_ + 1 : 0;
  if (again_ > 0) return -EAGAIN; // a file was renamed
  auto found = files.resolve(from, name, beneath, (flags & O_NOFOLLOW) == 0);
  if (found.error != 0) return found.error;
  bool path_only = (flags & O_PATH) != 0;
  if ((flags & O_DIRECTORY) != 0 && found.node->kind != Node::Kind::directory) return -ENOTDIR;
  if (found.node->kind == Node::Kind::link && !path_only) return -ELOOP;
  if (!found.node->readable && !path_only) return -EACCES;
  return install({.kind = Description::Kind::file, .node = found.node, .path_only = path_only});
}

long Kernel::stat(const Arguments& a) {
  if (random.chance(faults.disk)) return -EIO;
  const auto* name = reinterpret_cast<const char*>(a[1]);
  auto node = get(a[0])->node;
  if (*name != 0) {
    auto found = files.resolve(node, name, false, (a[2] & AT_SYMLINK_NOFOLLOW) == 0);
    if (found.error != 0) return found.error;
    node = found.node;
  }
  struct statx facts = {};
  if (!node) return -EBADF;
  facts.stx_mode = static_cast<uint16_t>(mode_of(*node));
  facts.stx_size = node->content.size();
  facts.stx_ino = node->inode;
  facts.stx_mtime.tv_sec = facts.stx_ctime.tv_sec = node->mtime_s;
  memcpy(reinterpret_cast<void*>(a[4]), &facts, sizeof facts);
  return 0;
}

long Kernel::list(Description& directory, char* to, size_t size) {
  if (random.chance(faults.disk)) return -EIO;
  auto entry = directory.node->entries.begin();
  std::advance(entry, static_cast<long>(std::min(directory.offset, directory.node->entries.size())));
  size_t used = 0;
  for (; entry != directory.node->entries.end(); ++entry, directory.offset++) {
    size_t length = (19 + entry->first.size() + 1 + 7) / 8 * 8;
    if (length > size - used) break;
    memset(to + used, 0, length);
    auto record = static_cast<uint16_t>(length);
    memcpy(to + used + 16, &record, sizeof record);
    to[used + 18] = static_cast<char>(mode_of(*entry->second) >> 12);
    memcpy(to + used + 19, entry->first.data(), entry->first.size());
    used += length;
    if (random.chance(faults.shorter)) {
      directory.offset++;
      break;
    }
  }
  return static_cast<long>(used);
}

long Kernel::dispatch_files(long number, const Arguments& a) {
  switch (number) {
    case __NR_openat: return open(a, static_cast<uint64_t>(a[2]), 0);
    case __NR_openat2: {
      if (faults.no_openat2) return -ENOSYS;
      open_how how = {};
      memcpy(&how, reinterpret_cast<const void*>(a[2]), sizeof how);
      return open(a, how.flags, how.resolve);
    }
    case __NR_statx: return stat(a);
    case __NR_readlinkat: {
      auto found = files.resolve(get(a[0])->node, reinterpret_cast<const char*>(a[1]), false, false);
      if (found.error != 0) return found.error;
      if (found.node->kind != Node::Kind::link) return -EINVAL;
      size_t size = std::min(found.node->content.size(), static_cast<size_t>(a[3]));
      memcpy(reinterpret_cast<void*>(a[2]), found.node->content.data(), size);
      return static_cast<long>(size);
    }
    case __NR_getdents64: return list(*get(a[0]), reinterpret_cast<char*>(a[1]), static_cast<size_t>(a[2]));
    case __NR_lseek: get(a[0])->offset = static_cast<size_t>(a[1]); return a[1];
    default: break;
  }
  // pread64
  if (random.chance(faults.disk)) return -EIO;
  if (random.chance(faults.eintr)) return -EINTR; // network file systems may
  const std::string& content = get(a[0])->node->content;
  auto offset = static_cast<size_t>(a[3]);
  if (offset >= content.size()) return 0;
  size_t size = std::min(content.size() - offset, static_cast<size_t>(a[2]));
  if (size > 1 && random.chance(faults.shorter)) size = random.between(1, size);
  memcpy(reinterpret_cast<void*>(a[1]), content.data() + offset, size);
  return static_cast<long>(size);
}

} // namespace minhttp::sim
