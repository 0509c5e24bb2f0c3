// SPDX-License-Identifier: MIT
#include "pack/encode.h"

#include <brotli/decode.h>
#include <brotli/encode.h>
#include <libdeflate.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "base/bytes.h"
#include "pack/report.h"

namespace minhttp::packer {
namespace {

using http::Coding;

constexpr int brotli_window_max = 24; // RFC 7932 section 9.1: bits
constexpr int zstd_level = 19;
constexpr int zstd_window_max = 23; // RFC 9659: 8 MiB
constexpr int gzip_level = 12;

const uint8_t* as_bytes(std::string_view text) { return reinterpret_cast<const uint8_t*>(text.data()); }
uint8_t* as_bytes(std::string& text) { return reinterpret_cast<uint8_t*>(text.data()); }

std::string brotli(std::string_view bytes) {
  std::string out(std::max<size_t>(BrotliEncoderMaxCompressedSize(bytes.size()), 1024), '\0');
  size_t size = out.size();
  // The smallest window that holds all: a client reserves as much.
  int window = BROTLI_MIN_WINDOW_BITS;
  while (window < brotli_window_max && (size_t{1} << window) - 16 < bytes.size()) window++;
  if (BrotliEncoderCompress(BROTLI_MAX_QUALITY, window, BROTLI_MODE_GENERIC, bytes.size(), as_bytes(bytes), &size,
                            as_bytes(out)) == BROTLI_FALSE) {
    throw Failure("brotli cannot compress");
  }
  out.resize(size);
  return out;
}

std::string zstd(std::string_view bytes) {
  struct Free {
    void operator()(ZSTD_CCtx* context) const { (void)ZSTD_freeCCtx(context); }
  };
  thread_local std::unique_ptr<ZSTD_CCtx, Free> context(ZSTD_createCCtx());
  if (context == nullptr) throw std::bad_alloc();
  (void)ZSTD_CCtx_reset(context.get(), ZSTD_reset_session_and_parameters);
  (void)ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, zstd_level);
  if (bytes.size() > size_t{1} << zstd_window_max) {
    (void)ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, zstd_window_max);
  }
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  size_t size = ZSTD_compress2(context.get(), out.data(), out.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(size) != 0) throw Failure(std::string("zstd cannot compress: ") + ZSTD_getErrorName(size));
  out.resize(size);
  return out;
}

std::string gzip(std::string_view bytes) {
  struct Free {
    void operator()(libdeflate_compressor* compressor) const { libdeflate_free_compressor(compressor); }
  };
  thread_local std::unique_ptr<libdeflate_compressor, Free> compressor(libdeflate_alloc_compressor(gzip_level));
  if (compressor == nullptr) throw std::bad_alloc();
  std::string out(libdeflate_gzip_compress_bound(compressor.get(), bytes.size()), '\0');
  size_t size = libdeflate_gzip_compress(compressor.get(), bytes.data(), bytes.size(), out.data(), out.size());
  if (size == 0) throw Failure("libdeflate cannot compress");
  out.resize(size);
  // XFL and OS (RFC 1952 section 2.3.1) are the library's: the same everywhere; it writes no name and no time.
  return out;
}

// BrotliDecoderDecompress() would not mind bytes behind the end of the stream.
bool unbrotli(std::string_view encoded, std::string& out) {
  struct Free {
    void operator()(BrotliDecoderState* state) const { BrotliDecoderDestroyInstance(state); }
  };
  std::unique_ptr<BrotliDecoderState, Free> state(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr));
  if (state == nullptr) throw std::bad_alloc();
  size_t left = encoded.size();
  const uint8_t* from = as_bytes(encoded);
  size_t room = out.size();
  uint8_t* to = as_bytes(out);
  auto result = BrotliDecoderDecompressStream(state.get(), &left, &from, &room, &to, nullptr);
  return result == BROTLI_DECODER_RESULT_SUCCESS && left == 0 && room == 0;
}

// A file may be several members in a row (RFC 1952 section 2.2).
bool gunzip(std::string_view encoded, std::string& out) {
  struct Free {
    void operator()(libdeflate_decompressor* decompressor) const { libdeflate_free_decompressor(decompressor); }
  };
  thread_local std::unique_ptr<libdeflate_decompressor, Free> decompressor(libdeflate_alloc_decompressor());
  if (decompressor == nullptr) throw std::bad_alloc();
  size_t used = 0;
  while (!encoded.empty()) {
    size_t read = 0;
    size_t written = 0;
    if (libdeflate_gzip_decompress_ex(decompressor.get(), encoded.data(), encoded.size(), out.data() + used,
                                      out.size() - used, &read, &written) != LIBDEFLATE_SUCCESS) {
      return false;
    }
    encoded.remove_prefix(read);
    used += written;
  }
  return used == out.size();
}

} // namespace

std::string encode(Coding coding, std::string_view bytes) {
  switch (coding) {
    case Coding::br: return brotli(bytes);
    case Coding::zstd: return zstd(bytes);
    case Coding::gzip: return gzip(bytes);
    case Coding::identity: break;
  }
  throw std::logic_error("identity is not encoded");
}

std::optional<std::string> decode(Coding coding, std::string_view encoded, size_t size) {
  std::string out(size, '\0');
  bool good = false;
  if (coding == Coding::br) {
    good = unbrotli(encoded, out);
  } else if (coding == Coding::zstd) {
    size_t decoded = ZSTD_decompress(out.data(), out.size(), encoded.data(), encoded.size());
    good = ZSTD_isError(decoded) == 0 && decoded == size;
  } else if (coding == Coding::gzip) {
    good = !encoded.empty() && gunzip(encoded, out);
  }
  if (!good) return {};
  return out;
}

std::string encoder_version(Coding coding) {
  switch (coding) {
    case Coding::br: return "br" + std::to_string(BrotliEncoderVersion()) + "-11-24";
    case Coding::zstd: return "zstd" + std::to_string(ZSTD_versionNumber()) + "-19-23";
    case Coding::gzip: return std::string("libdeflate") + LIBDEFLATE_VERSION_STRING + "-12";
    case Coding::identity: break;
  }
  return {};
}

} // namespace minhttp::packer
