// SPDX-License-Identifier: MIT
#pragma once
// Watches whether the paths of the options still lead to what was read: a deployment replaces directories, links and
// password files while the server runs. The supervisor looks once a second (docs/releases.md).

#include <array>
#include <string_view>

#include "app/config.h"
#include "app/loader.h"
#include "conn/server.h"

namespace minhttp::app {

class Watch {
 public:
  // server and loader hold what has been read.
  Watch(const Config& config, const conn::Server& server, const Loader& loader)
      : config_(config), server_(server), loader_(loader) {}

  // Looks at each path. Reports which one is gone, and which one is there again unchanged. True: something else is
  // there, which has not been tried yet.
  bool look();

  // Call these before and after everything is read anew, whatever the reason.
  void begin_read();
  void end_read(bool good, bool found); // found: look() was the reason

  // Reports the result of reading what look() has found. good: all workers have read it.
  void say(bool good) const;

 private:
  enum class Kind : uint8_t { site, previous, hosts, passwords };
  enum class Seen : uint8_t { not_yet, there, gone };
  struct Path {
    const char* text; // ends with a NUL
    Kind kind;
    Seen& seen;
    const site::FileId* read; // what was read from there; null: nothing
    const site::Files* files; // of a directory; null: a password file
  };

  std::span<const site::Site> files_of_sites() const; // none in a pack: that cannot be replaced while it is served
  const char* path_of(const site::Site& site, std::span<char> to) const;
  static bool is_removed(const Path& path, const struct statx& facts);
  void look_at(const Path& path);
  void look_at_passwords();
  void report_missing(const Path& path, Errno why) const;
  bool look_at_rules();
  void find(std::string_view path, Kind kind, std::string_view what);
  bool holds() const;
  size_t count_gone() const;
  uint64_t hosts_key() const;
  uint64_t data_key(bool& any) const;
  uint64_t rules_key() const;

  const Config& config_;
  const conn::Server& server_;
  const Loader& loader_;
  std::array<Seen, limits::hosts_max> sites_ = {};
  std::array<Seen, limits::previous_max> previous_ = {};
  std::array<Seen, limits::guarded_max> passwords_ = {};
  uint64_t key_ = 0;         // hash of everything that look() has found to be replaced
  uint64_t tried_ = 0;       // key_ when it was last read
  uint32_t tried_turns_ = 0; // looks since then
  bool gone_ = false;        // a site's directory is gone
  size_t gone_read_ = 0;     // how many sites were reported as gone before the last reading
  uint64_t hosts_key_ = 0;   // hash of the directory of hosts when it was read
  uint64_t data_key_ = 0;    // hash of where `..data` led
  bool has_data_ = false;
  uint32_t settles_turns_ = 0; // for so many looks the rule files are compared too
  uint64_t rules_key_ = 0;     // hash of the rule files when they were read
  uint64_t rules_seen_ = 0;    // the same at the last look
  size_t sites_read_ = 0;      // how many sites there were before the last reading
  char path_[256] = {};        // the first path that look() has found changed, for the message
  size_t path_size_ = 0;
  bool path_cut_ = false; // the path is longer than that
  Kind kind_ = Kind::site;
  std::string_view what_; // what has happened to it
};

} // namespace minhttp::app
