// SPDX-License-Identifier: MIT
#pragma once
// Upper bounds for the cost of each part of a request, as functions of its size and of the limits (docs/cost.md): in
// one place for unit tests, fuzz targets and the simulator.

#include <cstddef>
#include <cstdint>

#include "base/cost.h"
#include "crypto/sha512.h"
#include "rules/table.h"
#include "tables/limits.h"

namespace minhttp::test {

// What was counted since this object was made.
class Cost {
 public:
  Cost() { cost::counts = {}; }
  static uint64_t of(cost::Kind kind) { return cost::counts[static_cast<size_t>(kind)]; }
  // All except bytes of files, which are cheap and have a bound of their own.
  static uint64_t all() {
    uint64_t sum = 0;
    for (uint64_t count : cost::counts) sum += count;
    return sum - of(cost::Kind::hashed);
  }
};

namespace bound {

// The fields in which the client is searched; each element is looked at a few times, and by each block that is trusted.
constexpr uint64_t forwarded(size_t bytes) { return 16 * bytes + 512; }

// A head, every byte of which is read a few times. calls: of parse_head().
constexpr uint64_t head(size_t bytes, size_t calls = 1) { return 10 * bytes + 128 * calls; }
constexpr uint64_t path(size_t bytes) { return 6 * bytes + 64; }
// Each range is compared with those before it.
constexpr uint64_t ranges(size_t bytes) { return 6 * bytes + limits::ranges_max * limits::ranges_max + 64; }
// Lists in fields, which are parsed from the head again.
constexpr uint64_t accept_encoding(size_t head) { return 16 * head + 256; }
constexpr uint64_t conditions(size_t head) { return 12 * head + 512; }
constexpr uint64_t authorization(size_t bytes) { return 6 * bytes + 64; }
// A header block of HTTP/2, and what its entries copy from each other; evicting all of a table of the largest size.
constexpr uint64_t hpack(size_t bytes) { return 8 * bytes + 3 * limits::hpack_copied_max + 2048; }
// The fields of a request, as the text that is made of them.
constexpr uint64_t h2_request(size_t bytes) { return 8 * bytes + 256; }
// calls: of drop_body().
constexpr uint64_t body(size_t bytes, size_t calls = 1) { return 8 * bytes + 64 * calls; }

// _redirects. Each try walks the tree with and without the host. Every step is a node or a rule, which may cost a few
// probes and comparisons of numbers, and the text of the node's label. Then a target is written and parsed again.
inline uint64_t redirect_meetings(const rules::Rules& rules) {
  return uint64_t{2} * limits::rules_tries_max * rules.redirect_steps;
}
inline uint64_t redirects(const rules::Rules& rules, size_t path, size_t query) {
  uint64_t text = path + query + limits::host_max + limits::target_max;
  uint64_t conditions = query * limits::rules_conditions_max;
  return 64 * redirect_meetings(rules) + limits::rules_tries_max * (24 * text + 8 * conditions) + 1024;
}
// _headers. The size of the fields is limited, and for each the path may be matched for captures.
inline uint64_t fields(const rules::Rules& rules, size_t path) {
  uint64_t meetings = uint64_t{2} * rules.block_steps;
  uint64_t text = path + limits::host_max;
  return 16 * meetings + (8 + 4 * limits::rules_fields_max) * text + limits::rules_fields_max * 1024 +
         16 * limits::fields_bytes;
}
// Both files, parsed at start. A target or a pattern costs as much as a line; each rule without wildcards is looked up
// once to find cycles.
inline uint64_t reading(const rules::Rules& rules, size_t bytes) {
  return 400 * bytes + 16'384 + uint64_t{64} * rules.redirects.used * (2 * rules.redirect_steps + 16);
}

// A password of any length, for a hash with so many rounds, in blocks of SHA-512.
constexpr uint64_t password_blocks(uint32_t rounds) {
  constexpr uint64_t bytes = 2 * limits::password_max + 16 + 64 + 17;
  return 700 + rounds * ((bytes + Sha512::block_bytes - 1) / Sha512::block_bytes);
}

// The gzip encoder with a budget: when it is used up, the encoder finishes what it has begun (gzip/encoder.h).
constexpr uint64_t encoding(uint64_t budget) {
  return budget + limits::gzip_symbols + 2 * limits::gzip_work_per_byte + 256;
}

// A connection without rules, listings and passwords, from its first byte to its end: so many bytes arrive, in so many
// calls of step(). The shortest request has 18 bytes, and its response some hundred bytes.
constexpr uint64_t connection(size_t bytes, size_t calls) { return 400 * bytes + 4096 * (calls + 1); }

// The same in HTTP/2. A frame, of nine bytes at least, looks for its stream among all of its connection, and the
// fragments of a header block are joined one by one.
constexpr uint64_t h2_frames(size_t bytes, size_t calls, size_t streams) {
  return connection(bytes, calls) + (bytes / 9 + 1) * streams + limits::h2_fragments_max * bytes;
}

// Bytes of files that are hashed for entity tags in a turn of the loop with so many requests. Each may have a file in
// memory, and look up the digest of another one by 48 bytes.
constexpr uint64_t hashed(size_t requests) {
  return limits::tag_read_max + limits::tag_slice_bytes + requests * (limits::body_in_memory_max + 48);
}

// From one system call to the next, as the simulator sees it: the contents of a receive buffer are parsed and answered,
// or a small site's rules are parsed.
constexpr uint64_t between_calls = connection(limits::head_max + limits::body_window, 2) +
                                   encoding(limits::compress_turn_work) + encoding(limits::compress_slice_work);

} // namespace bound
} // namespace minhttp::test
