// SPDX-License-Identifier: MIT
// What is done with a file that is to be sent: its body is read into the cache, and hashed for its entity tag.

#include "base/bytes.h"
#include "site/files.h"
#include "site/tags.h"

namespace minhttp::site {

bool Files::load(Found& found) const {
  CacheEntry* entry = found.body.source.cached();
  return entry == nullptr || entry->keeps_body() || keep_body(found, entry);
}

[[gnu::noinline]] bool Files::keep_body(Found& found, CacheEntry* entry) const {
  if (!entry->file.open()) {
    char name[limits::path_max];
    (void)write_name(found.name, name); // it fits: it was opened by this name
    sys::Fd file;
    FileInfo facts = look_at(name, file);
    if (!facts.same(entry->facts)) {
      if (facts.status == http::Status::service_unavailable) {
        found.kind = Found::Kind::error;
        found.status = facts.status;
        return true;
      }
      found.body.source.forget();
      return false;
    }
    cache_->confirm(*entry, file);
  }
  cache_->keep_body(*entry);
  found.validators.hashed = entry->facts.validators.hashed;
  return true;
}

// A file in memory is hashed there, whatever its times are: what is sent is what was hashed. Other files are looked up
// by their version, which is reliable only if they have not changed for a while.
bool Files::tag(Found& found, int64_t now) const {
  const Source& source = found.body.source;
  CacheEntry* entry = source.cached();
  auto set = [&](const Digest& digest, bool keep) {
    found.validators.digest = digest;
    found.validators.hashed = true;
    if (entry == nullptr || !keep) return true;
    entry->facts.validators.digest = digest;
    return entry->facts.validators.hashed = true;
  };
  if (found.kind != Found::Kind::file || found.validators.hashed || tags_ == nullptr) return true;
  uint64_t size = found.body.length;
  if (source.memory() != nullptr || size == 0) return set(digest_of({source.memory(), size}), true);

  bool settled = found.change.seconds + limits::cache_settled_s <= now;
  if (!settled && size > limits::body_in_memory_max) return true;
  Digest version = version_of(found.validators, found.change);
  if (settled) {
    if (const Digest* known = tags_->table().find(version)) return set(*known, true);
  }
  if (size > limits::tag_read_max) {
    if (size <= limits::tag_size_max && tags_->takes(version)) hash_later(found.name, size, version);
    return true;
  }
  if (!tags_->may_read(size)) return false;
  Digest content;
  auto read = tags_->read(source.file(), size, version, content);
  if (read.ok() && read.value()) {
    if (settled) tags_->table().note(version, content);
    return set(content, settled);
  }
  source.forget();
  if (read.ok()) return !settled; // false: a later turn looks up the new version; true: it changes all the time, no tag
  found.kind = Found::Kind::error; // the file could not be sent either
  found.status = status_of(read.error());
  return true;
}

// Uses a descriptor of its own: the cache may close its own meanwhile, and the client may disconnect.
void Files::hash_later(const Name& name, uint64_t size, const Digest& version) const {
  char text[limits::path_max];
  (void)write_name(name, text); // the name fits: the file was opened by it
  auto opened = open_beneath(text);
  if (opened.ok()) tags_->begin(sys::Fd(opened.value()), size, version);
}

} // namespace minhttp::site
