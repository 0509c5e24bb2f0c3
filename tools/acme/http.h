// SPDX-License-Identifier: MIT
#pragma once
// Requests to the authority, by libcurl: https only, no redirects, and everything bounded by limits.h.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "acme/limits.h"

namespace minhttp::acme {

struct Reply {
  long status = 0;
  std::string body;
  // Fields of the head; "" where there are none.
  std::string type;               // Content-Type
  std::string nonce;              // Replay-Nonce (RFC 8555 section 6.5)
  std::string location;           // Location
  std::optional<int64_t> date_s;  // Date
  std::optional<int64_t> retry_s; // Retry-After, from now on; not more than limits::wait_most_s
};

// May it be asked? https, printable ASCII, not too long.
bool is_url(std::string_view text);

class Http {
 public:
  using Clock = std::chrono::steady_clock;

  // ca_bundle: a file of certificates that are trusted instead of the system's; "" for those.
  // end: no request lasts longer.
  explicit Http(const std::string& ca_bundle, Clock::time_point end = Clock::now() + limits::run);
  Http(const Http&) = delete;
  Http& operator=(const Http&) = delete;
  ~Http();

  // Each returns what the server has answered, whatever its status; redirects are answers.
  // Failure (temporary): no answer, or one that is too large, or the run has lasted too long. Interrupted: a signal
  // came.
  Reply get(const std::string& url);
  Reply head(const std::string& url);
  Reply post(const std::string& url, const std::string& body, const char* accept);

 private:
  Reply perform(const std::string& url);

  void* curl_;
  std::string ca_bundle_;
  Clock::time_point end_;
};

} // namespace minhttp::acme
