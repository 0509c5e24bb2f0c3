// SPDX-License-Identifier: MIT
#pragma once
// A stand-in: one certificate and its key in the worker, until the key process is there.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tables/limits.h"

struct ssl_st;
struct ssl_ctx_st;

namespace minhttp::tls {

enum class Step : uint8_t { done, wants_read, wants_write, wants_key, failed };
enum class Protocol : uint8_t { http1, http2 };

class Contexts {
 public:
  bool load(const char* certificate, const char* key);
  ssl_st* begin(uint32_t slot);
  Step handshake(uint32_t slot, ssl_st* connection);
  void end(uint32_t slot, ssl_st* connection);
  int fd() const { return -1; }
  static constexpr size_t turn_max = limits::tls_signatures;
  size_t turn(std::span<uint32_t, turn_max>) { return 0; }
  static Protocol protocol(const ssl_st* connection);
  static constexpr size_t handshake_bytes = size_t{96} << 10;
  static constexpr size_t handshake_bytes_client_auth = size_t{192} << 10;

 private:
  ssl_ctx_st* made_ = nullptr;
};

} // namespace minhttp::tls
