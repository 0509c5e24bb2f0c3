// SPDX-License-Identifier: MIT
#pragma once
// What the server is told to do: the options of tables/options.def, and what follows from them. settings.h reads them.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/cidr.h"
#include "loop/listen.h"
#include "site/pack.h"
#include "tables/limits.h"
#include "tables/program.h"

namespace minhttp::app {

struct UnixSocket {
  std::string_view path = {};  // empty: it is no Unix socket
  std::string_view owner = {}; // USER, UID or UID:GID; empty: who starts the server
  uint32_t mode = 0666;        // as to a TCP port, everybody may connect; directories can be closed
};

// An address to listen on.
struct Endpoint {
  std::string_view text = {}; // as it was given; empty: by --port, or by the service manager
  loop::Address address = {};
  UnixSocket file = {};
  int inherited = -1; // the descriptor that systemd has given us; -1: we open the address
  conn::ListenerKind kind = conn::ListenerKind::http;
  bool secure = false; // TLS; in minhttps only
};

// The addresses of all options that name one to listen on.
struct ListenAddresses {
  std::array<Endpoint, limits::listeners_max> endpoints = {};
  uint32_t count = 0;

  std::span<const Endpoint> list() const { return {endpoints.data(), count}; }
  bool add(const Endpoint& endpoint) { // false: there are limits::listeners_max already
    if (count == endpoints.size()) return false;
    endpoints[count++] = endpoint;
    return true;
  }
  uint32_t count_of(conn::ListenerKind kind) const {
    uint32_t of_kind = 0;
    for (uint32_t i = 0; i < count; i++) of_kind += endpoints[i].kind == kind ? 1U : 0U;
    return of_kind;
  }
  bool has_site_address() const {
    uint32_t others = count_of(conn::ListenerKind::admin);
    if constexpr (has_tls) others += count_of(conn::ListenerKind::redirect);
    return count > others;
  }
};

struct Texts {
  std::array<std::string_view, limits::texts_max> texts = {};
  uint32_t count = 0;

  std::span<const std::string_view> list() const { return {texts.data(), count}; }
};

struct Blocks {
  std::array<AddressRule, limits::address_rules_max> rules = {};
  uint32_t count = 0;
};

// Addresses of this machine that other devices of its network can reach.
struct Lan {
  std::array<IpAddress, limits::lan_addresses_max> addresses = {};
  uint32_t count = 0;
};

enum class Loop : uint64_t { plain, epoll };
enum class Protection : uint64_t { off, on, require };
enum class LogChoice : uint64_t { off, case_study, common, combined, json, terminal, automatic };

// Where a setting comes from. Each level wins over those before it.
enum class Level : uint8_t { standard, packed, port_variable, file, variable, flag };

struct Origin {
  Level level = Level::standard;
  uint16_t line = 0; // of the file
};

// The rows of tables/options.def, titles of groups included.
#define GROUP(...) +1
#define ROOT(...) +1
#define NUMBER(...) +1
#define DURATION(...) +1
#define SWITCH(...) +1
#define CHOICE(...) +1
#define LISTEN(...) +1
#define TEXT(...) +1
#define TEXTS(...) +1
#define BLOCK(...) +1
constexpr size_t option_rows = 0
#include "tables/options.def"
    ;

struct Config {
#define GROUP(title)
#define ROOT(name, value, help)
#define NUMBER(member, standard, least, most, name, value, help) uint64_t member = standard;
#define DURATION(member, standard, least, most, name, value, help) uint64_t member = standard;
#define SWITCH(member, name, help) bool member = false;
#define CHOICE(member, standard, choices, name, help) uint64_t member = standard;
#define LISTEN(kind, name, value, help)
#define TEXT(member, longest, name, value, help) std::string_view member; // ends with a NUL, as arguments do
#define TEXTS(member, most, longest, name, value, help) Texts member;
#define BLOCK(allow, name, value, help)
#include "tables/options.def"
  ListenAddresses listen;
  std::array<Origin, option_rows> origins = {}; // of each row of the table; of a repeatable option, the last one's
  std::string_view file_values;         // values of the file, each between its line's number, of two bytes, and a NUL
  Blocks blocks;                        // --allow and --deny
  uint64_t listings = limits::listings; // not an option: fewer if memory is scarce (memory.h)
  uint64_t replay_entries = limits::replay_entries;
  uint64_t cache_descriptors = limits::cache_descriptors; // fewer where these are scarce, too (setup.cc)
  uint64_t tag_entries = limits::tag_entries;
  uint64_t h2_sessions = limits::h2_sessions;
  uint64_t h2_streams = limits::h2_streams_of_worker;
  uint64_t sites_bytes = limits::sites_bytes; // less if address space is scarce (setup.cc)
  bool on_terminal = false;                   // standard error is a terminal (announce.h)
  bool log_on_terminal = false;               // standard output is one
  Lan lan;                                    // to announce the URLs for other devices
  const char* directory = nullptr;            // null: there are --hosts, or only the greeting is served
  const site::Pack* pack = nullptr;           // the site in this executable; null: there is none
  int control = -1;                           // to the launcher (control.h); -1: there is none
  int handover = -1;                          // from where to take over listeners; -1: from nowhere
  bool check = false;                         // only check the site
  bool show_settings = false;                 // only print what is set, and where
  std::string_view explain;                   // print the response for this path

#ifdef MINHTTP_TLS
  uint16_t https_port = 0;  // of the first address of https; 0: there is none with a port
  bool no_redirect = false; // --listen-http off
  bool is_secure() const { return cert.count > 0 || self_signed; }
#else
  static constexpr bool is_secure() { return false; }
#endif

  bool has_admin() const { return listen.count_of(conn::ListenerKind::admin) > 0; }
  bool has_site() const { return directory != nullptr || !hosts.empty() || pack != nullptr; }
  bool has_files() const { return has_site() && pack == nullptr; } // the site is in directories
};

// Whether clients of such an address speak TLS: with certificates, all that are for the site.
inline bool speaks_tls(const Config& config, conn::ListenerKind kind) {
  return has_tls && config.is_secure() && (kind == conn::ListenerKind::http || kind == conn::ListenerKind::proxied);
}

inline bool is_plain(const Config& config) { return config.loop == static_cast<uint64_t>(Loop::plain); }

inline bool is_fenced(const Config& config) { return config.sandbox != static_cast<uint64_t>(Protection::off); }

// "8080", ":8080", "localhost:8080" (127.0.0.1), "127.0.0.1:8080", "[::1]:8080".
std::optional<loop::Address> parse_address(std::string_view text);

// The same, and "unix:PATH[,mode=660][,owner=USER]". PATH begins with a slash or a dot, and has no comma.
std::optional<Endpoint> parse_endpoint(std::string_view text);

} // namespace minhttp::app
