// SPDX-License-Identifier: MIT
#pragma once
// What bounds minhttps-acme: everything that an authority, a file or a clock brings.

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "tables/limits.h"

namespace minhttp::acme::limits {

constexpr int64_t minute_s = 60;
constexpr int64_t hour_s = 3'600;
constexpr int64_t day_s = 24 * hour_s;

// Of answers of the authority.
constexpr size_t answer_bytes = 1 << 20; // a chain has 10 KB, a directory 1 KB
constexpr size_t head_bytes = 64 << 10;
constexpr size_t url_bytes = 2'048;
constexpr size_t nonce_bytes = 256;
constexpr size_t token_bytes = 255; // it becomes the name of a file; 128 bits have 22 characters (RFC 8555 section 8.1)
constexpr size_t chain_certificates = 10; // authorities send two to four
// What minhttps takes: of a file of PEM, and of a chain as it counts it.
constexpr size_t pem_bytes = minhttp::limits::tls_file_max - 1; // it reads on to see that there is no more
constexpr size_t chain_bytes = minhttp::limits::tls_chain_max;
constexpr int connect_s = 20;              // until a connection is there
constexpr int request_s = 60;              // of a request with its answer
constexpr std::chrono::minutes run{12};    // of all requests; less than TimeoutStartSec= of minhttps-acme.service
constexpr int nonce_attempts = 20;         // of one request, as long as the answer is badNonce
constexpr int64_t poll_first_ms = 250;     // between two questions whether a challenge was checked; doubled each time
constexpr int64_t poll_most_ms = 8'000;    // also of a Retry-After
constexpr int64_t poll_whole_ms = 180'000; // then the run ends; the authority may go on

// Of what the user says.
constexpr size_t domains = 100; // in one certificate; what Let's Encrypt allows
constexpr size_t domain_bytes = 253;
constexpr size_t label_bytes = 63;

// Of files in the state directory.
constexpr size_t file_bytes = 256 << 10;

// Of time.
constexpr int64_t backoff_first_s = minute_s;   // after the first failure; doubled each time
constexpr int64_t backoff_most_s = 20 * hour_s; // less than a day: a timer of one a day shall not miss every other one
constexpr int64_t due_least_s = 25 * hour_s; // is left when a certificate gets due: two runs of the timer, and an hour
constexpr int64_t wait_most_s = 7 * day_s;   // that an authority may ask for, as Let's Encrypt's limits of a week do
constexpr int64_t clock_most_s = day_s;      // by which our clock and the authority's may differ
constexpr int64_t begin_most_s = 5 * minute_s; // for which a certificate that begins in the future is waited for
constexpr int64_t ari_again_s = 6 * hour_s;    // between two questions for a window, where no Retry-After says more
constexpr int64_t ari_least_s = minute_s;      // bounds of that Retry-After (RFC 9773 section 4.3.2)
constexpr int64_t ari_most_s = day_s;

} // namespace minhttp::acme::limits
