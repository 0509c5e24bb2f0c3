// SPDX-License-Identifier: MIT
// gzip: two bytes choose pieces and slices, a third how often the rest is repeated with changes, the rest is
// compressed. zlib decodes it, and other pieces, slices and sizes of the output change nothing.

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/demand.h"
#include "gzip/encoder.h"
#include "unit/gzip/compress.h"

namespace {

using minhttp::fuzz::demand;
using minhttp::gzip::Encoder;
using minhttp::gzip::Progress;
using minhttp::test::compress;
using minhttp::test::Slices;

std::string gunzip(std::string_view file, size_t size) {
  z_stream stream = {};
  demand(inflateInit2(&stream, 15 + 16) == Z_OK, "zlib is there");
  std::string out(size + 1, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(file.data()));
  stream.avail_in = static_cast<uInt>(file.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  demand(inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in == 0, "zlib decodes all of it");
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

// So that short inputs of the fuzzer reach over the window: the text again and again, one byte of it changed each time.
std::string lengthened(std::string_view text, unsigned times) {
  std::string all(text);
  std::string again(text);
  for (unsigned i = 1; i < times && !text.empty(); i++) {
    again[i * 31 % again.size()] = static_cast<char>(again[i % again.size()] + 1);
    all += again;
  }
  return all;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  static auto encoder = minhttp::test::used_encoder();
  std::string text = lengthened({reinterpret_cast<const char*>(data) + 3, size - 3}, 1 + data[2] % 64U);
  Slices slices = {.piece = 1 + data[0] * 37U, .budget = 1 + data[1] * 997U};

  std::vector<char> out(text.size() + text.size() / 1000 + 100);
  demand(compress(*encoder, text, out) == Progress::done, "there is room");
  std::string whole(out.data(), encoder->size());
  demand(encoder->work() <= uint64_t{text.size()} * minhttp::limits::gzip_work_per_byte, "bounded work");
  demand(gunzip(whole, text.size()) == text, "the text comes back");

  std::vector<char> exact(whole.size()); // of the exact size
  demand(compress(*encoder, text, exact, slices) == Progress::done, "it fits exactly");
  demand(std::string_view(exact.data(), encoder->size()) == whole, "pieces and slices do not change the bytes");
  std::vector<char> less((whole.size() - 1) * (data[0] + 1U) / 256);
  demand(compress(*encoder, text, less, slices) == Progress::does_not_fit, "it does not fit into less");
  return 0;
}
