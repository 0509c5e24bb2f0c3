// SPDX-License-Identifier: MIT
#pragma once
// Every bound of the server in one place: what a peer, a file name or a configuration
// can make us hold, wait for or repeat. Those that an operator may change are the
// defaults of flags.def; the others are here because a buffer depends on them.

#include <cstddef>
#include <cstdint>

namespace minhttp::limits {

// HTTP
constexpr size_t head_max = 16 * 1024;           // request line and fields, bytes (431)
constexpr size_t target_max = 8192;              // RFC 9112 section 3 wants 8000 at least (414)
constexpr size_t method_max = 32;                // a longer one is not known to anybody (501)
constexpr size_t host_max = 255;                 // RFC 1035 section 2.3.4
constexpr size_t chunk_line_max = 1024;          // chunk-size with its extensions, bytes
constexpr size_t chunk_framing_free = 16 * 1024; // framing bytes that even the shortest body may have
constexpr size_t trailer_line_max = 2048;        // one trailer field, bytes (431)
constexpr size_t trailer_max = head_max;         // the trailer section, bytes (431)
constexpr size_t body_window = 4096;             // body bytes read behind a head that is kept
static_assert(body_window > chunk_line_max + 2 && body_window > trailer_line_max + 2);
constexpr uint64_t body_max = 1024 * 1024;     // request body that is read and dropped (413)
constexpr uint64_t linger_bytes_max = 4 << 20; // dropped after a final answer

// One answer's head with the longest Location: target, prefix, fixed fields.
constexpr size_t fields_bytes = 6 * 1024; // that rules and options add to one head (500)
constexpr size_t standing_max = 2 * 1024; // of these, from --header, --cors and --secure-headers
constexpr size_t preflight_bytes = 256;   // what --cors says to a browser that asks before a request
constexpr size_t base_path_max = 256;     // bytes of --base-path
constexpr size_t realm_max = 128;         // bytes of --realm
constexpr size_t answer_head_max = target_max + fields_bytes + 1536;
constexpr size_t env_js_max = 8 * 1024; // the script of --env-js, behind a head without a Location
static_assert(env_js_max <= target_max);
constexpr size_t error_page_max = 1024; // behind a head without a Location
static_assert(error_page_max <= target_max);
constexpr size_t output_bytes = 28 * 1024; // answers gathered before they are sent
static_assert(output_bytes >= answer_head_max);

// Files
constexpr size_t path_max = 4096;          // PATH_MAX: what the kernel takes, with the NUL
constexpr int links_max = 40;              // MAXSYMLINKS of the kernel
constexpr uint32_t error_pages_tried = 8;  // directories above a name that is not there, for a 404.html of their own
constexpr int open_tries_max = 8;          // openat2 says EAGAIN while a directory is renamed
constexpr size_t sendfile_max = 256 << 10; // bytes a turn: others get theirs, and buffers stay small

// The cache of files
constexpr uint32_t cache_files = 65536;        // names; 192 bytes each when used
constexpr uint32_t cache_files_max = 4'000'000;
constexpr uint32_t cache_descriptors = 65536;  // kept for files that are not in memory, where the limit allows it
constexpr uint64_t cache_descriptor_part = 16 << 10; // of a memory limit for each; the kernel keeps about 1.3 KiB
constexpr size_t cache_bytes = 32 << 20;       // of small files; reserved, not used
constexpr int64_t cache_fresh_ms = 500;        // then the file is looked at again
constexpr int64_t cache_quiet_ms = 20;         // without an answer; then the next ones look again in any case:
constexpr uint32_t cache_careful_answers = 32; // so many, and so many after a change that was found
constexpr int64_t cache_opened_ms = 10'000;    // then it is opened again, and its bytes are read, whatever its times say
constexpr uint32_t cache_opened_a_second = 1000; // for that; of more than 10,000 files each has to wait longer. 8 ms
constexpr int64_t cache_unused_ms = 10'000;    // then a descriptor that nobody has asked for is closed
constexpr int64_t cache_sweep_ms = 1000;       // between two looks for such descriptors
constexpr int cache_sweep_max = 512;           // descriptors closed by one: a millisecond, and others wait for it
constexpr int64_t cache_settled_s = 3;         // after a change; FAT's time goes in steps of two seconds
constexpr size_t body_in_memory_max =
    12 * 1024; // a larger file is sent by sendfile; 10 KiB: 10.6 µs and 12.6 (bench/compare --workload d10k)
constexpr size_t body_copied_max = 2 * 1024; // a smaller one goes behind its head, so that answers are gathered
constexpr int cache_tries_max = 16;          // entries passed over, or put out, for a new one

// Entity tags (site/tags.h)
constexpr size_t tag_entries = 128 * 1024;     // files whose digest is remembered; 40 bytes each when used
constexpr size_t tag_read_max = 1 << 20;       // bytes hashed within requests, in a turn; a larger file later. 0.2 ms
constexpr size_t tag_slice_bytes = 256 * 1024; // of a larger file, in a turn; as sendfile_max
constexpr uint64_t tag_size_max = 64ULL << 30; // bytes; a larger file, which may be sparse, has no tag. 20 s
constexpr size_t tag_buffer_bytes = 64 * 1024; // of one pread
constexpr uint32_t tags_under_way = 8;         // larger files at the same time, with a descriptor each

// Answers that are given again (serve/memo.h)
constexpr size_t memo_entries = 4096;     // a power of two; 2 KiB each when used
constexpr size_t memo_request_max = 1024; // bytes of a head that is noted
constexpr size_t memo_head_max = 960;     // and of its answer's
constexpr size_t memo_hashed_max = 256;   // of the request line, to find it by

// The gzip encoder (src/gzip/): docs/decisions/25 says how these were chosen
constexpr size_t gzip_encoder_bytes = 256 * 1024;       // of one encoder
constexpr size_t gzip_symbols = 8 * 1024;               // literals and matches of a block, which is written at once
constexpr uint32_t gzip_chain = 64;                     // candidates looked at, and words compared, for each position
constexpr uint32_t gzip_work_per_byte = gzip_chain + 2; // with the position itself, and the symbol that it becomes
constexpr uint32_t gzip_nice = 128;                     // bytes: a match that long ends the search
constexpr uint32_t gzip_good = 16; // bytes: behind such a match, a quarter of the search for a longer one
constexpr uint32_t gzip_lazy = 32; // bytes: behind such a match, no search for a longer one

// Text that is gzipped by the server (src/site/compressor.h)
constexpr uint64_t compress_min = 512;               // bytes of a file; a smaller one fits its packet anyway
constexpr uint64_t compress_max = 4 << 20;           // a larger file is sent as it is
constexpr uint64_t compress_at_once_max = 64 * 1024; // of a file that the request waits for
constexpr size_t compressed_max = 2 << 20;           // of what comes out
constexpr uint64_t compressed_part = 8;              // and no more than this part of --cache-bytes
constexpr uint64_t compress_gain_min = 64;           // bytes saved, or the file is sent as it is: two fields are added
constexpr uint32_t compress_turn_work = 384 * 1024;  // units of work for requests, in one turn of the loop; 1.3 ms
constexpr uint32_t compress_begin_work = 2048;       // of these, for its tables
constexpr uint32_t compress_slice_work = 128 * 1024; // and for what waits, in one turn; 0.4 ms
constexpr size_t compress_queue = 32;                // files that wait for the encoder
constexpr size_t compress_queue_of_client = 4;       // of these, for one client
constexpr uint64_t uncompressed_text_max = 1024;     // bytes: `check` warns of more, where nothing compresses it
constexpr size_t copy_bytes_a_try = 4096;            // for so many bytes of a copy one more entry may be put out

// Directory listings
constexpr size_t name_max = 1020;                                     // of an entry: 255 characters (NAME_MAX) of UTF-8
constexpr size_t escaped_byte_max = 6;                                // what a byte of a name becomes: &quot; or \u001f
constexpr uint32_t crumbs_max = 16;                                   // directories above that a listing links to
constexpr size_t listing_root_max = host_max + 8 + base_path_max + 1; // "[host]:65535/base", that a listing names
constexpr size_t piece_max = 10 * 1024;                               // of a listing, written at once
static_assert(output_bytes >= piece_max + 16, "with the frame of a chunk");
constexpr uint32_t listings = 8;                 // under way at the same time (503)
constexpr uint32_t listings_of_client = 2;       // of these, for which a client's request takes the place of another's
constexpr size_t listing_bytes = 1024 * 1024;    // entries held by each; a larger directory is read several times
constexpr size_t listing_read_bytes = 16 * 1024; // of a directory, then others get their turn

// Sites
constexpr size_t hosts_max = 256;             // directories of --hosts
constexpr size_t sites_bytes = 64 << 20;      // what all sites' rules may take, twice for reloading; reserved, not used
constexpr size_t headers_max = 16;            // --header
constexpr size_t types_max = 16;              // --type
constexpr size_t type_max = 128;              // bytes of each
constexpr size_t guarded_max = 4;             // --auth
constexpr size_t sites_bytes_least = 1 << 20; // where address space is scarce (ulimit -v)
constexpr size_t mistakes_shown = 100;        // of one file; the others are counted
constexpr size_t netlify_toml_read = 16 * 1024; // bytes at its beginning that `check` looks through
constexpr uint32_t inspected_depth = 64;        // directories below each other that `check` looks into
constexpr size_t previous_max = 8;              // --previous
constexpr size_t texts_max = 16;                // values of one option
static_assert(texts_max >= headers_max && texts_max >= guarded_max && texts_max >= types_max &&
              texts_max >= previous_max);

constexpr uint32_t parents_max = 256; // directories above a password file, looked at for a site's

// Rules (_redirects and _headers)
constexpr size_t rules_text_max = 4 << 20;   // bytes of one file
constexpr size_t rules_line_max = 4096;      // bytes of one line
constexpr uint32_t rules_max = 65'536;       // rules of one file; for _headers, fields too
constexpr size_t rules_captures_max = 8;     // placeholders and splat of one path
constexpr size_t rules_conditions_max = 8;   // query parameters that one rule asks for
constexpr size_t rules_words_max = 24;       // words of one line of _redirects
constexpr size_t rules_params_max = 64;      // query parameters of a request that are looked at
constexpr size_t rules_fields_max = 64;      // fields that one answer can get
constexpr uint32_t rules_steps_max = 32'768; // nodes, rules and fields that one look-up may meet; about 0.3 ms
constexpr size_t rules_blocks_max =
    2 * rules_steps_max / rules_fields_max; // blocks that match one path: with its host, and without
constexpr size_t rules_lines_noted = 16;    // of _headers, that --explain names
constexpr uint64_t review_visits_max =
    64 << 20;                      // nodes that `check` meets to find rules that are never used; about a second
constexpr int rules_tries_max = 8; // rules passed over because they lead back to the request

// Passwords (docs/auth.md). What a password may cost is bounded by its length and by the rounds.
constexpr size_t user_max = 64;                     // bytes of a user's name
constexpr size_t password_max = 256;                // bytes of a password
constexpr uint32_t password_rounds_max = 1'000'000; // of a hash in a password file
constexpr size_t users_max = 1024;                  // of one password file
constexpr size_t password_file_max = 256 * 1024;    // bytes
constexpr size_t verified_max = 1024;               // verified credentials that are remembered
constexpr int64_t verified_ms = 300'000;            // each for so long, then its hash is due again
constexpr uint32_t verifications_max = 16;          // hashes that are computed at the same time
constexpr uint32_t verifications_by_account = 8;    // of these, checks that only the account's bucket allows
constexpr uint32_t verification_blocks = 512;       // of SHA-512 without a break, half a millisecond
constexpr size_t guessers_max = 1024;               // addresses whose failures are remembered
constexpr int64_t guess_ms = 3'000;                 // one failed attempt in this time, for long;
constexpr int64_t guesses_at_once = 20;             // so many when they have not been used
constexpr int64_t account_guess_ms =
    30'000; // where the address may not: one failed attempt at an account in this time,
constexpr int64_t account_guesses_at_once = 5; // so many when they have not been used
constexpr size_t unknown_users_max = 1024;     // names of no account whose failures are remembered
constexpr size_t address_rules_max = 64;       // --allow and --deny

constexpr size_t passwd_max = 64 * 1024; // of /etc/passwd, bytes that --user looks through

// Time, milliseconds
constexpr uint32_t head_ms = 10'000;            // first to last byte of a head (408)
constexpr uint32_t body_ms = 30'000;            // a request body (408)
constexpr uint32_t idle_ms = 75'000;            // between requests; longer than the 60 s of common load balancers
constexpr uint32_t send_ms = 30'000;            // for send_progress_min bytes of an answer
constexpr uint32_t send_check_ms = 1'000;       // without a write, then the kernel is asked what the peer takes
constexpr uint32_t linger_ms = 3'000;           // after shutdown, until the peer has read the answer
constexpr uint32_t check_ms = 120'000;          // a password check (503); 16 of a million rounds take about 10 s
constexpr uint32_t drain_ms = 8'000;            // after SIGTERM; docker stop kills after 10 s
constexpr int evict_scan_max = 64;              // connections looked at for one that can give way
constexpr int64_t stalled_ms = 3'000;           // nothing of an answer taken since the kernel was asked: makes room
constexpr size_t greedy_part = 8;               // a client with more than one part of the slots makes room first
constexpr size_t share_victims = 64;            // of its connections, found at once
constexpr uint64_t share_slots_looked_at = 256; // for each newcomer, when all slots are taken
constexpr int64_t share_fresh_ms = 1'000;       // then all slots are looked at again
constexpr int64_t refusals_said_ms = 1'000;     // clients that were refused: one line in this time
constexpr uint32_t accept_pause_ms = 100;       // after an accept that failed
constexpr uint32_t log_retry_ms = 100;          // while log lines wait for their reader
constexpr uint32_t plain_idle_ms = 2'000;       // plain loop: others are waiting
constexpr size_t send_progress_min = 1024;      // bytes within send_ms, or the peer is gone

// Workers (docs/workers.md)
constexpr uint32_t workers = 0;           // 0: as many as CPUs may be used
constexpr uint32_t workers_max = 128;     // each has one listening socket for each --listen
constexpr size_t cpus_max = 8192;         // of a machine (CONFIG_NR_CPUS)
constexpr size_t cgroup_path_max = 4096;  // a longer one counts as none
constexpr uint32_t cgroup_depth_max = 32; // groups above each other whose limits are looked at
constexpr uint32_t worker_wait_ms = 100;  // before who dies again soon is replaced; doubles each time
constexpr uint32_t worker_wait_max_ms = 5'000;
constexpr uint32_t worker_steady_ms = 10'000; // who has lived so long is replaced at once
constexpr uint32_t worker_queue_ms = 500;     // clients wait for the next one so long; above, its peers get them
constexpr uint32_t worker_grace_ms = 2'000;   // beyond --drain-ms, then a worker is killed
constexpr uint32_t worker_kills_max = 5;   // rounds of SIGKILL at the end, worker_grace_ms apart; D state survives them
constexpr uint32_t worker_beat_ms = 1'000; // how often a worker shows that its loop turns, and the supervisor looks
constexpr uint32_t silent_turns_max = 10;  // such looks without a beat, then the worker is replaced (docs/workers.md)
constexpr uint32_t make_way_ms = 600'000;  // for the downloads of a worker that another one has replaced
constexpr uint32_t formers_max = 32;       // of these, beside the last one of each worker; then the oldest is killed
constexpr uint64_t channels_from =
    64;                               // descriptors, and two for each worker; with fewer, connections are not passed on
constexpr uint32_t pass_again_ms = 1; // where the next worker has not yet taken what was passed on to it
constexpr uint32_t watch_retry_turns =
    60; // looks at a directory that cannot be read, then it is tried again (docs/releases.md)
constexpr uint32_t watch_settle_turns = 60; // looks at the rule files of a directory that has just been replaced
constexpr uint32_t start_deaths_max = 5;    // workers killed before one has served, then the start has failed
constexpr uint32_t reload_look_ms = 5;      // has everybody read anew?
constexpr uint32_t reload_wait_ms = 10'000; // then it is said who has not
constexpr int last_lines_tries = 50;        // of a millisecond, for what is to be logged at the end

// The start lines on a terminal
constexpr size_t interfaces_max = 16;   // of the machine, that are looked at
constexpr size_t lan_addresses_max = 4; // of them, that a URL is printed for

// Memory, where a control group limits it. Of the limit, three quarters are for what the options ask
// for, in all workers. The rest is for what nobody can know at start: the sites' rules, socket
// buffers with unsent bytes, page tables, and the pages of files that are being sent.
constexpr uint64_t memory_share = 3;
constexpr uint64_t memory_share_of = 4;
constexpr uint64_t kernel_bytes_a_connection = 4096; // an idle one (bench/SCALE.md)
constexpr uint64_t connections_least = 16;           // however little memory there is
constexpr uint64_t workspaces_least = 4;

// The stack, bytes. The deepest path has 103 KB of frames (g++ 12 -O2, -fcallgraph-info=su): route with the
// fields of rules, then a component walk, then a panic. The rest is margin, a signal's frame included.
constexpr uint64_t stack_bytes = 128 * 1024;

// Counts
constexpr int backlog = 4096;            // the kernel cuts it to net.core.somaxconn
constexpr uint32_t connections = 16'384; // slots; each may need two descriptors
constexpr uint32_t workspaces = 4'096;   // connections in the middle of a request
constexpr uint32_t requests_max = 0;     // requests a connection; 0: no limit
constexpr uint32_t listeners_max = 8;
constexpr uint32_t accepts_a_turn = 64;     // then the others get theirs
constexpr uint32_t accepts_grow_turns = 16; // that found as many clients as they tried for, before one tries for more
constexpr size_t ranges_max = 16;           // of one request; with more it gets the whole file
constexpr int steps_a_turn = 64;            // of one connection
constexpr int events_a_turn = 256;
constexpr size_t log_bytes = 64 * 1024;   // lines that wait for a slow reader
constexpr size_t fence_bytes = 64 * 1024; // between parts of memory, untouchable: a page of any of our architectures
constexpr size_t log_write_max = 4096;    // PIPE_BUF: a pipe takes all of a write or nothing (pipe(7))
constexpr size_t terminal_write_max =
    64; // bytes; a pseudoterminal that poll calls writable has a buffer of 256 (tty_buffer.c)
constexpr uint32_t descriptors_least = 4; // to serve, beside listeners: epoll, its reserve, a client, its file
constexpr uint32_t descriptors_spare =
    10 + listeners_max + tags_under_way; // standard ones, epoll, signals, root, two to pass connections on, listeners

} // namespace minhttp::limits
