// SPDX-License-Identifier: MIT
#pragma once
// Files beneath a root directory, and nothing else.

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "http/coding.h"
#include "http/mime.h"
#include "http/path.h"
#include "site/body.h"
#include "site/cache.h"
#include "site/folding.h"
#include "sys/abi.h"
#include "sys/fd.h"

namespace minhttp::site {

class Tags;

Identity identity_of(const struct statx& facts);

// Whether nothing has a name for it any more: only who has it open still does.
bool is_removed(const struct statx& facts);

// A password file. It is known by what it is and, where a site holds it, by its own name too: whoever changes
// the file may put another one in its place.
struct Secret {
  Identity identity;
  std::string_view name; // without directories; empty: it lies in no site
};

class Files {
 public:
  // Opens the root, a name beneath `at`, and finds out whether the kernel has openat2 (Linux
  // 5.6; container filters answer ENOSYS or EPERM). The error is that of openat(2), or EXDEV
  // where it is behind a fence: its mode lets us read, and the system does not (Landlock).
  Result<> open_root(const char* directory, int at = AT_FDCWD);
  void close() { root_.close(); }

  // The file that path means: of that name; index.html of a directory; or name.html, where
  // there is nothing of that name, or a directory without index.html. path.status is ok.
  // Symbolic links are followed where they stay beneath the root.
  Found find(const http::Path& path) const;

  // What has this name. The rule files are never found: who serves a site does not show them.
  Found open(const Name& name) const;

  // Of a file that was found, the sibling that the client likes best, if there is one that is
  // not older, nor larger where the client takes the file too: same name and type, its body
  // compressed. True where it has replaced it.
  bool choose_coding(Found& found, const http::AcceptedCodings& accepted) const;

  // To be called before the body of a file is sent or hashed: opens it and reads it into the cache where that was put off until
  // somebody wants it. It becomes an error where it cannot be opened. False: it is another file now; look for it again.
  bool load(Found& found) const;

  // The digest of a file that is to be sent, for its entity tag. Without one: it is computed in the background, or the
  // file has just changed, or it is too large. It becomes an error where it cannot be read. now: seconds since 1970.
  // False: this turn has hashed enough, or it is another file now; look for it again in the next one.
  bool tag(Found& found, int64_t now) const;

  // A file's whole text; its size. ENOENT, EISDIR where it is no regular file; EFBIG where it does not
  // fit into `to`.
  Result<size_t> read(const char* name, std::span<char> to) const;

  // A directory, for its entries; path.status is ok.
  Result<int> open_directory(const http::Path& path) const;

  // Whether the root has an entry of that name, be it a link that leads nowhere.
  bool has_entry(const char* name) const;

  // Type, size and time of what name means. name: as of find(), but NUL-terminated.
  Result<> look(const char* name, struct statx& facts) const;

  // These are never found, under no name: passwords that somebody has left in the site.
  void hide(std::span<const Secret> secrets) { secrets_ = secrets; }

  // Media types beside those of the table.
  void use_types(http::OwnTypes types) { types_ = types; }
  std::string_view type_of(std::string_view name) const { return http::media_type(name, types_); }

  // Finds out whether one file has several names here (site/folding.h), at the root and on the way to each
  // protected path, which may lie on other file systems. Then names that may be others for something that
  // is hidden are not found; where there are protected paths, these are all names beyond ASCII.
  void find_out_folding(std::span<const std::string_view> protected_paths);
  Folding folding() const { return folding_; }
  void set_folding(Folding folding, bool only_ascii) { // tests try what their file system is not
    folding_ = folding;
    only_ascii_ = only_ascii;
  }

  // Remember there what names lead to, for limits::cache_fresh_ms each, and the digests of files; null: nowhere, and
  // there are no entity tags. number: the site's, another one's names are not ours.
  void use(Cache* cache, Tags* tags, uint32_t number) {
    cache_ = cache;
    tags_ = tags;
    number_ = number;
  }

  // An O_PATH descriptor, for the sandbox.
  int root() const { return root_.number(); }
  bool is_open() const { return root_.open(); }
  const Identity& identity() const { return identity_; } // of the root

  // Whether the root was removed (rm -r): then nothing is in it, which says nothing about what belongs there.
  bool is_removed() const;

  bool walks() const { return walks_; }
  void set_walks(bool walks) { walks_ = walks; } // tests try both ways

 private:
  // NUL-terminated name, relative, without `.` and `..`: an open descriptor for reading.
  Result<int> open_beneath(const char* name) const;

  Result<> try_long_name() const;
  bool is_secret(const struct statx& facts) const;
  bool has_secret_name(std::string_view name) const;
  bool may_be_alias(std::string_view name) const {
    return folding_ == Folding::yes && site::may_be_alias(name, only_ascii_);
  }
  Folding try_other_names(std::string_view name) const;
  Facts facts_of(const struct statx& stat) const;
  Facts look_at(const char* name, sys::Fd& file) const;
  bool keep_body(Found& found, CacheEntry* entry) const;
  bool is_still(const char* name, const Facts& facts) const;
  Found open_by_cache(const Name& name, std::string_view text) const;
  // Into one piece, with a NUL behind it; empty: it is too long.
  static std::string_view write_name(const Name& name, std::span<char> to);
  void hash_later(const Name& name, uint64_t size, const Digest& version) const;

  sys::Fd root_;
  Identity identity_;
  Cache* cache_ = nullptr;
  Tags* tags_ = nullptr;
  uint32_t number_ = 0;
  std::span<const Secret> secrets_ = {};
  http::OwnTypes types_ = {};
  Folding folding_ = Folding::none;
  bool only_ascii_ = false;
  bool walks_ = false;             // openat2 is missing
  bool refuses_long_name_ = false; // the root's file system does
};

// _headers and _redirects, and compressed copies of them; and what some file systems take for these.
bool is_rule_file(std::string_view name);

// Whether a copy was changed before its original. Tools that give a copy the original's time
// may leave out the fraction of the second (brotli does): the same second will do then.
bool is_older(const http::Validators& copy, const http::Validators& original);

// What an error of opening a file means to the client.
http::Status status_of(Errno error);

} // namespace minhttp::site
