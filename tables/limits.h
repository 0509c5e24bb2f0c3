// SPDX-License-Identifier: MIT
#pragma once
// Every bound of the server in one place: on what a peer, a file name or a configuration can make us hold, wait for or
// repeat. Those that an operator may change are the defaults of options.def; the others are here because a buffer
// depends on them.

#include <cstddef>
#include <cstdint>

namespace minhttp::limits {

// HTTP
constexpr size_t head_max = 16 * 1024;           // request line and fields, bytes (431)
constexpr size_t target_max = 8192;              // RFC 9112 section 3 recommends 8000 at least (414)
constexpr size_t method_max = 32;                // no method that is known to anybody is longer (501)
constexpr size_t host_max = 255;                 // RFC 1035 section 2.3.4
constexpr size_t chunk_line_max = 1024;          // chunk-size with its extensions, bytes
constexpr size_t chunk_framing_free = 16 * 1024; // framing bytes that a body may have, however short it is
constexpr size_t trailer_line_max = 2048;        // one trailer field, bytes (431)
constexpr size_t trailer_max = head_max;         // the trailer section, bytes (431)
constexpr size_t body_window = 4096;             // body bytes read behind a head that is kept
static_assert(body_window > chunk_line_max + 2 && body_window > trailer_line_max + 2);
constexpr uint64_t body_max = 1024 * 1024;     // request body that is read and dropped (413)
constexpr uint64_t linger_bytes_max = 4 << 20; // bytes dropped after a final response

// HTTP/2
constexpr uint32_t hpack_table_initial = 4096;  // bytes of a dynamic table until SETTINGS says more (RFC 9113 6.5.2)
constexpr uint32_t hpack_table_max = 32 * 1024; // bytes of a dynamic table that may be asked for
constexpr uint32_t hpack_entry_overhead = 32;   // bytes that an entry counts beside its text (RFC 7541 section 4.1)
constexpr size_t hpack_copied_max = 256 * 1024; // bytes of names that one block copies from table entries

// The head of a response, with the longest Location.
constexpr size_t fields_bytes = 6 * 1024;        // of fields that rules and options add to one head (500)
constexpr size_t default_headers_max = 2 * 1024; // of these, from --header, --cors and --secure-headers
constexpr size_t preflight_bytes = 256;          // of fields that --cors adds to the response to a preflight request
constexpr size_t base_path_max = 256;            // bytes of --base-path
constexpr size_t realm_max = 128;                // bytes of --realm
constexpr size_t answer_head_max = target_max + fields_bytes + 1536;
constexpr size_t env_js_max = 8 * 1024; // the script of --env-js, after a head without a Location
static_assert(env_js_max <= target_max);
constexpr size_t error_page_max = 1024; // after a head without a Location
static_assert(error_page_max <= target_max);
constexpr size_t output_bytes = 28 * 1024; // responses gathered before they are sent
static_assert(output_bytes >= answer_head_max);

// Files
constexpr size_t path_max = 4096;          // PATH_MAX: what the kernel accepts, with the NUL
constexpr int links_max = 40;              // MAXSYMLINKS of the kernel
constexpr uint32_t error_pages_tried = 8;  // directories above a missing file that are searched for a 404.html
constexpr int open_tries_max = 8;          // openat2 returns EAGAIN while a directory is renamed
constexpr size_t sendfile_max = 256 << 10; // bytes in one turn: other connections get theirs, and buffers stay small

// The cache of files
constexpr uint32_t cache_files = 65536; // names; 192 bytes each when used
constexpr uint32_t cache_files_max = 4'000'000;
constexpr uint32_t cache_descriptors = 65536; // kept for files that are not in memory, if the descriptor limit allows
constexpr uint64_t cache_descriptor_part = 16 << 10; // bytes of a memory limit for each; the kernel uses about 1.3 KiB
constexpr size_t cache_bytes = 32 << 20;             // for small files; reserved, and used only as needed
constexpr int64_t cache_fresh_ms = 500;              // after this time the file is looked at again
constexpr int64_t cache_quiet_ms = 20;         // without a response; then the next ones are careful (docs/glossary.md):
constexpr uint32_t cache_careful_answers = 32; // so many, and so many after a change that was found
constexpr int64_t cache_opened_ms = 10'000;    // then a file is opened and read again, whatever its times say
constexpr uint32_t cache_opened_a_second = 1000; // files, for that reason: 8 ms; of more than 10,000, each waits longer
constexpr int64_t cache_unused_ms = 10'000;      // after this time a descriptor that no request has used is closed
constexpr int64_t cache_sweep_ms = 1000;         // between two sweeps for such descriptors
constexpr int cache_sweep_max = 512;             // descriptors closed by one: a millisecond, for which connections wait
constexpr int64_t cache_settled_s = 3; // after a change, times may not show another one; FAT has steps of two seconds
constexpr size_t body_in_memory_max =
    12 * 1024; // larger: sendfile; 10 KiB take 10.6 µs, and by sendfile 12.6 (bench/compare --workload d10k)
constexpr size_t body_copied_max = 2 * 1024; // a smaller body is copied behind its head, so that responses are gathered
constexpr int cache_tries_max = 16;          // entries passed over, or evicted, for a new one

// Entity tags (site/tags.h)
constexpr size_t tag_entries = 128 * 1024;     // files whose digest is remembered; 40 bytes each when used
constexpr size_t tag_read_max = 1 << 20;       // bytes hashed within requests, in a turn: 0.2 ms; larger files wait
constexpr size_t tag_slice_bytes = 256 * 1024; // bytes of a larger file hashed in one turn; as sendfile_max
constexpr uint64_t tag_size_max = 64ULL << 30; // bytes: 20 s; a larger file, which may be sparse, has no tag
constexpr size_t tag_buffer_bytes = 64 * 1024; // bytes read by one pread
constexpr uint32_t tags_under_way = 8;         // larger files hashed at the same time, with a descriptor each

// Responses that are replayed (conn/response_cache.h)
constexpr size_t replay_entries = 4096;     // a power of two; 2 KiB each when used
constexpr size_t replay_request_max = 1024; // bytes of a request head that is stored
constexpr size_t replay_head_max = 960;     // bytes of its response's head
constexpr size_t replay_hashed_max = 256;   // bytes of the request line that are hashed to find an entry

// The gzip encoder (src/gzip/): docs/decisions/25 says how these were chosen
constexpr size_t gzip_encoder_bytes = 256 * 1024;       // for one encoder
constexpr size_t gzip_symbols = 8 * 1024;               // literals and matches of a block, which is written at once
constexpr uint32_t gzip_chain = 64;                     // candidates looked at, and words compared, for each position
constexpr uint32_t gzip_work_per_byte = gzip_chain + 2; // with the position itself, and the symbol that it becomes
constexpr uint32_t gzip_nice = 128;                     // bytes: a match that long ends the search
constexpr uint32_t gzip_good = 16; // bytes: after such a match, a quarter of the search for a longer one
constexpr uint32_t gzip_lazy = 32; // bytes: after such a match, no search for a longer one

// Text that is gzipped by the server (src/site/compressor.h)
constexpr uint64_t compress_min = 512;               // bytes of a file; a smaller one fits into its packet anyway
constexpr uint64_t compress_max = 4 << 20;           // a larger file is sent as it is
constexpr uint64_t compress_at_once_max = 64 * 1024; // bytes of a file that is compressed while its request waits
constexpr size_t compressed_max = 2 << 20;           // bytes of a compressed copy
constexpr uint64_t compressed_part = 8;              // a copy is no more than this part of --cache-bytes
constexpr uint64_t compress_gain_min = 64; // bytes saved; with less the file is sent as it is: two fields are added
constexpr uint32_t compress_turn_work = 384 * 1024;  // units of work for requests, in one turn of the loop: 1.3 ms
constexpr uint32_t compress_begin_work = 2048;       // of these, to set up the tables of the encoder
constexpr uint32_t compress_slice_work = 128 * 1024; // units of work for files that wait, in one turn: 0.4 ms
constexpr size_t compress_queue = 32;                // files that wait for the encoder
constexpr size_t compress_queue_of_client = 4;       // of these, for one client
constexpr uint64_t uncompressed_text_max = 1024;     // bytes: `check` warns of a larger file that nothing compresses
constexpr size_t copy_bytes_a_try = 4096;            // bytes of a copy for which one more entry may be evicted

// Directory listings
constexpr size_t name_max = 1020;                                     // of an entry: 255 characters (NAME_MAX) of UTF-8
constexpr size_t escaped_byte_max = 6;                                // what a byte of a name becomes: &quot; or \u001f
constexpr uint32_t crumbs_max = 16;                                   // directories above a listing that it links to
constexpr size_t listing_root_max = host_max + 8 + base_path_max + 1; // "[host]:65535/base", which a listing names
constexpr size_t piece_max = 10 * 1024;                               // of a listing, written in one piece
static_assert(output_bytes >= piece_max + 16, "with the frame of a chunk");
constexpr uint32_t listings = 8;                 // under way at the same time (503)
constexpr uint32_t listings_of_client = 2;       // of these, for one client; more only while no other client needs them
constexpr size_t listing_bytes = 1024 * 1024;    // entries held by each; a larger directory is read several times
constexpr size_t listing_read_bytes = 16 * 1024; // bytes of a directory read before other connections get their turn
constexpr uint32_t listing_pack_entries = 512;   // of a directory in a pack, likewise

// Sites
constexpr uint32_t pack_entries_max = 1 << 24;  // files and directories of a pack; their indexes stay far from overflow
constexpr uint32_t pack_options_max = 16 << 10; // bytes of the options in a pack
constexpr uint32_t pack_arguments_max = 256;    // of these options, with their values
constexpr uint64_t pack_bytes_max = 1ULL << 40; // of a pack: 1 TiB, so that sums of offsets cannot overflow
constexpr size_t hosts_max = 256;               // directories of --hosts
constexpr size_t sites_bytes = 64 << 20; // for the rules of all sites, twice for reloads; reserved, used only as needed
constexpr size_t headers_max = 16;       // --header
constexpr size_t types_max = 16;         // --type
constexpr size_t type_max = 128;         // bytes of each
constexpr size_t guarded_max = 4;        // --auth
constexpr size_t sites_bytes_least = 1 << 20;   // if address space is scarce (ulimit -v)
constexpr size_t mistakes_shown = 100;          // of one file; the others are only counted
constexpr size_t netlify_toml_read = 16 * 1024; // bytes at its beginning that `check` looks through
constexpr uint32_t inspected_depth = 64;        // nested directories that `check` looks into
constexpr size_t previous_max = 8;              // --previous
constexpr size_t texts_max = 16;                // values of one option
static_assert(texts_max >= headers_max && texts_max >= guarded_max && texts_max >= types_max &&
              texts_max >= previous_max);

constexpr uint32_t parents_max = 256; // directories above a password file that are compared with those of sites

// Rules (_redirects and _headers)
constexpr size_t rules_text_max = 4 << 20;   // bytes of one file
constexpr size_t rules_line_max = 4096;      // bytes of one line
constexpr uint32_t rules_max = 65'536;       // rules of one file; for _headers, fields too
constexpr size_t rules_captures_max = 8;     // placeholders and splat of one path
constexpr size_t rules_conditions_max = 8;   // query parameters that one rule asks for
constexpr size_t rules_words_max = 24;       // words of one line of _redirects
constexpr size_t rules_params_max = 64;      // query parameters of a request that are looked at
constexpr size_t rules_fields_max = 64;      // fields that one response can get
constexpr uint32_t rules_steps_max = 32'768; // nodes, rules and fields that one look-up may visit; about 0.3 ms
constexpr size_t rules_blocks_max =
    2 * rules_steps_max / rules_fields_max; // blocks that match one path: with its host, and without
constexpr size_t rules_lines_noted = 16;    // lines of _headers that --explain names
constexpr uint64_t review_visits_max =
    64 << 20; // nodes that `check` visits, and pieces of 16 bytes of targets, to find rules that are never used; 1 s
constexpr int rules_tries_max = 8; // rules passed over because they lead back to the request

// Passwords (docs/auth.md). The length of a password and the rounds bound what its check costs.
constexpr size_t user_max = 64;                     // bytes of a user's name
constexpr size_t password_max = 256;                // bytes of a password
constexpr uint32_t password_rounds_max = 1'000'000; // of a hash in a password file
constexpr size_t users_max = 1024;                  // of one password file
constexpr size_t password_file_max = 256 * 1024;    // bytes
constexpr size_t verified_max = 1024;               // verified credentials that are remembered
constexpr int64_t verified_ms = 300'000;            // how long each is remembered; then its hash is computed again
constexpr uint32_t verifications_max = 16;          // hashes that are computed at the same time
constexpr uint32_t verifications_by_account = 8;    // of these, checks that only the account's bucket allows
constexpr uint32_t verification_blocks = 512;       // blocks of SHA-512 in one go: half a millisecond
constexpr size_t guessers_max = 1024;               // addresses whose failed attempts are remembered
constexpr int64_t guess_ms = 3'000;                 // in the long run, one failed attempt in this time
constexpr int64_t guesses_at_once = 20;             // failed attempts at once, after a pause
constexpr int64_t account_guess_ms = 30'000;   // if the address may not: one failed attempt at an account in this time
constexpr int64_t account_guesses_at_once = 5; // failed attempts at once, after a pause
constexpr size_t unknown_users_max = 1024;     // unknown user names whose failed attempts are remembered
constexpr size_t address_rules_max = 64;       // --allow and --deny

constexpr size_t passwd_max = 64 * 1024; // bytes of /etc/passwd that --user looks through

// HTTP/2 (RFC 9113; docs/http2.md)
constexpr uint32_t h2_frame_max = 16'384;             // bytes of a frame that we accept, and of a response's head
constexpr uint32_t h2_frame_size_max = (1 << 24) - 1; // RFC 9113 section 6.5.2: the most that a peer can allow
constexpr int32_t h2_window = 65'535;                 // bytes of DATA, the initial window of both sides
constexpr uint32_t h2_streams = 100;                  // of a connection (REFUSED_STREAM)
constexpr uint32_t h2_streams_max = 128;              // --streams
constexpr uint64_t h2_sessions = 1'024;          // connections of a worker that speak HTTP/2; further ones are closed
constexpr uint64_t h2_streams_of_worker = 8'192; // of all of them (REFUSED_STREAM)
constexpr uint32_t h2_fragments_max = 16;        // CONTINUATION frames of a request
constexpr uint32_t h2_block_max = 64 * 1024;     // bytes of an encoded header block; more than head_max: 431
constexpr uint32_t h2_past_streams = 32;         // closed streams that a connection remembers
constexpr size_t h2_control_room = 256;          // bytes of the frames with which one frame is answered at most
constexpr size_t h2_data_least = 512;            // bytes of output that are left for DATA, or it is sent first
// Bytes of a DATA frame: two fill the output, so that streams which take turns get pieces of the same size.
constexpr uint32_t h2_data_max = (output_bytes - h2_control_room) / 2 - 9;
static_assert(h2_data_max <= h2_frame_max);
constexpr size_t h2_continuation_room = 32; // bytes of further frame headers of a response's head
// What a client may do that good clients seldom do, in units. Each connection begins with h2_budget; time and responses
// refill it. A connection that has used it up ends with ENHANCE_YOUR_CALM.
constexpr int32_t h2_budget = 1'000;
constexpr int32_t h2_credit_second = 10;   // refilled a second
constexpr int32_t h2_credit_response = 10; // and for a response
constexpr int32_t h2_cost_reset = 10;      // a stream that is reset, by whomever (CVE-2023-44487, CVE-2025-8671)
constexpr int32_t h2_cost_settings = 10;   // SETTINGS after the first
constexpr int32_t h2_cost_ping = 5;
constexpr int32_t h2_cost_fragment = 5; // a CONTINUATION
constexpr int32_t h2_cost_head = 50;    // a head of h2_small bytes or more, malformed or too large: all was decoded
constexpr int32_t h2_cost_window = 10;  // a WINDOW_UPDATE of fewer than h2_small bytes that leaves no larger window
constexpr int32_t h2_cost_frame = 1; // PRIORITY, PRIORITY_UPDATE, what is ignored, and what is smaller than h2_small:
constexpr uint32_t h2_small = 1'024; // bytes of DATA, or of a WINDOW_UPDATE

// Time, milliseconds
constexpr uint32_t head_ms = 10'000;      // first to last byte of a head (408)
constexpr uint32_t body_ms = 30'000;      // a request body (408)
constexpr uint32_t idle_ms = 75'000;      // between requests; longer than the 60 s of common load balancers
constexpr uint32_t send_ms = 30'000;      // for send_progress_min bytes of a response
constexpr uint32_t send_check_ms = 1'000; // without a write; then the kernel is asked what the peer has taken
constexpr uint32_t linger_ms = 3'000;     // after our shutdown, until the peer has read the response
constexpr uint32_t check_ms = 120'000;    // a password check (503); 16 of a million rounds take about 10 s
constexpr uint32_t drain_ms = 8'000;      // after SIGTERM; docker stop kills after 10 s
constexpr int evict_scan_max = 64;        // connections looked at for one to evict
constexpr int64_t stalled_ms = 3'000;     // nothing of a response taken since the kernel was asked: may be evicted
constexpr size_t greedy_part = 8;         // a client with more than one such part of the slots is evicted first
constexpr size_t share_victims = 64;      // connections of that client found at once
constexpr uint64_t share_slots_looked_at = 256; // for each new client, when all slots are taken
constexpr int64_t share_fresh_ms = 1'000;       // after this time all slots are looked at again
constexpr int64_t refusals_said_ms = 1'000;     // refused clients are reported in one line in this time
constexpr uint32_t accept_pause_ms = 100;       // after a failed accept
constexpr uint32_t log_retry_ms = 100;          // while log lines wait for their reader
constexpr uint32_t plain_idle_ms = 2'000;       // plain loop: other clients are waiting
constexpr size_t send_progress_min = 1024;      // bytes within send_ms, or the peer is gone

// Workers (docs/workers.md)
constexpr uint32_t workers = 0;           // 0: as many as CPUs may be used
constexpr uint32_t workers_max = 128;     // each has one listening socket for each --listen
constexpr size_t cpus_max = 8192;         // of a machine (CONFIG_NR_CPUS)
constexpr size_t cgroup_path_max = 4096;  // a longer path is ignored
constexpr uint32_t cgroup_depth_max = 32; // nested groups whose limits are looked at
constexpr uint32_t worker_wait_ms = 100;  // before a worker that died early is replaced; doubles each time
constexpr uint32_t worker_wait_max_ms = 5'000;
constexpr uint32_t worker_steady_ms = 10'000; // a worker that has lived for this long is replaced at once
constexpr uint32_t worker_queue_ms = 500;   // clients wait this long for the next worker; beyond it, its peers get them
constexpr uint32_t worker_grace_ms = 2'000; // beyond --drain-ms; then a worker is killed
constexpr uint32_t worker_kills_max = 5;   // rounds of SIGKILL at the end, worker_grace_ms apart; D state survives them
constexpr uint32_t worker_beat_ms = 1'000; // how often a worker changes its heartbeat, and the supervisor looks at it
constexpr uint32_t silent_turns_max = 10;  // looks without a heartbeat, then the worker is replaced (docs/workers.md)
constexpr uint32_t drain_delay_ms = 0;     // after SIGTERM, before the drain
constexpr uint32_t next_listener_ms = 5'000;   // for the next listener of the server that is replaced
constexpr uint32_t upgrade_ms = 60'000;        // for a new server to be ready; then it is killed
constexpr uint32_t retired_drain_ms = 600'000; // for the downloads of a worker that has retired
constexpr uint32_t formers_max = 32; // retired workers, beside the last of each number; then the oldest is killed
constexpr uint64_t channels_from =
    64;                               // descriptors, and two for each worker; with fewer, connections are not passed on
constexpr uint32_t pass_again_ms = 1; // until a channel that was full is tried again
constexpr uint32_t watch_retry_turns =
    60; // looks at a directory that cannot be read; then it is tried again (docs/releases.md)
constexpr uint32_t watch_settle_turns = 60; // looks at the rule files of a directory that was just replaced
constexpr uint32_t start_deaths_max = 5;    // workers killed before one has served; then the start has failed
constexpr uint32_t reload_look_ms = 5;      // how often the supervisor asks whether all workers have read anew
constexpr uint32_t reload_wait_ms = 10'000; // after this time workers that have not are named
constexpr int last_lines_tries = 50;        // of a millisecond, to write the log lines that are left at the end

// Settings, bytes (docs/configuration.md)
constexpr size_t config_file_max = (64 << 10) - 1; // of --config; so a line's number fits 16 bits
constexpr size_t config_line_max = 8 << 10;        // of its lines: two of the longest path
constexpr size_t variables_max = 64 << 10;         // of the variables that hold several values, together
constexpr size_t setting_name_max = 40;            // of an option's name, with a margin for MINHTTP_
// --admin (docs/metrics.md)
constexpr size_t admin_page_max = 64 * 1024; // bytes of one answer: /metrics with 128 workers takes half of it
constexpr size_t admin_pages = 4;            // answers under way at the same time, of each worker (503)
constexpr uint32_t admin_slots = 4;          // connections of each worker that only --admin gets, but
constexpr uint32_t admin_slots_part = 16;    // no more than such a part of them
constexpr size_t metrics_samples = 120;      // of the page's pictures
constexpr uint32_t metrics_sample_s = 5;     // between two of them: ten minutes in all

// The start lines on a terminal
constexpr size_t interfaces_max = 16;   // of the machine, that are looked at
constexpr size_t lan_addresses_max = 4; // of these, that a URL is printed for

// Memory, if a control group limits it. Three quarters of the limit are for what the options ask for, in all workers.
// The rest is for what cannot be known at start: the sites' rules, socket buffers with unsent bytes, page tables, and
// the pages of files that are being sent.
constexpr uint64_t memory_share = 3;
constexpr uint64_t memory_share_of = 4;
constexpr uint64_t kernel_bytes_a_connection = 4096; // an idle one (bench/SCALE.md)
constexpr uint64_t connections_least = 16;           // however little memory there is
constexpr uint64_t workspaces_least = 4;

// The stack, bytes. The deepest path has 103 KB of frames (g++ 12 -O2, -fcallgraph-info=su): decide() with the fields
// of rules, then a component walk, then a panic. The rest is margin, which includes the frame of a signal.
constexpr uint64_t stack_bytes = 128 * 1024;

// Counts
constexpr size_t environment_max = 4'000;           // variables that a new server gets (--upgrade); 32 KB of stack
constexpr size_t proxy_header_max = 2'048;          // bytes of a header of the PROXY protocol, version 2
constexpr size_t forwarded_max = 32;                // proxies in a row that are believed (X-Forwarded-For)
constexpr size_t trusted_proxies_max = 16;          // blocks of --trusted-proxy
constexpr size_t trusted_proxy_max = 64;            // bytes of one
constexpr size_t client_header_max = 64;            // bytes of the name of --client-header
constexpr uint32_t client_rate_max = 100'000;       // --client-rate
constexpr uint32_t client_burst_s = 10;             // requests at once: as many as in this time, in seconds
constexpr uint32_t client_connections_max = 60'000; // --client-connections; a worker's part of them has 16 bits
constexpr size_t client_rates = 65'536;             // clients whose rates are remembered; 16 bytes each
constexpr size_t client_counts = 65'536;            // clients whose connections are counted; 8 bytes, and 2 a process
constexpr int client_tries_max = 64;                // to change a word that other workers change at the same time
constexpr size_t health_max = 256;                  // bytes of the path of --health
constexpr uint32_t healthcheck_ms = 3'000;          // for each step of `minhttp healthcheck`
constexpr int backlog = 4096;                       // the kernel reduces it to net.core.somaxconn
constexpr uint32_t connections = 16'384;            // slots; each may need two descriptors
constexpr uint32_t workspaces = 4'096;              // connections in the middle of a request
constexpr uint32_t requests_max = 0;                // requests a connection; 0: no limit
constexpr uint32_t listeners_max = 8;
constexpr uint32_t accepts_a_turn = 64;     // after that other connections get their turn
constexpr uint32_t accepts_grow_turns = 16; // turns that found as many clients as they tried for, before one tries more
constexpr size_t ranges_max = 16;           // of one request; with more the whole file is sent
constexpr int steps_a_turn = 64;            // of one connection
constexpr int events_a_turn = 256;
constexpr size_t log_bytes = 64 * 1024; // lines that wait for a slow reader
constexpr uint64_t log_records =
    1024; // lines that wait for the last byte of their response; fewer with fewer connections,
constexpr uint64_t log_records_min = 64;   // but as many, for the responses of a pipelined batch
constexpr size_t log_line_max = 972;       // bytes of such a line; a record has 1 KiB
constexpr size_t log_field_max = 1024;     // bytes of a text of the request in a line; the rest is cut off
constexpr size_t log_long_max = 10 * 1024; // bytes of a whole line that has such texts: at most nine, and numbers
constexpr size_t log_end_max = 80;         // bytes behind the status: the length, and why it is not the promised one
constexpr size_t fence_bytes = 64 * 1024;  // between parts of memory, untouchable: a page of any of our architectures
constexpr size_t log_write_max = 4096;     // PIPE_BUF: a pipe takes all of a write or nothing (pipe(7))
constexpr size_t terminal_write_max =
    64; // bytes; a pseudoterminal that poll calls writable has a buffer of 256 (tty_buffer.c)
constexpr uint32_t descriptors_least = 4; // to serve, besides listeners: epoll, its reserve, a client, its file
constexpr uint32_t descriptors_spare =
    10 + listeners_max + tags_under_way; // standard ones, epoll, signals, root, two to pass connections on, listeners

// TLS (docs/tls.md)
constexpr uint64_t tls_bytes = 256 << 20;     // of a worker, for OpenSSL; used only as needed
constexpr uint64_t tls_bytes_least = 8 << 20; // a few connections, and 2 MiB for signatures under way
constexpr size_t tls_growth =
    20 << 10; // bytes that an open connection may need more: for a record that comes in pieces
constexpr size_t tls_spare = 512 << 10;   // bytes that are never promised: what a worker needs once
constexpr int64_t tls_stalled_ms = 1'000; // a handshake that has waited so long for its client makes room first; or
constexpr size_t tls_handshakes_part = 4; // the oldest one, where all have more than such a part of the memory
constexpr size_t tls_record_max = 16'384; // bytes of plain text (RFC 8446 section 5.1)
constexpr size_t tls_records_a_write = 4; // with two in a call of send, a megabyte costs a twelfth more
constexpr size_t tls_record_growth = 64;  // bytes of a record around its text, at most (22 in TLS 1.3, 29 in 1.2)
constexpr size_t tls_buffer_bytes =
    tls_records_a_write * (tls_record_max + tls_record_growth) + 4096; // output that the kernel has not taken; alerts
constexpr int tls_records_a_turn = 16; // written for one connection before others have their turn
static_assert(tls_records_a_turn % int{tls_records_a_write} == 0);
constexpr int tls_steps_a_turn = 32;              // calls of OpenSSL for one wish, whose output is written in between
constexpr uint32_t tls_later_messages = 256;      // handshake messages after the handshake, of a client: new keys
constexpr size_t tls_certificates = texts_max;    // pairs of --cert and --key; 17 KiB of shared memory each
constexpr size_t tls_names = 1'024;               // of all certificates together
constexpr size_t tls_names_bytes = 32 << 10;      // of these; others are served by the first certificate
constexpr size_t tls_name_max = 253;              // bytes of a host name (RFC 1035 section 2.3.4, without the last dot)
constexpr size_t tls_file_max = 64 << 10;         // bytes of a file with certificates or a key
constexpr size_t tls_chain_max = 16 << 10;        // bytes of a certificate with those above it, as a client gets them
constexpr size_t tls_client_ca_max = 128 << 10;   // bytes of the certificates of --client-ca, DER
constexpr size_t tls_client_chain_max = 16 << 10; // bytes of what a client shows
constexpr int tls_client_depth_max = 4;           // certificates between a client's and that of --client-ca
constexpr size_t tls_subject_max = 256;           // bytes of a client's subject in the log
constexpr uint32_t tls_signatures = 64;           // that a worker waits for at once; further handshakes wait
constexpr uint32_t tls_waiting = 1'024;           // handshakes that wait for their turn to ask; others fail
constexpr size_t tls_signed_max = 256;            // bytes that are signed; TLS 1.2 has 201 at most, 1.3 has 146
constexpr size_t tls_signature_max = 1'024;       // bytes of a signature: RSA with 8192 bits
constexpr int tls_rsa_bits_least = 2'048;         // CA/Browser Forum, section 6.1.5
constexpr int tls_rsa_bits_max = 8'192;           // a signature takes 30 ms; others wait for it
constexpr size_t tls_keys_kept = 3;               // of a renewed certificate: for handshakes that began before
constexpr uint32_t tls_look_ms = 60'000;          // how often the key process looks at its files
constexpr uint32_t tls_renew_ms = 1'000;          // until a worker tries again to take up what has been renewed
constexpr uint32_t tls_settle_ms = 2'000;         // a bad pair may be half written: it is looked at again
constexpr uint32_t tls_start_ms = 20'000;         // for the key process to read its files at the start
constexpr int64_t tls_day_s = 86'400;             // how often a problem that lasts is said again
constexpr int64_t tls_warn_s = 14 * tls_day_s;    // before a certificate ends, but
constexpr int64_t tls_warn_part = 3;              // no more than such a part of its life
constexpr int64_t tls_ticket_s = 12 * 3'600;      // a key of tickets seals for so long, and opens for twice as long
constexpr int64_t tls_self_signed_s = 397 * 86'400; // the life of a certificate of --self-signed
constexpr int tls_links_max = 8;                    // from a file's name to the file
constexpr int tls_inherited_max = 4'096;            // descriptors that the key process closes at its start

} // namespace minhttp::limits
