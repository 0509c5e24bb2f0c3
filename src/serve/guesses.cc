#include "serve/guesses.h"

#include "base/check.h"
#include "base/cidr.h"

namespace minhttp::serve {
namespace {

IpAddress network_of_client(const IpAddress& address) { return network_of(address, is_mapped(address) ? 128 : 64); }

} // namespace

Guesses::Guesses(std::span<Guesser> table, const KeyedHash& key) : table_(table), key_(key) {
  CHECK(!table.empty() && table.size() % set_size == 0);
}

std::span<Guesser> Guesses::set_of(const IpAddress& network) const {
  uint64_t hash = number_of(key_.begin(KeyedHash::Use::network).add(network).finish());
  return table_.subspan(hash % (table_.size() / set_size) * set_size, set_size);
}

int64_t Guesses::charge(const IpAddress& address, int64_t now_ms) {
  IpAddress network = network_of_client(address);
  auto set = set_of(network);
  Guesser* place = set.data();
  for (Guesser& candidate : set) {
    if (candidate.network == network) {
      place = &candidate;
      break;
    }
    if (candidate.full_ms < place->full_ms) place = &candidate;
  }
  int64_t debt_ms = place->full_ms > now_ms ? place->full_ms - now_ms : 0;
  int64_t early_ms = debt_ms + limits::guess_ms - limits::guesses_at_once * limits::guess_ms;
  if (early_ms > 0) return early_ms;
  *place = {.network = network, .full_ms = now_ms + debt_ms + limits::guess_ms};
  return 0;
}

void Guesses::refund(const IpAddress& address) {
  IpAddress network = network_of_client(address);
  for (Guesser& place : set_of(network)) {
    if (place.network == network) {
      place.full_ms -= limits::guess_ms;
      return;
    }
  }
}

} // namespace minhttp::serve
