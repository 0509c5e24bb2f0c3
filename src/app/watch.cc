// SPDX-License-Identifier: MIT
// A tour: look() compares what each path leads to with what was read from there. It does not look into directories,
// with three exceptions: which hosts a directory of hosts has; where the link `..data` leads (so a Kubernetes volume is
// replaced); and, for a minute after a directory was replaced, its rule files: a deployment that removes a directory
// and builds it anew writes them some time after the directory.

#include "app/watch.h"

#include "app/announce.h"
#include "app/message.h"
#include "app/protected_path.h"
#include "sys/file.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

uint64_t mix(uint64_t key, uint64_t value) {
  constexpr uint64_t odd = 0x9e3779b97f4a7c15; // 2^64 divided by the golden ratio
  key = (key ^ value) * odd;
  return key ^ key >> 32;
}

uint64_t mix(uint64_t key, const struct statx& facts) {
  key = mix(key, facts.stx_ino);
  key = mix(key, uint64_t{facts.stx_dev_major} << 32 | facts.stx_dev_minor);
  return mix(key, uint64_t{facts.stx_uid} << 32 | facts.stx_mode);
}

// Also mixes in the size and when the file was modified.
uint64_t mix_all(uint64_t key, const struct statx& facts) {
  key = mix(mix(key, facts), facts.stx_size);
  return mix(mix(key, static_cast<uint64_t>(facts.stx_mtime.tv_sec)), facts.stx_mtime.tv_nsec);
}

uint64_t mix_entry(uint64_t key, int directory, const char* name) {
  struct statx facts = {};
  return sys::stat(directory, name, facts).ok() ? mix_all(key, facts) : mix(key, 0);
}

// Mixes in the rule files of a directory.
uint64_t mix_rules(uint64_t key, const char* path) {
  auto opened = sys::openat(AT_FDCWD, path, O_PATH | O_DIRECTORY);
  if (!opened.ok()) return mix(key, 0);
  sys::Fd directory(opened.value());
  return mix_entry(mix_entry(key, directory.number(), "_headers"), directory.number(), "_redirects");
}

} // namespace

const char* Watch::path_of(const site::Site& site, std::span<char> to) const {
  if (config_.directory != nullptr) return config_.directory;
  Writer(to).text(config_.hosts).byte('/').text(site.host.empty() ? Text("default"sv) : site.host).byte(0);
  return to.data();
}

std::span<const site::Site> Watch::files_of_sites() const {
  return config_.pack != nullptr ? std::span<const site::Site>() : server_.context.sites.all;
}

void Watch::find(Text path, Kind kind, Text what) {
  if (!what_.empty()) return;
  kind_ = kind;
  path_cut_ = path.size() > sizeof path_;
  path_size_ = path_cut_ ? sizeof path_ : path.size();
  __builtin_memcpy(path_, path.data(), path_size_);
  what_ = what;
}

void Watch::report_missing(const Path& path, Errno why) const {
  bool removed = path.files != nullptr && path.files->is_removed();
  named_message(2) << Text(path.text) << " is gone (" << describe(why) << "): "
                   << (path.kind == Kind::passwords         ? "what was read before stays in force"sv
                       : path.kind == Kind::site && removed ? "clients get 503 until it is there again"sv
                       : path.kind == Kind::site
                           ? "what was moved away from there is served until there is another one"sv
                           : "what is left of it is served"sv);
}

// Whether the directory of this path was removed though the path still leads to it: our working directory always has
// the name `.`.
bool Watch::is_removed(const Path& path, const struct statx& facts) {
  return path.read != nullptr && path.files != nullptr && site::file_id_of(facts) == *path.read &&
         path.files->is_removed();
}

void Watch::look_at(const Path& path) {
  struct statx facts = {};
  auto looked = sys::stat(AT_FDCWD, path.text, facts);
  if (looked.ok() && path.text[0] == '.' && is_removed(path, facts)) looked = Errno::ENOENT_;
  if (!looked.ok()) {
    bool was_there =
        path.seen == Seen::there || (path.seen == Seen::not_yet && path.files != nullptr && path.read != nullptr);
    if (was_there) report_missing(path, looked.error());
    if (was_there) path.seen = Seen::gone;
    gone_ |= path.kind == Kind::site;
    key_ = mix(key_, 0);
    return;
  }
  bool file = (facts.stx_mode & sys::abi::type_mask) == sys::abi::type_file;
  if (path.kind == Kind::passwords && !file) return; // a pipe cannot be read again
  bool was_gone = path.seen == Seen::gone;
  path.seen = Seen::there;
  if (path.read != nullptr && site::file_id_of(facts) == *path.read) {
    if (was_gone) named_message(2) << Text(path.text) << " is there again";
    return;
  }
  key_ = mix(key_, facts);
  if (path.kind == Kind::site) key_ = mix_rules(key_, path.text);
  find(path.text, path.kind, path.read == nullptr ? "has come"sv : "was replaced"sv);
}

void Watch::look_at_passwords() {
  for (uint32_t i = 0; i < config_.auth.count; i++) {
    look_at({.text = parse_auth_option(config_.auth.texts[i]).file.data(),
             .kind = Kind::passwords,
             .seen = passwords_[i],
             .read = &loader_.secrets()[i].identity,
             .files = nullptr});
  }
}

// A build may still be writing the rule files, so a change counts only when two looks have found the same.
bool Watch::look_at_rules() {
  if (settles_turns_ == 0) return false;
  settles_turns_--;
  uint64_t key = rules_key();
  bool quiet = key == rules_seen_;
  rules_seen_ = key;
  return quiet && key != rules_key_;
}

bool Watch::look() {
  char text[2 * limits::path_max];
  key_ = 1;
  what_ = {};
  gone_ = false;
  uint64_t hosts = hosts_key(); // first: a host removed after this is found gone by the next look, not forgotten now
  uint32_t number = 0;
  for (const site::Site& site : files_of_sites()) {
    const char* path = path_of(site, text);
    look_at({path, Kind::site, sites_[number++], &site.files.identity(), &site.files});
  }
  for (uint32_t i = 0; i < config_.previous.count; i++) {
    const site::Files& files = server_.context.sites.all[0].previous[i];
    const site::FileId* read = files.is_open() ? &files.identity() : nullptr;
    look_at({config_.previous.texts[i].data(), Kind::previous, previous_[i], read, &files});
  }
  look_at_passwords();
  bool replaced = !what_.empty();
  bool any = false;
  Text first = site_name(config_);
  bool rules = look_at_rules();
  if (hosts != hosts_key_ || (has_data_ && data_key(any) != data_key_) || rules)
    find(first, Kind::site, "has changed"sv);
  if (what_.empty() || holds()) return false;
  if (!replaced) return true;
  // A path that cannot be read is tried again when it has changed, and now and then: memory may have been short.
  if (key_ == tried_ && ++tried_turns_ < limits::watch_retry_turns) return false;
  tried_ = key_;
  tried_turns_ = 0;
  return true;
}

// Whether to read nothing now: the site's directory, or that of all hosts, is gone, and another one is awaited. One
// missing host does not keep the others from being read: it stays as it was (Loader::keep_missing).
bool Watch::holds() const {
  if (config_.pack != nullptr) return false;
  struct statx facts = {};
  return config_.directory != nullptr ? gone_ : !sys::stat(AT_FDCWD, config_.hosts.data(), facts).ok();
}

size_t Watch::count_gone() const {
  size_t count = 0;
  for (Seen seen : sites_) count += seen == Seen::gone ? 1 : 0;
  return count;
}

void Watch::begin_read() {
  has_data_ = false;
  hosts_key_ = hosts_key();
  data_key_ = data_key(has_data_);
  rules_key_ = rules_seen_ = rules_key();
  sites_read_ = server_.context.sites.all.size();
  gone_read_ = count_gone();
}

void Watch::end_read(bool good, bool found) {
  if (!good) return;
  sites_ = {};
  size_t kept = server_.context.sites.kept;
  if (kept == gone_read_) { // otherwise one has gone since the last look, and it is not known which
    for (size_t i = server_.context.sites.all.size() - kept; i < server_.context.sites.all.size(); i++)
      sites_[i] = Seen::gone;
  }
  tried_ = 0;
  if (found) settles_turns_ = limits::watch_settle_turns;
  if (server_.context.sites.all.size() != sites_read_) rules_key_ = rules_seen_ = rules_key();
}

void Watch::say(bool good) const {
  Message message = named_message(2);
  message << Text(path_, path_size_) << (path_cut_ ? "... "sv : " "sv) << what_;
  if (!good) {
    message << ", but cannot be read: what was read before stays in force";
    return;
  }
  if (kind_ != Kind::site) {
    message << (kind_ == Kind::passwords ? " and is in force"sv : " and is served"sv);
    return;
  }
  message << " and is served: " << uint64_t{loader_.redirects()} << " redirects, " << uint64_t{loader_.header_blocks()}
          << " blocks of fields";
}

uint64_t Watch::hosts_key() const { return config_.hosts.empty() ? 0 : mix_entry(1, AT_FDCWD, config_.hosts.data()); }

uint64_t Watch::data_key(bool& any) const {
  uint64_t key = 1;
  for (const site::Site& site : files_of_sites()) {
    struct statx facts = {};
    if (!sys::stat(site.files.root(), "..data", facts).ok()) continue;
    key = mix(key, facts);
    any = true;
  }
  return key;
}

uint64_t Watch::rules_key() const {
  char text[2 * limits::path_max];
  uint64_t key = 1;
  for (const site::Site& site : files_of_sites()) key = mix_rules(key, path_of(site, text));
  return key;
}

} // namespace minhttp::app
