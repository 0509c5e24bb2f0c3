// SPDX-License-Identifier: MIT
#include "pack/contents.h"

#include <unordered_map>

#include "crypto/sha512.h"
#include "http/mime.h"
#include "pack/encode.h"
#include "pack/file.h"
#include "pack/parallel.h"
#include "tables/limits.h"

namespace minhttp::packer {
namespace {

using http::Coding;
using http::coding_count;

constexpr size_t results_ahead = 256;

struct Hashed {
  Digest digest;
  std::string sha512;
};

std::string hexadecimal(const Sha512::Digest& digest) {
  std::string text;
  for (uint8_t byte : digest) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

MappedFile map(const Tree& tree, size_t number) {
  const TreeFile& file = tree.files[number];
  MappedFile mapped(tree.path_of(file));
  if (mapped.bytes().size() != file.size) throw Failure(printable(tree.path_of(file)) + ": changes while it is read");
  return mapped;
}

// A sibling must stand for the very bytes of its file. Times say less: a checkout sets them to anything.
void check_siblings(const Tree& tree, Contents& contents, Purpose purpose, unsigned jobs, Report& report) {
  std::vector<size_t> with;
  for (size_t i = 0; i < tree.files.size(); i++) {
    for (size_t sibling : contents.siblings[i]) {
      if (sibling == no_content) continue;
      with.push_back(i);
      break;
    }
  }
  enum class Verdict : uint8_t { none, good, larger, other };
  using Verdicts = std::array<Verdict, coding_count>;
  auto judge = [&](size_t number) {
    size_t i = with[number];
    Verdicts verdicts = {};
    MappedFile original = map(tree, i);
    for (size_t c = 1; c < coding_count; c++) {
      if (contents.siblings[i][c] == no_content) continue;
      MappedFile sibling = map(tree, contents.siblings[i][c]);
      auto decoded = decode(static_cast<Coding>(c), sibling.bytes(), original.bytes().size());
      verdicts[c] = !decoded || *decoded != original.bytes()           ? Verdict::other
                    : sibling.bytes().size() > original.bytes().size() ? Verdict::larger
                                                                       : Verdict::good;
    }
    return verdicts;
  };
  in_order(with.size(), jobs, results_ahead, judge, [&](size_t number, const Verdicts& verdicts) {
    for (size_t c = 1; c < coding_count; c++) {
      size_t& sibling = contents.siblings[with[number]][c];
      if (verdicts[c] == Verdict::none || verdicts[c] == Verdict::good) continue;
      std::string what = verdicts[c] == Verdict::larger ? "larger than the file that it was made from"
                                                        : "not made from the file beside it";
      what += purpose == Purpose::pack              ? ", so it is not used"
              : contents.compressible[with[number]] ? ", so it is replaced or removed"
                                                    : "; the file is no text, so it is left as it is: remove it";
      report.warning("compressed siblings that are not used", tree.files[sibling].name, what);
      sibling = no_content;
      contents.wrong_siblings[with[number]][c] = true;
    }
  });
}

void find_siblings(const Tree& tree, Contents& contents) {
  std::unordered_map<std::string_view, size_t> by_name;
  for (size_t i = 0; i < tree.files.size(); i++) {
    if (!tree.files[i].rules) by_name.emplace(tree.files[i].name, i);
  }
  for (size_t i = 0; i < tree.files.size(); i++) {
    contents.siblings[i].fill(no_content);
    if (tree.files[i].rules) continue;
    for (size_t c = 1; c < coding_count; c++) {
      std::string name = tree.files[i].name + std::string(http::coding_suffix(static_cast<Coding>(c)));
      auto found = by_name.find(name);
      if (found != by_name.end()) contents.siblings[i][c] = found->second;
    }
  }
}

} // namespace

Contents read_contents(const Tree& tree, Purpose purpose, unsigned jobs, Report& report) {
  Contents contents;
  size_t count = tree.files.size();
  contents.of_file.resize(count);
  contents.siblings.resize(count);
  contents.wrong_siblings.resize(count);
  contents.compressible.resize(count);
  std::unordered_map<std::string, size_t> by_content;
  auto hash = [&](size_t i) {
    MappedFile file = map(tree, i);
    return Hashed{.digest = digest_of(file.bytes()), .sha512 = hexadecimal(Sha512().add(file.bytes()).finish())};
  };
  in_order(count, jobs, results_ahead, hash, [&](size_t i, Hashed hashed) {
    auto [place, added] = by_content.try_emplace(hashed.sha512, contents.all.size());
    contents.of_file[i] = place->second;
    if (!added) return;
    contents.all.push_back({.file = i, .size = tree.files[i].size, .digest = hashed.digest, .sha512 = hashed.sha512});
  });
  for (size_t i = 0; i < count; i++) {
    contents.compressible[i] = !tree.files[i].rules && http::is_text(http::media_type(tree.files[i].name));
  }
  find_siblings(tree, contents);
  check_siblings(tree, contents, purpose, jobs, report);
  for (size_t i = 0; i < count; i++) {
    if (!contents.compressible[i] || tree.files[i].size <= limits::compress_gain_min)
      continue; // it could not save as much
    for (size_t c = 1; c < coding_count; c++) {
      if (contents.siblings[i][c] == no_content) contents.all[contents.of_file[i]].compress = true;
    }
  }
  return contents;
}

uint64_t work_of(const Contents& contents) {
  uint64_t bytes = 0;
  for (const Content& content : contents.all) bytes += content.compress ? content.size : 0;
  return bytes;
}

void keep_what_saves(uint64_t size, Encoded& encoded) {
  uint64_t smallest = size < limits::compress_gain_min ? 0 : size - limits::compress_gain_min + 1;
  for (size_t c = coding_count - 1; c > 0; c--) {
    std::string& body = encoded.bodies[c];
    if (body.empty()) continue;
    if (body.size() < smallest) {
      smallest = body.size();
    } else {
      body.clear();
    }
  }
}

void encode_contents(const Tree& tree, const Contents& contents, Which which, const BodyCache& cache, unsigned jobs,
                     const std::vector<Coding>& codings,
                     const std::function<void(size_t, std::string_view, Encoded&)>& use) {
  // One piece of work is one content in one coding, so that a large file is not the work of one processor.
  struct Work {
    size_t content;
    Coding coding;
  };
  std::vector<Work> work;
  for (size_t i = 0; i < contents.all.size(); i++) {
    work.push_back({i, Coding::identity});
    if (!contents.all[i].compress) continue;
    for (Coding coding : codings) work.push_back({i, coding});
  }
  auto make = [&](size_t number) -> std::string {
    auto [i, coding] = work[number];
    if (coding == Coding::identity) return {};
    const Content& content = contents.all[i];
    MappedFile file = map(tree, content.file);
    if (auto known = cache.find(content.sha512, coding)) {
      if (known->empty()) return {};
      auto decoded = decode(coding, *known, file.bytes().size());
      if (decoded && *decoded == file.bytes()) return *known;
    }
    std::string encoded = encode(coding, file.bytes());
    if (encoded.size() >= content.size) encoded.clear();
    // Not of a file that changes meanwhile: nobody could see later that "saves nothing" was said of other bytes.
    if (digest_of(file.bytes()) == content.digest) cache.put(content.sha512, coding, encoded);
    return encoded;
  };
  Encoded encoded;
  in_order(work.size(), jobs, results_ahead, make, [&](size_t number, std::string body) {
    auto [i, coding] = work[number];
    encoded.bodies[static_cast<size_t>(coding)] = std::move(body);
    if (number + 1 < work.size() && work[number + 1].content == i) return;
    const Content& content = contents.all[i];
    if (which == Which::compressed && !content.compress) return use(i, {}, encoded);
    MappedFile file = map(tree, content.file);
    if (digest_of(file.bytes()) != content.digest) {
      throw Failure(printable(tree.path_of(tree.files[content.file])) + ": changes while it is read");
    }
    keep_what_saves(content.size, encoded);
    use(i, file.bytes(), encoded);
    encoded = {};
  });
}

} // namespace minhttp::packer
