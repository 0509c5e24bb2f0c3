// SPDX-License-Identifier: MIT
#pragma once
// Which certificate is for which host name: RFC 6066 section 3 asks, RFC 9525 section 6.3 says how names match.

#include <cstdint>
#include <optional>
#include <string_view>

#include "tables/limits.h"

namespace minhttp::tls {

class Names {
 public:
  void clear() { count_ = used_ = 0; }

  // A name of this certificate: a host name, or "*." and a host name. False: it is none, or there is no room; clients
  // that want it get the first certificate.
  bool add(std::string_view name, uint32_t certificate);

  // The first certificate that has this very name; else the first with a wildcard for it, which stands for one label.
  // Nothing: none has. host: as the client wrote it.
  std::optional<uint32_t> find(std::string_view host) const;

  // Whether `other` has all names of `certificate`, which has one at least.
  bool covers(uint32_t other, uint32_t certificate) const;

 private:
  struct Entry {
    uint32_t hash;
    uint32_t begin; // in text_
    uint16_t bytes;
    uint16_t certificate;
  };

  std::optional<uint32_t> look_up(std::string_view lower) const;
  std::string_view text_of(const Entry& entry) const { return {text_ + entry.begin, entry.bytes}; }

  uint32_t count_ = 0;
  uint32_t used_ = 0;
  Entry entries_[limits::tls_names];
  char text_[limits::tls_names_bytes];
};

// The host name of a server_name extension (RFC 6066 section 3). Empty: there is none, or the extension is malformed.
std::string_view server_name(std::string_view extension);

} // namespace minhttp::tls
