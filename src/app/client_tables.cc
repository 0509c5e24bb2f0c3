// SPDX-License-Identifier: MIT
#include "app/client_tables.h"

#include "app/message.h"
#include "sys/process.h"

namespace minhttp::app {
namespace {

using conn::ClientLimits;

// Takes a part of the memory for count things, and moves on behind it.
template <typename T>
std::span<T> carve(std::byte*& memory, size_t count) {
  auto* first = reinterpret_cast<T*>(memory);
  memory += count * sizeof(T);
  return {first, count};
}

} // namespace

std::optional<int> make_client_limits(const Config& config, uint32_t workers, std::optional<ClientLimits>& made) {
  if (config.check || (config.client_rate == 0 && config.client_connections == 0)) return {};
  size_t buckets = config.client_rate > 0 ? limits::client_rates : 0;
  size_t counts = config.client_connections > 0 ? limits::client_counts : 0;
  size_t seats = conn::client_seats(workers);
  size_t bytes = buckets * sizeof(ClientLimits::Bucket) + counts * sizeof(SharedLong) + seats * sizeof(SharedWord) +
                 seats * counts * sizeof(uint16_t);
  SipKey key = {};
  auto filled = sys::getrandom(key.data(), sizeof key);
  auto mapped = sys::map_shared_memory(bytes);
  if (!filled.ok() || !mapped.ok()) {
    named_message(2) << "cannot prepare --client-rate and --client-connections, with " << (bytes >> 20) + 1
                     << " MiB of memory: " << describe(filled.ok() ? mapped.error() : filled.error());
    return 1;
  }
  std::byte* memory = mapped.value();
  ClientLimits::Tables tables = {.buckets = carve<ClientLimits::Bucket>(memory, buckets),
                                 .counts = carve<SharedLong>(memory, counts),
                                 .seats = carve<SharedWord>(memory, seats),
                                 .owned = carve<uint16_t>(memory, seats * counts)};
  made.emplace(tables, key, static_cast<uint32_t>(config.client_rate),
               static_cast<uint32_t>(config.client_connections));
  return {};
}

} // namespace minhttp::app
