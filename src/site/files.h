// SPDX-License-Identifier: MIT
#pragma once
// Opens files beneath a root directory, and never outside of it; or finds them in a pack.

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "crypto/content_hash.h"
#include "http/coding.h"
#include "http/mime.h"
#include "http/path.h"
#include "site/cache.h"
#include "site/folding.h"
#include "site/found.h"
#include "site/pack.h"
#include "sys/abi.h"
#include "sys/fd.h"

namespace minhttp::site {

class Tags;

FileId file_id_of(const struct statx& facts);

// Whether the file has no name any more; only open descriptors still refer to it.
bool is_removed(const struct statx& facts);

// A password file. It is recognized by its identity and, if it lies in a site, by its name too: an editor may replace
// the file by a new one with another identity. In a pack, where files have neither, it is recognized by its bytes.
struct Secret {
  FileId identity;
  std::string_view name; // without directories; empty: it lies in no site
  Digest digest;         // of its bytes
};

class Files {
 public:
  // Opens the root directory, relative to `at`, and detects whether the kernel has openat2 (Linux 5.6; container
  // filters return ENOSYS or EPERM). Errors are those of openat(2), or EXDEV if a security module (Landlock) forbids
  // what the mode of the directory allows.
  Result<> open_root(const char* directory, int at = AT_FDCWD);
  void close() { root_.close(); }

  // Finds everything in a pack instead, beneath one of its directories; empty: its root. Both must stay in place.
  void use_pack(const Pack& pack, std::string_view directory) {
    pack_ = &pack;
    pack_directory_ = directory;
  }
  const Pack* pack() const { return pack_; } // null: there is a root directory
  // A name of this site as the pack has it. to: limits::path_max bytes; empty: it is too long.
  std::string_view name_in_pack(std::string_view name, std::span<char> to) const;

  // The file for a path: the file of that name; index.html of a directory; or name.html, if nothing has that name, or a
  // directory without index.html has. path.status is ok. Symbolic links are followed if they stay beneath the root.
  Found find(const http::Path& path) const;

  // The file of that name. Rule files (_headers, _redirects) are never found: they are not for visitors.
  Found open(const Name& name) const;

  // Replaces a file that was found by the compressed sibling that the client prefers: same name and type. The sibling
  // must not be older, nor larger if the client accepts the uncompressed file too. True: it was replaced.
  bool use_sibling(Found& found, const http::AcceptedCodings& accepted) const;

  // To be called before the body of a file is sent or hashed, which is when the cache opens the file and reads it.
  // found becomes an error if the file cannot be opened. False: the file has changed; call find() again.
  bool load(Found& found) const;

  // Sets the digest of a file that is to be sent, for its entity tag. No digest is set if the file is hashed in the
  // background, has just changed, or is too large. found becomes an error if the file cannot be read. now: seconds
  // since 1970. False: this turn has hashed enough, or the file has changed; call find() again in the next turn. An
  // error stays the error that it is.
  bool tag(Found& found, int64_t now) const;

  // Reads a whole file and returns its size. ENOENT: there is none; EISDIR: it is no regular file; EFBIG: it does not
  // fit into `to`.
  Result<size_t> read(const char* name, std::span<char> to) const;

  // Opens a directory, to list its entries; path.status is ok. Not of a pack.
  Result<int> open_directory(const http::Path& path) const;

  // Whether the root has an entry of that name; a dangling link counts.
  bool has_entry(const char* name) const;

  // Type, size and time of the file that name leads to. name: as for find(), but NUL-terminated.
  Result<> look(const char* name, struct statx& facts) const;

  // These files are never found, under any name: password files that lie in the site.
  void hide(std::span<const Secret> secrets) { secrets_ = secrets; }
  // Whether a file of the pack is for no visitor: it has the rules, or the bytes of one of these.
  bool hides(const Pack::Item& item) const;

  // Media types that come before those of the table.
  void use_types(http::OwnTypes types) { types_ = types; }
  std::string_view type_of(std::string_view name) const { return http::media_type(name, types_); }

  // Detects whether one file has several names here (site/folding.h): at the root and on the way to each protected
  // path, which may lie on other file systems. If so, names that may be aliases of something hidden are not found; with
  // protected paths, these are all names with non-ASCII characters.
  void find_out_folding(std::span<const std::string_view> protected_paths);
  Folding folding() const { return folding_; }
  void set_folding(Folding folding, bool only_ascii) { // for tests: their file system may not fold
    folding_ = folding;
    only_ascii_ = only_ascii;
  }

  // Sets the cache for what names lead to, valid for limits::cache_fresh_ms each, and the digests of files. Null:
  // nothing is cached, and there are no entity tags. number: of this site; entries of other sites are not found.
  void use(Cache* cache, Tags* tags, uint32_t number) {
    cache_ = cache;
    tags_ = tags;
    number_ = number;
  }

  // An O_PATH descriptor, for the sandbox.
  int root() const { return root_.number(); }
  bool is_open() const { return root_.open(); }
  const FileId& identity() const { return identity_; } // of the root

  // Whether the root was removed (rm -r). It is empty then, but that does not mean that its files are gone for good.
  bool is_removed() const;

  bool walks() const { return walks_; }
  void set_walks(bool walks) { walks_ = walks; } // for tests

 private:
  // Opens name for reading: NUL-terminated, relative, without `.` and `..`.
  Result<int> open_beneath(const char* name) const;

  Result<> try_long_name() const;
  bool is_secret(const struct statx& facts) const;
  bool has_secret_name(std::string_view name) const;
  bool may_be_alias(std::string_view name) const {
    return folding_ == Folding::yes && site::may_be_alias(name, only_ascii_);
  }
  Folding try_other_names(std::string_view name) const;
  Pack::Lookup find_in_pack(std::string_view name, Pack::Item& item) const;
  Found open_in_pack(const Name& name) const;
  Result<size_t> read_in_pack(std::string_view name, std::span<char> to) const;
  FileInfo facts_of(const struct statx& stat) const;
  FileInfo look_at(const char* name, sys::Fd& file) const;
  bool keep_body(Found& found, CacheEntry* entry) const;
  bool is_still(const char* name, const FileInfo& facts) const;
  Found open_by_cache(const Name& name, std::string_view text) const;
  // Joins the pieces of name, with a NUL at the end; empty: it is too long.
  static std::string_view write_name(const Name& name, std::span<char> to);
  void hash_later(const Name& name, uint64_t size, const Digest& version) const;

  sys::Fd root_;
  FileId identity_;
  const Pack* pack_ = nullptr;
  std::string_view pack_directory_ = {};
  Cache* cache_ = nullptr;
  Tags* tags_ = nullptr;
  uint32_t number_ = 0;
  std::span<const Secret> secrets_ = {};
  http::OwnTypes types_ = {};
  Folding folding_ = Folding::none;
  bool only_ascii_ = false;
  bool walks_ = false;             // the kernel has no openat2: open_by_walking() is used
  bool refuses_long_name_ = false; // the root's file system says ENAMETOOLONG
};

// Whether it is _headers, _redirects or a compressed copy of one, or an alias of these on some file system.
bool is_rule_file(std::string_view name);

// Whether a copy was changed before its original. Tools that give a copy the original's time may drop the fraction of
// the second (brotli does): a copy with no fraction may have the same second.
bool is_older(const http::Validators& copy, const http::Validators& original);

// The HTTP status for an error of opening a file.
http::Status status_of(Errno error);

} // namespace minhttp::site
