// SPDX-License-Identifier: MIT
#include "app/setup.h"

#include "app/admin.h"
#include "app/default_headers.h"
#include "app/environment.h"
#include "app/media_types.h"
#include "app/memory.h"
#include "app/message.h"
#include "app/site_options.h"
#include "app/trusted_proxies.h"
#include "auth/basic.h"
#include "base/arena.h"
#include "conn/uptake.h"
#include "http/character.h"
#include "rt/random.h"
#include "sys/process.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

// Whether responses are kept, of any site.
bool replays(const Config& config) { return config.has_site() && !config.check && config.cache_files > 0; }

// Whether files are kept: those of a pack are in memory anyway.
bool caches(const Config& config) { return replays(config) && config.has_files(); }

bool compresses(const Config& config) { return caches(config) && config.compress != 0; }

// The size of the longest compressed copy.
size_t compressed_bytes(const Config& config) {
  uint64_t most = config.cache_bytes / limits::compressed_part;
  return !compresses(config) ? 0 : most < limits::compressed_max ? most : limits::compressed_max;
}

// Raises the descriptor limit as far as the system allows, and reduces connections to what it allows: besides its
// socket, a connection may have a file open during a request. The cache gets what these leave, or an eighth. Returns
// the limit if it is worth a message.
std::optional<uint64_t> fit_to_descriptors(Config& config) {
  sys::abi::rlimit64 limit = {};
  if (!sys::get_descriptor_limit(limit).ok()) return {};
  uint64_t roots =
      config.hosts.empty() ? 2 * (1 + config.previous.count) : 2 * limits::hosts_max; // twice, for a reload
  uint64_t spare = limits::descriptors_spare + roots;
  uint64_t clients = config.connections + config.workspaces + spare;
  uint64_t most = caches(config) ? config.cache_files : 0; // a descriptor belongs to a name
  if (config.cache_descriptors > most) config.cache_descriptors = most;
  uint64_t wanted = clients + config.cache_descriptors;
  if (limit.rlim_cur < wanted) {
    sys::abi::rlimit64 higher = {.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max,
                                 .rlim_max = limit.rlim_max};
    if (sys::set_descriptor_limit(higher).ok()) limit = higher;
  }
  if (limit.rlim_cur >= wanted) return {};
  uint64_t left = limit.rlim_cur > clients ? limit.rlim_cur - clients : 0;
  if (left < limit.rlim_cur / 8) left = limit.rlim_cur / 8;
  if (config.cache_descriptors > left) config.cache_descriptors = left;
  spare += config.cache_descriptors;
  uint64_t usable = limit.rlim_cur > spare + 2 ? limit.rlim_cur - spare : 2;
  uint64_t files = config.workspaces < usable / 2 ? config.workspaces : usable / 2;
  uint64_t asked = config.connections;
  if (usable - files < asked) config.connections = usable - files;
  if (config.connections == asked || (asked == limits::connections && config.connections >= 1000)) return {};
  return limit.rlim_cur;
}

size_t log_records_for(size_t connections) {
  if (connections < limits::log_records_min) return limits::log_records_min;
  return connections < limits::log_records ? connections : limits::log_records;
}

// How many of each, or bytes; all 0 without --h2c.
struct Http2Counts {
  size_t sessions = 0;
  size_t streams = 0;
  size_t table_bytes = 0;
  size_t text = 0;
  size_t scratch = 0;
};

Http2Counts http2_counts(const Config& config) {
  if (!config.h2c && !config.is_secure()) return {};
  return {.sessions = config.h2_sessions,
          .streams = config.h2_streams,
          .table_bytes = config.h2_sessions * h2::DynamicTable::memory_for(static_cast<uint32_t>(config.h2_table)),
          .text = limits::head_max,
          .scratch = limits::hpack_table_max};
}

// Lists the parts of the memory once, for counting and for taking. Guard pages lie between groups of parts, and around
// all of them: an overflow in memory that peers write to ends there, before it reaches descriptors, passwords or other
// clients' responses (docs/decisions/23-hardening.md).
template <typename Take, typename Fence>
void carve(const Config& config, Memory& memory, const Take& take_part, const Fence& fence_off) {
  auto connections = static_cast<size_t>(config.connections);
  size_t listings = config.listing ? config.listings : 0;
  size_t passwords = config.auth.count > 0 ? 1 : 0;
  Http2Counts http2 = http2_counts(config);
  size_t files = caches(config) ? config.cache_files : 0;
  size_t file_bytes = caches(config) ? config.cache_bytes : 0;
  bool fenced = false; // no part was taken since the last fence
  auto take = [&](auto& part, size_t count) {
    take_part(part, count);
    fenced = fenced && count == 0;
  };
  auto fence = [&] {
    if (!fenced) fence_off();
    fenced = true;
  };
  fence();
  // Written only by us.
  take(memory.connections, connections);
  take(memory.free_connections, connections);
  take(memory.free_workspaces, config.workspaces);
  take(memory.free_listings, listings);
  take(memory.free_log_records, log_records_for(connections));
  take(memory.authenticator.under_way, passwords * limits::verifications_max);
  take(memory.authenticator.waiters, passwords * (connections + http2.streams));
  take(memory.http2.sessions, http2.sessions);
  take(memory.http2.free_sessions, http2.sessions);
  take(memory.http2.streams, http2.streams);
  take(memory.http2.free_streams, http2.streams);
  take(memory.http2.bodies, http2.streams);
  take(memory.cache.free_entries, files);
  take(memory.cache.buckets, files > 0 ? site::CacheMemory::buckets_for(files) : 0);
  take(memory.cache.marks, files > 0 ? site::CacheMemory::buckets_for(files) : 0);
  take(memory.cache.states, Buddy::states_for(file_bytes));
  take(memory.tags.entries, config.has_files() ? config.tag_entries : 0);
  fence();
  // What clients send, and the responses.
  take(memory.workspaces, config.workspaces);
  fence();
  // Text that comes from requests: names, lines, heads.
  take(memory.listings, listings);
  take(memory.log, limits::log_bytes);
  take(memory.log_records, log_records_for(connections));
  take(memory.http2.tables, http2.table_bytes);
  take(memory.http2.text, http2.text);
  take(memory.http2.scratch, http2.scratch);
  take(memory.responses, replays(config) ? config.replay_entries : 0);
  take(memory.cache.entries, files);
  fence();
  // Configuration and passwords.
  take(memory.loader, Loader::bytes_needed(config));
  take(memory.options.default_headers, config.has_site() ? default_headers_bytes : 0);
  take(memory.options.types, config.types.count);
  take(memory.options.type_text, config.types.count * type_text_bytes);
  take(memory.options.env_script, config.env_js.empty() ? 0 : limits::env_js_max);
  take(memory.authenticator.remembered, passwords * limits::verified_max);
  take(memory.authenticator.guessers, passwords * limits::guessers_max);
  take(memory.authenticator.accounts, config.auth.count * limits::users_max);
  take(memory.authenticator.unknown_users, passwords * limits::unknown_users_max);
  fence();
  // Contents of files.
  take(memory.cache.bytes, file_bytes);
  take(memory.tags.buffer, config.has_files() ? limits::tag_buffer_bytes : 0);
  fence();
  take(memory.encoder, compresses(config) ? 1 : 0);
  fence();
  take(memory.compressed, compressed_bytes(config));
  take(memory.admin_pages, config.has_admin() ? limits::admin_pages : 0);
  fence();
}

// The maximum memory of one worker, in bytes: all parts except the sites' rules, and what the kernel needs for each
// connection.
uint64_t memory_needed(const Config& config) {
  Memory memory;
  uint64_t bytes = config.connections * limits::kernel_bytes_a_connection;
  carve(
      config, memory, [&]<typename T>(std::span<T>&, size_t count) { bytes += Arena::cost<T>(count) + 16; }, [] {});
  return bytes - Loader::bytes_needed(config);
}

// Reduces everything to what the control groups' memory limit allows. Returns the limit if it is worth a message.
std::optional<uint64_t> fit_to_memory(Config& config, uint32_t workers) {
  uint64_t limit = memory_limit();
  if (!fit_to_memory(config, limit / workers, memory_needed(config))) return {};
  return limit;
}

// Maps one block for all parts: it is zeroed, and only pages that are used become resident.
Result<> map_all(const Config& config, Memory& memory, size_t& bytes) {
  carve(
      config, memory, [&]<typename T>(std::span<T>&, size_t count) { bytes += Arena::cost<T>(count) + 16; },
      [&] { bytes += Arena::fence_cost(limits::fence_bytes); });
  Arena arena({TRY(sys::map_memory(bytes)), bytes});
  Result<> forbidden;
  carve(
      config, memory,
      [&]<typename T>(std::span<T>& part, size_t count) {
        part = arena.take<T>(count, alignof(T) < 16 ? 16 : alignof(T));
      },
      [&] {
        auto fence = sys::forbid_memory(arena.fence(limits::fence_bytes));
        if (!fence.ok()) forbidden = fence;
      });
  return forbidden;
}

conn::LogFormat log_format(const Config& config) {
  switch (static_cast<LogChoice>(config.log)) {
    case LogChoice::off: return conn::LogFormat::off;
    case LogChoice::case_study: return conn::LogFormat::case_study;
    case LogChoice::common: return conn::LogFormat::common;
    case LogChoice::combined: return conn::LogFormat::combined;
    case LogChoice::json: return conn::LogFormat::json;
    case LogChoice::terminal: return conn::LogFormat::terminal;
    case LogChoice::automatic: break;
  }
  if (config.has_site() && config.log_on_terminal) return conn::LogFormat::terminal;
  return config.has_site() ? conn::LogFormat::common : conn::LogFormat::case_study;
}

std::array<uint32_t, conn::timer_count> durations(const Config& config) {
  auto ms = [](uint64_t value) { return static_cast<uint32_t>(value); };
  uint32_t idle =
      is_plain(config) && config.idle_ms > limits::plain_idle_ms ? limits::plain_idle_ms : ms(config.idle_ms);
  uint32_t send = ms(config.send_ms);
  uint32_t check = conn::first_check_ms(send);
  // In the order of conn::Timer.
  return {
      ms(config.head_ms), idle, ms(config.head_ms), ms(config.body_ms), check, check, send, send, ms(config.linger_ms),
      limits::check_ms,   send};
}

std::optional<int> fill_randomly(void* to, size_t size) {
  auto filled = sys::getrandom(to, size);
  if (filled.ok()) return {};
  named_message(2) << "cannot get random bytes: " << describe(filled.error());
  return 1;
}

conn::Http2 http2_of(const Config& config, const Http2Memory& memory) {
  return {.shared = {.streams = {.streams = memory.streams, .free = Pool(memory.free_streams)},
                     .text = memory.text,
                     .scratch = memory.scratch,
                     .streams_max = static_cast<uint32_t>(config.streams),
                     .body_max = config.body_max},
          .bodies = memory.bodies,
          .sessions = memory.sessions,
          .free_sessions = Pool(memory.free_sessions),
          .tables = memory.tables,
          .table_size = static_cast<uint32_t>(config.h2_table)};
}

int report_no_memory(const Config& config, size_t bytes, Errno error) {
  named_message(2)
      << "cannot reserve " << (bytes >> 20) + 1 << " MiB of memory: " << describe(error)
      << "; raise the limit (ulimit -v, ulimit -d), or lower --connections, --workspaces, --cache-files or "
         "--cache-bytes, which "
      << "take all but " << uint64_t{Loader::bytes_needed(config) >> 20} << " MiB of it";
  return 1;
}

// Few sites need what is reserved for rules, but all of it counts against limits (ulimit -v, vm.overcommit_memory=2).
Result<> map_what_fits(Config& config, Memory& memory, size_t& bytes) {
  auto mapped = map_all(config, memory, bytes);
  while (mapped.is(Errno::ENOMEM_) && config.has_site() && config.sites_bytes > limits::sites_bytes_least) {
    config.sites_bytes /= 2;
    bytes = 0;
    mapped = map_all(config, memory, bytes);
  }
  return mapped;
}

} // namespace

std::optional<int> Setup::prepare(Config& config, const rt::Start& start, int messages, uint32_t workers) {
  if (is_plain(config)) config.connections = config.workspaces = 1;
  if (config.workspaces > config.connections) config.workspaces = config.connections;
  scarce_memory_ = fit_to_memory(config, workers);
  scarce_descriptors_ = fit_to_descriptors(config);
  if (config.workspaces > config.connections) config.workspaces = config.connections;
  size_t bytes = 0;
  auto mapped = map_what_fits(config, memory_, bytes);
  if (!mapped.ok()) return report_no_memory(config, bytes, mapped.error());
  serve::SiteOptions options;
  if (!make_site_options(config, start.environment, memory_.options, default_headers_, options)) return 2;
  if (config.auth.count > 0) {
    KeyedHash::Key key;
    if (auto status = fill_randomly(key.data(), key.size())) return status;
    authenticator_.emplace(key, memory_.authenticator);
  }
  if (replays(config)) {
    std::array<uint64_t, 3> seed = {}; // separate from the seed of the boundaries, which clients see
    if (auto status = fill_randomly(seed.data(), sizeof seed)) return status;
    cache_.emplace(memory_.cache, static_cast<uint32_t>(config.cache_descriptors), SipKey{seed[0], seed[1]});
    responses_.emplace(memory_.responses, seed[2]);
  }
  if (config.has_files()) tags_.emplace(memory_.tags);
  if (compresses(config)) compressor_.emplace(*cache_, memory_.encoder[0], memory_.compressed);
  log_.emplace(memory_.log, 1, log_format(config) == conn::LogFormat::json);
  serve::Context context = {.sites = {},
                            .cache = cache_ ? &*cache_ : nullptr,
                            .tags = tags_ ? &*tags_ : nullptr,
                            .compressor = compressor_ ? &*compressor_ : nullptr,
                            .options = options,
                            .access = {.addresses = {config.blocks.rules.data(), config.blocks.count},
                                       .protected_paths = {},
                                       .authenticator = authenticator_ ? &*authenticator_ : nullptr,
                                       .realm = realm_of(config)},
                            .client = {},
                            .listings = serve::Listings(memory_.listings, memory_.free_listings)};
  if (!make_client_header(config, proxies_, context.client)) return 2;
  if (auto status = make_client_limits(config, workers, client_limits_)) return *status;
  if (config.h2c || config.is_secure()) http2_.emplace(http2_of(config, memory_.http2));
  server_.emplace(conn::Server{.context = context,
                               .responses = responses_ ? &*responses_ : nullptr,
                               .http2 = http2_ ? &*http2_ : nullptr,
                               .plain_http2 = has_tls && config.h2c,
                               .client_limits = client_limits(),
                               .needs_client = client_limits_ || !context.client.name.empty(),
                               .log = *log_,
                               .log_format = log_format(config),
                               .log_color = config.log_on_terminal && environment_variable(start, "NO_COLOR"sv).empty(),
                               .log_records = memory_.log_records,
                               .free_log_records = Pool(memory_.free_log_records),
                               .body_max = config.body_max,
                               .requests_max = static_cast<uint32_t>(config.requests_max),
                               .connections = memory_.connections,
                               .workspaces = memory_.workspaces,
                               .free_workspaces = Pool(memory_.free_workspaces),
                               .timers = conn::Timers(memory_.connections, durations(config)),
                               .boundaries = http::Boundaries(rt::random_seed(start))});
  if (!config.has_site()) return {};
  loader_.emplace(config, memory_.loader, messages);
  if (!loader_->load(*server_)) return 1;
  if (auto status = prepare_admin(config, workers, memory_.admin_pages, admin_)) return status;
  if (admin_.shared == nullptr) return {};
  server_->context.admin = &admin_;
  server_->metrics = &admin_.shared->blocks[0]; // until become_worker()
  return {};
}

void Setup::report_scarce(const Config& config) const {
  if (scarce_memory_) {
    named_message(2) << (*scarce_memory_ >> 20) << " MiB of memory (the control group's limit) allow each worker "
                     << config.connections << " connections, " << config.workspaces
                     << " of them in the middle of a request, and " << (config.cache_bytes >> 10)
                     << " KiB of small files; for more, raise the limit";
  }
  if (!scarce_descriptors_) return;
  named_message(2) << *scarce_descriptors_ << " file descriptors allow " << config.connections
                   << (config.connections == 1 ? " connection"sv : " connections"sv)
                   << "; for more, raise the limit (ulimit -n)";
}

// Boundaries must not repeat, or the responses of one worker would reveal those of another: so each process has its own
// range. The keys of hashes (authenticator.h) may be the same in all workers, as nobody sees a hash.
void Setup::become_worker(log::WriteLock& lock, uint32_t process, uint32_t number) {
  if (client_limits_) client_limits_->take_seat(process);
  log_->share(lock, process);
  server_->worker = number;
  server_->boundaries.begin_at(process);
  if (loader_) loader_->be_silent();
  if (admin_.shared != nullptr) server_->metrics = &admin_.shared->blocks[number - 1];
}

} // namespace minhttp::app
