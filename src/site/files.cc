// SPDX-License-Identifier: MIT
#include "site/files.h"

#include <linux/limits.h>

#include "base/bytes.h"
#include "http/mime.h"
#include "site/tags.h"
#include "site/walk.h"
#include "sys/file.h"
#include "tables/limits.h"

namespace minhttp::site {
namespace {

using http::Status;

constexpr char index_suffix[] = "/index.html";
constexpr uint64_t beneath = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;

Found error(Status status) {
  Found found;
  found.status = status;
  return found;
}

FileInfo without_file(Status status) {
  FileInfo facts;
  facts.status = status;
  return facts;
}

// The result for facts, without a source.
Found found_of(const FileInfo& facts, const Name& name) {
  Found found;
  found.kind = facts.kind;
  found.status = facts.status;
  if (facts.kind != Found::Kind::file) return found;
  found.name = name;
  found.type = facts.type();
  found.body.length = facts.validators.size;
  found.validators = facts.validators;
  found.change = facts.change;
  return found;
}

// Whether a result may be cached: transient errors may not.
bool may_be_kept(const FileInfo& facts) {
  return facts.kind != Found::Kind::error || facts.status == Status::not_found || facts.status == Status::forbidden;
}

} // namespace

http::Status status_of(Errno error) {
  switch (error) {
    case Errno::ENOENT_:
    case Errno::ENOTDIR_:
    case Errno::EISDIR_:
    case Errno::ELOOP_:
    case Errno::ENAMETOOLONG_:
    case Errno::EXDEV_: // a link that leads out of the root
    case Errno::ENXIO_: // a socket, or a device without a driver
    case Errno::ENODEV_:
    case Errno::EINVAL_: // a name that is invalid on this file system
      return Status::not_found;
    case Errno::EACCES_:
    case Errno::EPERM_: return Status::forbidden;
    case Errno::EMFILE_: // transient: resources that others will free
    case Errno::ENFILE_:
    case Errno::ENOMEM_:
    case Errno::EAGAIN_:
    case Errno::EINTR_: return Status::service_unavailable;
    default: return Status::internal_server_error; // EIO, ESTALE and undocumented errors
  }
}

Result<> Files::open_root(const char* directory, int at) {
  root_ = sys::Fd(TRY(sys::openat(at, directory, O_DIRECTORY | O_PATH)));
  struct statx facts = {};
  TRY(sys::fstat(root_.number(), facts));
  identity_ = file_id_of(facts);
  // Search permission on the root: better to fail at start than with every request.
  auto look = sys::openat(root_.number(), index_suffix + 1, O_PATH | O_NOFOLLOW);
  if (look.ok()) sys::Fd(look.value()).close();
  if (look.is(Errno::EACCES_)) return look.error();
  auto probe = sys::openat2(root_.number(), ".", O_DIRECTORY, beneath);
  if (probe.ok()) sys::Fd(probe.value()).close();
  if (probe.is(Errno::EACCES_)) {
    unsigned may_read = facts.stx_mode >> 2; // shifted to the positions of the execute bits
    unsigned may_pass = facts.stx_mode & 0111;
    if ((may_read & may_pass) == may_pass) return Errno::EXDEV_;
  }
  walks_ = probe.is(Errno::ENOSYS_) || probe.is(Errno::EPERM_);
  refuses_long_name_ = try_long_name().is(Errno::ENAMETOOLONG_);
  return {};
}

// Looks up a name that is longer than NAME_MAX.
Result<> Files::try_long_name() const {
  char name[NAME_MAX + 2];
  for (char& c : name) c = 'n';
  name[sizeof name - 1] = 0;
  struct statx facts = {};
  return sys::stat_entry(root_.number(), name, facts);
}

// On overlayfs the link count includes the directory in the layer below, which stays. But in a removed directory the
// kernel looks nothing up: it returns ENOENT before the file system can refuse the long name.
bool Files::is_removed() const {
  if (pack_ != nullptr) return false;
  if (refuses_long_name_ && try_long_name().is(Errno::ENOENT_)) return true;
  struct statx facts = {};
  return !sys::fstat(root_.number(), facts).ok() || site::is_removed(facts); // ESTALE of a network file system
}

Result<int> Files::open_beneath(const char* name) const {
  if (walks_) return open_by_walking(root_.number(), name);
  for (int tries = 1;; tries++) {
    auto opened = sys::openat2(root_.number(), name, O_NONBLOCK, beneath);
    // EAGAIN: something was renamed while the kernel resolved the name (openat2(2)).
    if (!opened.is(Errno::EAGAIN_) || tries == limits::open_tries_max) return opened;
  }
}

Result<int> Files::open_directory(const http::Path& path) const {
  char name[limits::path_max];
  if (path.name.size() >= sizeof name) return Errno::ENAMETOOLONG_;
  if (may_be_alias(path.name)) return Errno::ENOENT_;
  Writer writer(name);
  writer.text(path.name.empty() ? std::string_view("."sv) : path.name).byte(0);
  sys::Fd fd(TRY(open_beneath(name)));
  struct statx facts = {};
  TRY(sys::fstat(fd.number(), facts));
  if ((facts.stx_mode & sys::abi::type_mask) != sys::abi::type_directory) return Errno::ENOTDIR_;
  return fd.release();
}

bool Files::has_entry(const char* name) const {
  if (pack_ != nullptr) return !read_in_pack(name, {}).is(Errno::ENOENT_);
  struct statx facts = {};
  return sys::stat_entry(root_.number(), name, facts).ok();
}

Result<> Files::look(const char* name, struct statx& facts) const {
  sys::Fd fd(TRY(open_beneath(name)));
  return sys::fstat(fd.number(), facts);
}

bool Files::is_secret(const struct statx& facts) const {
  for (const Secret& secret : secrets_) {
    if (secret.identity == file_id_of(facts)) return true;
  }
  return false;
}

bool Files::has_secret_name(std::string_view name) const {
  if (secrets_.empty()) return false;
  size_t start = name.size();
  while (start > 0 && name[start - 1] != '/') start--;
  for (const Secret& secret : secrets_) {
    if (!secret.name.empty() && same_segment(drop(name, start), secret.name)) return true;
  }
  return false;
}

FileInfo Files::facts_of(const struct statx& stat) const {
  FileInfo facts = without_file(Status::not_found); // for FIFOs and devices: opened without blocking, never read
  uint32_t type = stat.stx_mode & sys::abi::type_mask;
  if (type == sys::abi::type_directory) facts.kind = Found::Kind::directory;
  if (type != sys::abi::type_file || is_secret(stat)) return facts;
  facts.kind = Found::Kind::file;
  facts.status = Status::ok;
  facts.validators = validators_of(stat);
  facts.change = change_of(stat);
  return facts;
}

// Opens name and gets its facts. file: set if it is a regular file.
FileInfo Files::look_at(const char* name, sys::Fd& file) const {
  auto opened = open_beneath(name);
  if (!opened.ok()) return without_file(status_of(opened.error()));
  sys::Fd fd(opened.value());
  struct statx stat = {};
  auto looked = sys::fstat(fd.number(), stat);
  if (!looked.ok()) return without_file(status_of(looked.error()));
  FileInfo facts = facts_of(stat);
  if (facts.kind == Found::Kind::file) file = static_cast<sys::Fd&&>(fd);
  return facts;
}

// Whether name leads to the very file of these facts, unchanged. statx() does not say whether the name still leads
// there beneath the root (openat2 does); but that file was beneath it when it was opened, and no other file is
// accepted.
bool Files::is_still(const char* name, const FileInfo& facts) const {
  struct statx stat = {};
  return sys::stat_now(root_.number(), name, stat).ok() && facts_of(stat).same(facts);
}

std::string_view Files::write_name(const Name& name, std::span<char> to) {
  std::string_view suffix = name.suffix;
  if (name.base.empty() && starts_with(suffix, "/")) suffix = drop(suffix, 1); // of the root
  std::string_view coding = http::coding_suffix(name.coding);
  if (name.base.size() + suffix.size() + coding.size() >= to.size()) return {};
  Writer writer(to);
  writer.text(name.base).text(suffix).text(coding).byte(0);
  return take(writer.view(), writer.size() - 1);
}

Found Files::open(const Name& name) const {
  if (name.suffix.empty() && is_rule_file(name.base)) return error(Status::not_found);
  if (may_be_alias(name.base)) return error(Status::not_found);
  if (pack_ != nullptr) return open_in_pack(name);
  char memory[limits::path_max];
  std::string_view text = write_name(name, memory);
  if (text.empty() || has_secret_name(text)) return error(Status::not_found);
  if (cache_ != nullptr) return open_by_cache(name, text);
  sys::Fd file;
  FileInfo facts = look_at(memory, file);
  facts.set_type(type_of(text));
  Found found = found_of(facts, name);
  found.body.source = Source(static_cast<sys::Fd&&>(file));
  return found;
}

// text: name in one piece, with a NUL behind it.
Found Files::open_by_cache(const Name& name, std::string_view text) const {
  CacheHash hash = cache_->hash_of(number_, text);
  CacheEntry* entry = cache_->find(hash);
  sys::Fd file;
  FileInfo facts;
  if (entry != nullptr && !cache_->is_fresh(*entry) && cache_->may_stat(*entry) &&
      is_still(text.data(), entry->facts)) {
    cache_->confirm(*entry, file);
    cache_->lookups.checked++;
  } else if (entry == nullptr || !cache_->is_fresh(*entry)) {
    facts = look_at(text.data(), file);
    // Whether the cached result can be used: a directory, an error, or a file whose bytes or descriptor we have.
    bool given = entry != nullptr && (entry->facts.kind != Found::Kind::file || entry->at_hand());
    if (entry != nullptr && (cache_->matches(*entry, facts) || (facts.status == Status::service_unavailable && given) ||
                             cache_->still_holds(*entry, facts, file))) {
      cache_->confirm(
          *entry, file); // also when there is no descriptor to check with: the cached result is better than an error
      cache_->lookups.checked++;
    } else {
      cache_->lookups.added++;
      if (entry != nullptr) cache_->replace(*entry, facts);
      if (facts.kind == Found::Kind::file) facts.set_type(type_of(text));
      entry = may_be_kept(facts) ? cache_->put(hash, facts, file) : nullptr;
    }
  } else {
    cache_->lookups.fresh++;
  }
  cache_->note(entry);
  Found found = found_of(entry == nullptr ? facts : entry->facts, name);
  if (found.kind == Found::Kind::file) {
    found.body.source = entry == nullptr ? Source(static_cast<sys::Fd&&>(file)) : Source(*entry);
  }
  return found;
}

Found Files::find(const http::Path& path) const {
  using Kind = Found::Kind;
  if (path.directory) {
    Found found = open({.base = path.name, .suffix = index_suffix});
    return found.kind == Kind::directory ? error(Status::not_found) : static_cast<Found&&>(found);
  }
  Found found = open({.base = path.name});
  if (found.kind == Kind::file || (found.kind == Kind::error && !found.missing())) return found;
  Found page = open({.base = path.name, .suffix = ".html"sv});
  // If name.html cannot be opened, that error is returned: it is not known that there is no such page.
  if (found.kind != Kind::directory)
    return page.kind == Kind::directory ? error(found.status) : static_cast<Found&&>(page);
  if (page.kind == Kind::file && open({.base = path.name, .suffix = index_suffix}).kind != Kind::file) return page;
  found.kind = Kind::redirect;
  found.status = Status::moved_permanently;
  return found;
}

bool Files::use_sibling(Found& found, const http::AcceptedCodings& accepted) const {
  for (uint8_t i = 0; i < accepted.count && accepted.order[i] != http::Coding::identity; i++) {
    Name name = found.name;
    name.coding = accepted.order[i];
    Found sibling = open(name);
    if (sibling.kind != Found::Kind::file || is_older(sibling.validators, found.validators)) continue;
    if (accepted.identity && sibling.body.length > found.body.length) continue;
    sibling.validators.coding = name.coding;
    sibling.type = found.type;
    found = static_cast<Found&&>(sibling);
    return true;
  }
  return false;
}

Result<size_t> Files::read(const char* name, std::span<char> to) const {
  if (pack_ != nullptr) return read_in_pack(name, to);
  sys::Fd fd(TRY(open_beneath(name)));
  struct statx facts = {};
  TRY(sys::fstat(fd.number(), facts));
  if ((facts.stx_mode & sys::abi::type_mask) != sys::abi::type_file) return Errno::EISDIR_;
  size_t used = 0;
  while (used < to.size()) {
    size_t count = TRY(sys::read(fd.number(), to.data() + used, to.size() - used));
    if (count == 0) return used;
    used += count;
  }
  return Errno::EFBIG_;
}

FileId file_id_of(const struct statx& facts) {
  return {.inode = facts.stx_ino, .device_major = facts.stx_dev_major, .device_minor = facts.stx_dev_minor};
}

bool is_removed(const struct statx& facts) { return (facts.stx_mask & STATX_NLINK) != 0 && facts.stx_nlink == 0; }

bool is_older(const http::Validators& copy, const http::Validators& original) {
  if (copy.seconds != original.seconds) return copy.seconds < original.seconds;
  return copy.nanoseconds != 0 && copy.nanoseconds < original.nanoseconds;
}

bool is_rule_file(std::string_view name) {
  constexpr auto is_it = [](std::string_view text, std::string_view wanted) {
    if (text.size() < wanted.size() || !same_segment(take(text, wanted.size()), wanted)) return false;
    std::string_view rest = drop(text, wanted.size());
    for (size_t i = 0; i < http::coding_count; i++) {
      if (same_segment(rest, http::coding_suffix(static_cast<http::Coding>(i)))) return true;
    }
    return false;
  };
  if (name.empty() || name[0] != '_') return false; // nearly every name
  return is_it(name, "_headers"sv) || is_it(name, "_redirects"sv);
}

} // namespace minhttp::site
