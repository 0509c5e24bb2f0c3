// SPDX-License-Identifier: MIT
#pragma once
// Builds everything that a server consists of from the options: memory, fields, sites, rules, passwords. For serving,
// and for `minhttp check`.

#include <optional>

#include "app/client_tables.h"
#include "app/config.h"
#include "app/loader.h"
#include "app/site_options.h"
#include "app/trusted_proxies.h"
#include "conn/server.h"
#include "rt/start.h"

namespace minhttp::app {

struct Http2Memory {
  std::span<h2::Session> sessions;
  std::span<uint32_t> free_sessions;
  std::span<h2::Stream> streams;
  std::span<uint32_t> free_streams;
  std::span<conn::StreamBody> bodies;
  std::span<char> tables;
  std::span<char> text;
  std::span<char> scratch;
};

struct Memory {
  std::span<conn::Connection> connections;
  std::span<conn::Workspace> workspaces;
  std::span<serve::ListingInProgress> listings;
  std::span<uint32_t> free_connections;
  std::span<uint32_t> free_workspaces;
  std::span<uint32_t> free_listings;
  std::span<char> log;
  std::span<conn::LogRecord> log_records;
  std::span<uint32_t> free_log_records;
  std::span<std::byte> loader;
  SiteOptionsMemory options;
  auth::AuthenticatorMemory authenticator;
  site::CacheMemory cache;
  site::TagMemory tags;
  Http2Memory http2;
  std::span<conn::CachedResponse> responses;
  std::span<gzip::Encoder> encoder;
  std::span<char> compressed;
  std::span<serve::AdminPage> admin_pages;
};

class Setup {
 public:
  // Fits the config to what the system allows, maps all memory, and reads everything. Nothing: continue; else the exit
  // status, after a message. messages: file descriptor for mistakes in files. workers: how many processes share the
  // memory limit.
  std::optional<int> prepare(Config& config, const rt::Start& start, int messages, uint32_t workers);

  // To be called when the start has succeeded; before, there may be more important messages.
  void report_scarce(const Config& config) const;

  // To be called after a fork: sets what workers share, and what must differ between them. process: above 0, unique
  // among all processes that were ever made. number: of the worker, from 1.
  void become_worker(log::WriteLock& lock, uint32_t process, uint32_t number);

  conn::Server& server() { return *server_; }
  Loader& loader() { return *loader_; }
  const Loader& loader() const { return *loader_; }
  bool has_loader() const { return loader_.has_value(); } // also if it found mistakes
  std::span<uint32_t> free_connections() { return memory_.free_connections; }
  log::Log& log() { return *log_; }
  metrics::Shared* metrics() { return admin_.shared; }                                        // null without --admin
  conn::ClientLimits* client_limits() { return client_limits_ ? &*client_limits_ : nullptr; } // null: there are none

 private:
  Memory memory_;
  ProxyMemory proxies_;
  std::optional<uint64_t> scarce_descriptors_;
  std::optional<uint64_t> scarce_memory_;
  rules::Fields default_headers_;
  std::optional<auth::Authenticator> authenticator_;
  std::optional<site::Cache> cache_;
  std::optional<site::Tags> tags_;
  std::optional<conn::ResponseCache> responses_;
  std::optional<site::Compressor> compressor_;
  std::optional<conn::ClientLimits> client_limits_;
  std::optional<log::Log> log_;
  std::optional<conn::Http2> http2_;
  serve::Admin admin_;
  std::optional<conn::Server> server_;
  std::optional<Loader> loader_;
};

} // namespace minhttp::app
