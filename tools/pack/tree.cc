// SPDX-License-Identifier: MIT
// Includes the kernel's headers by site/files.h, so nothing of the C library that clashes with them.
#include "pack/tree.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/bytes.h"
#include "base/errno_text.h"
#include "http/host.h"
#include "http/path.h"
#include "pack/lower_case.h"
#include "site/files.h"
#include "sys/entries.h"
#include "sys/file.h"

namespace minhttp::packer {
namespace {

using site::Found;

// What a name becomes in a URL, in bytes: unreserved characters (RFC 3986 section 2.3) stay, others take three.
size_t url_bytes(std::string_view name) {
  size_t size = 1; // the slash in front
  for (char c : name) {
    bool plain = is_digit(c) || is_letter(c) || find("-._~/"sv, c) < 5;
    size += plain ? 1 : 3;
  }
  return size;
}

struct DirectoryEntry {
  std::string name;
  unsigned type; // as in a mode, or 0

  bool operator<(const DirectoryEntry& other) const { return name < other.name; }
};

// The entries of a directory, in order. Failure if it cannot be read.
std::vector<DirectoryEntry> entries_of(sys::Fd fd, const std::string& name) {
  std::vector<DirectoryEntry> entries;
  while (true) {
    char memory[limits::listing_read_bytes];
    auto bytes = sys::getdents(fd.number(), memory, sizeof memory);
    if (!bytes.ok()) throw Failure(printable(name) + ": " + std::string(describe(bytes.error())));
    if (bytes.value() == 0) break;
    sys::for_each_entry({memory, bytes.value()}, [&](const char* entry, unsigned type) {
      if (std::string_view(entry) != "."sv && std::string_view(entry) != ".."sv) entries.push_back({entry, type});
    });
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

std::vector<std::string> host_directories(const std::string& root) {
  auto opened = sys::openat(AT_FDCWD, root.c_str(), O_DIRECTORY);
  if (!opened.ok()) throw Failure(printable(root) + ": " + std::string(describe(opened.error())));
  std::vector<std::string> names;
  for (const DirectoryEntry& entry : entries_of(sys::Fd(opened.value()), root)) {
    bool may_be = entry.type == 0 || entry.type == sys::abi::type_directory || entry.type == sys::abi::type_link;
    struct statx facts = {};
    std::string path = root + "/" + entry.name;
    if (entry.name[0] == '.' || !may_be || !sys::stat(AT_FDCWD, path.c_str(), facts).ok()) continue;
    if ((facts.stx_mode & sys::abi::type_mask) == sys::abi::type_directory) names.push_back(entry.name);
  }
  return names;
}

// The identity of what a path leads to; nothing: it leads nowhere.
std::optional<site::FileId> identity_of(const std::string& path) {
  struct statx facts = {};
  if (path.empty() || !sys::stat(AT_FDCWD, path.c_str(), facts).ok()) return {};
  return site::file_id_of(facts);
}

class Walk {
 public:
  // host: the directory of the site beneath the tree's root; empty: the root itself.
  Walk(Tree& tree, const std::string& host, const Apart& apart, size_t most, Report& report)
      : tree_(tree),
        root_(host.empty() ? tree.root : tree.root + "/" + host),
        prefix_(host.empty() ? "" : host + "/"),
        output_(identity_of(apart.output)),
        most_(most),
        report_(report) {
    for (const std::string& path : apart.secrets) secrets_.push_back({identity_of(path), path});
    tree_.directories.push_back(host);
  }

  void begin() {
    auto opened = files_.open_root(root_.c_str());
    if (!opened.ok()) throw Failure(printable(root_) + ": " + std::string(describe(opened.error())));
    keep_apart(files_.identity());
    above_.push_back(files_.identity());
    directory({});
  }

 private:
  void directory(const std::string& name) {
    auto opened = files_.open_directory({.status = http::Status::ok, .directory = true, .name = name});
    if (!opened.ok()) return mistake(name, std::string(describe(opened.error())));
    for (const DirectoryEntry& one : entries_of(sys::Fd(opened.value()), prefix_ + name)) {
      entry(name, one.name, one.type == sys::abi::type_link);
    }
  }

  // The server's own rule says which names are hidden or malformed.
  http::Status status_of(const std::string& name) const {
    std::string raw = "/"; // '%' is the only byte that decoding changes
    for (char c : name) c == '%' ? raw += "%25" : raw += c;
    std::string decoded(raw.size(), '\0');
    return http::decode_path(raw, decoded).status;
  }

  void entry(const std::string& directory, const std::string& last, bool link) {
    std::string name = directory.empty() ? last : directory + "/" + last;
    http::Status status = status_of(name);
    if (status == http::Status::not_found) {
      tree_.dotfiles++;
      return;
    }
    if (status != http::Status::ok)
      return mistake(name, "no URL reaches this name, because of its backslash: rename it");
    if (prefix_.size() + name.size() + sizeof "/index.html" > limits::path_max ||
        url_bytes(name) > limits::target_max) {
      return mistake(name, "no URL reaches this name: it is too long");
    }
    if (directory.empty() && site::is_rule_file(name)) return rule_file(name, link);
    Found found = files_.open({.base = name});
    if (found.kind == Found::Kind::file) return file(name, found);
    if (found.kind == Found::Kind::directory) return enter(name, link);
    complain(name, found.status, link);
  }

  void enter(const std::string& name, bool link) {
    note(name);
    struct statx facts = {};
    auto looked = files_.look(name.c_str(), facts);
    if (!looked.ok()) return mistake(name, std::string(describe(looked.error())));
    site::FileId identity = site::file_id_of(facts);
    if (link && std::find(above_.begin(), above_.end(), identity) != above_.end()) {
      return mistake(name, "a link to a directory above it: the site would have no end");
    }
    keep_apart(identity);
    bound();
    tree_.directories.push_back(prefix_ + name);
    above_.push_back(identity);
    directory(name);
    above_.pop_back();
  }

  // Links can lead to each directory from two others: then each level doubles the tree. So it is counted here, and not
  // when all of it is read and compressed.
  void bound() const {
    if (tree_.files.size() + tree_.directories.size() < most_) return;
    throw Failure("more than " + std::to_string(most_) + " files and directories, with those that links lead to");
  }

  // The next run would pack what this one has written.
  void keep_apart(const site::FileId& directory) const {
    if (output_ != directory) return;
    throw Failure("-o names a file in " + printable(root_) + ", or where a link of it leads: write it elsewhere", 2);
  }

  void file(const std::string& name, const Found& found, bool rules = false) {
    note(name);
    for (const auto& [identity, path] : secrets_) {
      if (identity != found.change.identity) continue;
      throw Failure(printable(path) + " lies in the site, where every visitor could read it: keep it elsewhere", 2);
    }
    bound();
    tree_.files.push_back({.name = prefix_ + name,
                           .size = found.body.length,
                           .seconds = found.validators.seconds,
                           .nanoseconds = found.validators.nanoseconds,
                           .rules = rules});
  }

  // Files::open() finds no rule file, so it is looked at.
  void rule_file(const std::string& name, bool link) {
    if (name != "_headers"sv && name != "_redirects"sv) {
      tree_.rule_copies++;
      return;
    }
    struct statx facts = {};
    auto looked = files_.look(name.c_str(), facts);
    if (!looked.ok()) return complain(name, site::status_of(looked.error()), link);
    if ((facts.stx_mode & sys::abi::type_mask) != sys::abi::type_file) return mistake(name, "not a regular file");
    Found found;
    found.body.length = facts.stx_size;
    found.validators.seconds = facts.stx_mtime.tv_sec;
    found.validators.nanoseconds = facts.stx_mtime.tv_nsec;
    file(name, found, true);
  }

  void complain(const std::string& name, http::Status status, bool link) {
    if (status == http::Status::forbidden) return mistake(name, "may not be read");
    if (status != http::Status::not_found) return mistake(name, "cannot be read");
    if (!link) return mistake(name, "neither a file nor a directory");
    char target[limits::path_max];
    auto size = sys::readlinkat(files_.root(), name.c_str(), target, sizeof target);
    bool absolute = size.ok() && size.value() > 0 && target[0] == '/';
    mistake(name, absolute ? "a link with an absolute path, which the server does not follow: write it relative"
                           : "a link that leads nowhere, or out of the site");
  }

  // Where file systems ignore case, one of the two replaces the other.
  void note(const std::string& name) {
    auto [place, added] = lower_.try_emplace(in_lower_case(name), name);
    if (!added)
      report_.warning("names that differ only in case", prefix_ + name, "differs only in case from " + place->second);
  }

  void mistake(const std::string& name, const std::string& what) {
    report_.mistake("cannot be packed", prefix_ + name, what);
  }

  Tree& tree_;
  std::string root_;
  std::string prefix_; // of the names in the tree
  std::optional<site::FileId> output_;
  std::vector<std::pair<std::optional<site::FileId>, std::string>> secrets_; // with their paths
  size_t most_;                                                              // files and directories of the tree
  Report& report_;
  site::Files files_;
  std::vector<site::FileId> above_; // the directory that is read, and those above it
  std::unordered_map<std::string, std::string> lower_;
};

void sort(Tree& tree) {
  std::sort(tree.files.begin(), tree.files.end(), [](auto& a, auto& b) { return a.name < b.name; });
  std::sort(tree.directories.begin(), tree.directories.end());
}

} // namespace

bool is_older(const TreeFile& copy, const TreeFile& original) {
  return site::is_older({.seconds = copy.seconds, .nanoseconds = copy.nanoseconds},
                        {.seconds = original.seconds, .nanoseconds = original.nanoseconds});
}

Tree read_tree(const std::string& root, const Apart& apart, Report& report, size_t most) {
  Tree tree;
  tree.root = root;
  Walk(tree, {}, apart, most, report).begin();
  sort(tree);
  return tree;
}

Tree read_host_trees(const std::string& root, const Apart& apart, Report& report, size_t most) {
  Tree tree;
  tree.root = root;
  tree.directories.emplace_back();
  size_t hosts = 0;
  for (const std::string& host : host_directories(root)) {
    if (++hosts > limits::hosts_max) throw Failure(printable(root) + ": more than 256 hosts");
    if (!http::is_canonical_host(host)) {
      report.mistake("cannot be packed", host, "no host is called so: write it in lower case, without a port");
    } else {
      Walk(tree, host, apart, most, report).begin();
    }
  }
  if (hosts == 0) throw Failure(printable(root) + ": no directory is named as a host, as in example.com/");
  sort(tree);
  return tree;
}

} // namespace minhttp::packer
