// SPDX-License-Identifier: MIT
#include "gzip/matches.h"

namespace minhttp::gzip {

void Window::begin() {
  position_ = lowest;
  filled_ = lowest;
  heads_ = {};
}

void Window::slide() {
  // Eight entries at a time if the machine can; a loop over single entries would be a fifth of the encoder's
  // instructions.
  using Eight [[gnu::vector_size(16), gnu::may_alias]] = int16_t;
  auto down = [](std::span<uint16_t> entries) {
    auto* eights = reinterpret_cast<Eight*>(entries.data());
    // Entries in the upper half lose their highest bit, those in the lower half become 0.
    for (size_t i = 0; i < entries.size() / 8; i++) eights[i] &= (eights[i] >> 15) & 0x7fff;
  };
  down(heads_);
  down(previous_);
  __builtin_memcpy(bytes_.data(), bytes_.data() + half, half);
  position_ -= half;
  filled_ -= half;
}

} // namespace minhttp::gzip
