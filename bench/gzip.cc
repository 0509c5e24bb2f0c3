// SPDX-License-Identifier: MIT
// The gzip encoder beside zlib's levels, over the texts of a directory: build/release/bench/bench-gzip DIR...
// Each file is compressed on its own and decoded again; times are of the processor, and of compressing only.
//
//   --encode   compresses standard input to standard output instead
//   --only     ours alone, once, and nothing decoded: for valgrind --tool=callgrind --toggle-collect='*ours*'

#include <time.h>
#include <zlib.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gzip/encoder.h"

void minhttp::panic(const char* file, int line) {
  std::fprintf(stderr, "CHECK failed at %s:%d\n", file, line);
  std::abort();
}

namespace {

using minhttp::gzip::Encoder;
using minhttp::gzip::Progress;

constexpr size_t size_min = 257; // smaller ones are not worth a coding
constexpr uint32_t slice = 65'536;
constexpr int gzip_window = 15 + 16; // zlib: 32 KiB, in gzip's framing

double cpu_seconds() {
  timespec now = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

Bytef* bytes(const std::string& text) { return reinterpret_cast<Bytef*>(const_cast<char*>(text.data())); }

void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "bench-gzip: %s\n", what);
  std::exit(1);
}

[[gnu::noinline]] size_t ours(Encoder& encoder, const std::string& input, std::string& out) {
  encoder.begin(out);
  size_t at = 0;
  for (;;) {
    Progress progress = encoder.step(slice);
    must(progress != Progress::does_not_fit, "does not fit");
    if (progress == Progress::done) return encoder.size();
    if (progress != Progress::input) continue;
    std::span<char> room = encoder.room();
    size_t count = std::min(room.size(), input.size() - at);
    if (count == 0) encoder.end();
    std::memcpy(room.data(), input.data() + at, count);
    encoder.add(count);
    at += count;
  }
}

size_t zlibs(z_stream& stream, const std::string& input, std::string& out) {
  deflateReset(&stream);
  stream.next_in = bytes(input);
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = bytes(out);
  stream.avail_out = static_cast<uInt>(out.size());
  must(deflate(&stream, Z_FINISH) == Z_STREAM_END, "zlib does not compress");
  return stream.total_out;
}

void decode(z_stream& stream, const std::string& file, size_t size, const std::string& wanted) {
  static std::string out;
  out.resize(wanted.size() + 1);
  inflateReset(&stream);
  stream.next_in = bytes(file);
  stream.avail_in = static_cast<uInt>(size);
  stream.next_out = bytes(out);
  stream.avail_out = static_cast<uInt>(out.size());
  must(inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in == 0 && stream.total_out == wanted.size() &&
           std::memcmp(out.data(), wanted.data(), wanted.size()) == 0,
       "decoded it is another text");
}

std::vector<std::string> texts(const std::filesystem::path& folder) {
  static const std::set<std::string> kinds = {".html", ".css", ".js", ".mjs", ".json", ".svg", ".txt", ".xml", ".md"};
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.file_size() >= size_min && kinds.contains(entry.path().extension()))
      paths.push_back(entry);
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> all;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    all.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return all;
}

// Bytes and seconds for all of the files, with room for the largest.
template <typename Compress>
std::pair<size_t, double> measure(const std::vector<std::string>& files, std::string& out, Compress compress) {
  size_t sum = 0;
  double seconds = 0;
  for (const std::string& file : files) {
    double begin = cpu_seconds();
    size_t size = compress(file, out);
    seconds += cpu_seconds() - begin;
    sum += size;
  }
  return {sum, seconds};
}

void compare(const char* folder, Encoder& encoder, bool only) {
  std::vector<std::string> files = texts(folder);
  size_t total = 0;
  size_t largest = 0;
  for (const std::string& file : files) {
    total += file.size();
    largest = std::max(largest, file.size());
  }
  std::string out(largest + largest / 100 + 1000, '\0');
  std::printf("%s: %zu texts, %zu bytes\n", folder, files.size(), total);
  auto with_ours = [&](const std::string& file, std::string& to) { return ours(encoder, file, to); };
  std::pair<size_t, double> our_own = measure(files, out, with_ours);
  if (only) return;

  std::vector<std::pair<std::string, std::pair<size_t, double>>> rows = {{"minhttp", our_own}};
  size_t reference = 0;
  for (int level : {1, 6, 9}) {
    z_stream stream = {};
    must(deflateInit2(&stream, level, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) == Z_OK, "no zlib");
    rows.emplace_back(
        "zlib -" + std::to_string(level),
        measure(files, out, [&](const std::string& file, std::string& to) { return zlibs(stream, file, to); }));
    deflateEnd(&stream);
    if (level == 6) reference = rows.back().second.first;
  }
  std::printf("%-10s %12s %8s %10s %8s\n", "", "bytes", "of text", "of zlib -6", "MB/s");
  for (const auto& [name, row] : rows) {
    auto [size, seconds] = row;
    auto percent = [size = size](size_t of) { return 100.0 * static_cast<double>(size) / static_cast<double>(of); };
    std::printf("%-10s %12zu %7.2f%% %9.2f%% %8.1f\n", name.c_str(), size, percent(total), percent(reference),
                static_cast<double>(total) / 1e6 / seconds);
  }
  z_stream stream = {};
  must(inflateInit2(&stream, gzip_window) == Z_OK, "no zlib");
  for (const std::string& file : files) decode(stream, out, ours(encoder, file, out), file);
  inflateEnd(&stream);
  std::printf("zlib decodes all of them\n");
}

} // namespace

int main(int count, char** arguments) {
  auto encoder = std::make_unique<Encoder>();
  bool only = false;
  for (int i = 1; i < count; i++) {
    if (std::strcmp(arguments[i], "--encode") == 0) {
      std::string input(std::istreambuf_iterator<char>(std::cin), {});
      std::string out(input.size() + input.size() / 100 + 1000, '\0');
      std::cout.write(out.data(), static_cast<std::streamsize>(ours(*encoder, input, out)));
    } else if (std::strcmp(arguments[i], "--only") == 0) {
      only = true;
    } else {
      compare(arguments[i], *encoder, only);
    }
  }
}
