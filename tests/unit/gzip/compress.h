// SPDX-License-Identifier: MIT
#pragma once
// Drives the encoder as a server does.

#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "gzip/encoder.h"

namespace minhttp::test {

struct Slices {
  size_t piece = SIZE_MAX;      // bytes of input at once
  uint32_t budget = UINT32_MAX; // of a step
};

// Memory for an encoder that was something else before.
inline std::unique_ptr<gzip::Encoder> used_encoder() {
  auto encoder = std::make_unique<gzip::Encoder>();
  std::memset(static_cast<void*>(encoder.get()), 0xa5, sizeof *encoder);
  return encoder;
}

// The last answer of step: done or does_not_fit.
inline gzip::Progress compress(gzip::Encoder& encoder, std::string_view input, std::span<char> out,
                               Slices slices = {}) {
  encoder.begin(out);
  for (;;) {
    gzip::Progress progress = encoder.step(slices.budget);
    if (progress == gzip::Progress::more) continue;
    if (progress != gzip::Progress::input) return progress;
    std::span<char> room = encoder.room();
    size_t count = std::min({input.size(), room.size(), slices.piece});
    if (count == 0) {
      encoder.end();
      continue;
    }
    std::memcpy(room.data(), input.data(), count);
    encoder.add(count);
    input.remove_prefix(count);
  }
}

// With as much room as it wants.
inline std::string compressed(gzip::Encoder& encoder, std::string_view input, Slices slices = {}) {
  std::string out(input.size() + input.size() / 1000 + 100, '\0');
  if (compress(encoder, input, {out.data(), out.size()}, slices) != gzip::Progress::done) return {};
  out.resize(encoder.size());
  return out;
}

} // namespace minhttp::test
