// SPDX-License-Identifier: MIT
#pragma once
// Reads the sites, their rules and the password files: at start, and again on SIGHUP.

#include <cstddef>
#include <span>

#include "app/config.h"
#include "app/message.h"
#include "base/arena.h"
#include "conn/server.h"
#include "site/site.h"

namespace minhttp::app {

// What happens to hosts whose directories are missing. forgotten: an operator who sends SIGHUP has removed them. kept:
// they are being built anew, and no other site serves their requests meanwhile.
enum class Missing : uint8_t { forgotten, kept };

class Loader {
 public:
  // memory: bytes_needed(config) bytes, zeroed. messages: the descriptor to report mistakes to.
  Loader(const Config& config, std::span<std::byte> memory, int messages);
  static size_t bytes_needed(const Config& config);

  // Reads everything anew into the server, and reports every mistake. False: there is one, and the server keeps what it
  // has.
  bool load(conn::Server& server, Missing missing = Missing::forgotten);

  // Reports the result of reading anew.
  void report_reload() const;
  static void report_unchanged();

  // Where a mistake is: a site's directory, or the directory of hosts and one host in it.
  struct Place {
    std::string_view directory;
    std::string_view host = {};
  };
  static void print_diagnostics(int messages, const rules::Diagnostics& mistakes, const Place& place);

  // From now on another process reports the mistakes.
  void be_silent() { messages_ = -1; }

  // The password files in force, in the order of --auth.
  std::span<const site::Secret> secrets() const { return halves_[next_ ^ 1].secrets; }

  uint32_t redirects() const { return redirects_; } // of what was read last
  uint32_t header_blocks() const { return header_blocks_; }
  uint32_t mistakes() const { return mistakes_; }
  uint32_t warnings() const { return warnings_; }

 private:
  // There are two: what is served, and what is being read.
  struct Half {
    std::span<std::byte> rules;
    std::span<auth::Account> accounts;
    std::array<auth::ProtectedPath, limits::guarded_max> protected_paths;
    std::array<site::Secret, limits::guarded_max> secrets; // the password files, so that no site shows one
  };
  // False, from those that read: there was a mistake, and a message says which.
  bool read_sites(Arena& arena, site::Sites& sites);
  bool read_previous(Arena& arena, site::Site& site);
  bool had_previous(uint32_t number) const;
  bool read_hosts(Arena& arena, site::Sites& sites);
  bool read_pack(Arena& arena, site::Sites& sites);
  bool read_packed_hosts(Arena& arena, site::Sites& sites);
  bool add_host(Arena& arena, site::Sites& sites, int directory, const char* path, std::string_view name);
  bool keep_missing(Arena& arena, site::Sites& sites, int directory);
  bool read_rules(Arena& arena, site::Site& site, const Place& place);
  bool read_text(const site::Site& site, const char* name, const Place& place, std::span<char> to,
                 std::string_view& text);
  bool read_passwords(Half& half);
  bool read_password_file(std::string_view option, auth::ProtectedPath& part, site::Secret& secret);
  bool find_other_names(Half& half, const site::Sites& sites);
  bool find_other_names_in(site::Files& files, std::span<const std::string_view> parts);
  bool complain(const Place& place, std::string_view what, std::string_view why);

  const Config& config_;
  int messages_;
  std::array<Half, 2> halves_;
  std::span<char> scratch_; // two rule files, or a password file
  size_t next_ = 0;
  bool loaded_ = false;                // at least once
  std::span<const site::Site> before_; // during load(): what is served
  std::span<const site::Site> kept_;   // during load(): sites that stay if their directories are missing
  uint32_t redirects_ = 0;
  uint32_t header_blocks_ = 0;
  uint32_t mistakes_ = 0;
  uint32_t warnings_ = 0;
};

// Whether one of the sites holds the file: goes up from the file's directory, with all links resolved. True as well if
// that cannot be found out.
bool lies_in_a_site(std::string_view file, std::span<const site::Site> sites);

} // namespace minhttp::app
