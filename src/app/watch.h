// SPDX-License-Identifier: MIT
#pragma once
// Whether what the options name is still what was read: a deployment replaces directories, links and password files
// while the server runs. The supervisor looks once a second (docs/releases.md).

#include <array>
#include <string_view>

#include "app/config.h"
#include "app/loader.h"
#include "conn/server.h"

namespace minhttp::app {

class Watch {
 public:
  // What has been read stands in these.
  Watch(const Config& config, const conn::Server& server, const Loader& loader)
      : config_(config), server_(server), loader_(loader) {}

  // Looks at each path. Says which is gone, and which is there again as it was. True: something else is there, and
  // has not been tried yet.
  bool look();

  // Around the reading of everything, whoever has asked for it.
  void begin_read();
  void end_read(bool good, bool found); // found: by look()

  // What came of reading what look() has found; good: everybody has done it.
  void say(bool good) const;

 private:
  enum class Kind : uint8_t { site, previous, hosts, passwords };
  enum class Seen : uint8_t { not_yet, there, gone };
  struct Path {
    const char* text; // ends with a NUL
    Kind kind;
    Seen& seen;
    const site::FileId* read; // what was read from there; null: nothing
    const site::Files* files; // of a directory, where there are some
  };

  const char* path_of(const site::Site& site, std::span<char> to) const;
  static bool is_removed(const Path& path, const struct statx& facts);
  void look_at(const Path& path);
  void look_at_passwords();
  void say_gone(const Path& path, Errno why) const;
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
  uint64_t key_ = 0;         // of all that look() has found to be another one
  uint64_t tried_ = 0;       // that key when it was read last
  uint32_t tried_turns_ = 0; // looks since then
  bool gone_ = false;        // a site's directory is
  size_t gone_read_ = 0;     // of how many this was said, before the last reading
  uint64_t hosts_key_ = 0;   // what the directory of hosts held when it was read
  uint64_t data_key_ = 0;    // where `..data` led
  bool has_data_ = false;
  uint32_t settles_turns_ = 0; // so many looks also look at the rule files
  uint64_t rules_key_ = 0;     // of these, when they were read
  uint64_t rules_seen_ = 0;    // by the last look
  size_t sites_read_ = 0;      // how many there were before the last reading
  char path_[256] = {};        // the first of what look() has found, for the message
  size_t path_size_ = 0;
  bool path_cut_ = false; // it is longer than that
  Kind kind_ = Kind::site;
  std::string_view what_; // has happened to it
};

} // namespace minhttp::app
