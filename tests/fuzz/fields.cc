// SPDX-License-Identifier: MIT
// _headers and _redirects by the tree against the plainest matcher there is. Each byte is a
// word: of rules up to a full stop of its own, then of the path that is asked for. What the
// rules do not allow is refused, and nothing is compared.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/cost.h"
#include "fuzz/demand.h"
#include "unit/rules/plain_match.h"
#include "unit/rules/ruled.h"

namespace {

using minhttp::fuzz::demand;
using minhttp::test::Captures;

// One of a value that stays one, one whose values are joined, and one with a line each.
constexpr std::array<const char*, 3> names = {"X-Frame-Options", "A", "Set-Cookie"};
constexpr size_t joined = 1, one_value = 0;

struct Field {
  size_t name;
  bool detach;
  std::string value;
};

struct Block {
  std::string path;
  std::vector<Field> fields;
};

constexpr std::array<const char*, 11> words = {"/", "/", "a", "b", "ab", ".b", ":p", ":q", ":r", "*", "/a"};

std::string fill(const std::string& value, const Captures& captures) {
  std::string filled = value;
  for (const auto& [name, text] : captures) {
    size_t at = filled.find(":" + name);
    if (at != filled.npos) filled.replace(at, name.size() + 1, text);
  }
  return filled;
}

// The value of a block's n-th field: which one it is, and what the path's names stand for.
std::string value_of(const std::string& path, size_t block, size_t n) {
  std::string value = std::to_string(block) + "-" + std::to_string(n);
  for (const char* name : {":p", ":q", ":r"}) {
    size_t at = path.find(name);
    bool whole = at != path.npos && (at + 2 == path.size() || path[at + 2] < 'a' || path[at + 2] > 'z');
    if (whole) value += std::string("=") + name;
  }
  return path.find('*') == path.npos ? value : value + "=:splat";
}

std::vector<Block> read_blocks(const uint8_t*& at, const uint8_t* end) {
  std::vector<Block> blocks;
  bool fields = true; // then a word of a path begins the next block
  size_t count = 0;   // of all fields: more than the server writes are said to be too many
  for (; at < end && *at != 0xff; at++) {
    if (*at >= 0xf0) {
      if (blocks.empty() || count == minhttp::limits::rules_fields_max) continue;
      count++;
      Block& block = blocks.back();
      size_t name = *at % names.size();
      bool detach = *at >= 0xf9;
      block.fields.push_back({name, detach, value_of(block.path, blocks.size(), block.fields.size())});
      fields = true;
    } else {
      if (fields && blocks.size() == 12) continue;
      if (fields) blocks.push_back({"/", {}});
      fields = false;
      if (blocks.back().path.size() < 24) blocks.back().path += words[*at % words.size()];
    }
  }
  if (at < end) at++;
  return blocks;
}

// As match_headers, one block after another.
std::string plain_fields(const std::vector<Block>& blocks, const std::string& path) {
  std::vector<Field> kept;
  auto remove = [&](size_t name) { std::erase_if(kept, [&](const Field& field) { return field.name == name; }); };
  for (const Block& block : blocks) {
    Captures captures;
    if (!minhttp::test::plain_match(block.path, path, captures)) continue;
    for (const Field& field : block.fields) {
      if (field.detach) remove(field.name);
    }
    for (const Field& field : block.fields) {
      if (field.detach) continue;
      if (field.name == one_value) remove(field.name);
      kept.push_back({field.name, false, fill(field.value, captures)});
    }
  }
  std::string text;
  while (!kept.empty()) {
    Field first = kept.front();
    kept.erase(kept.begin());
    text += std::string(names[first.name]) + ": " + first.value;
    if (first.name == joined) {
      for (const Field& field : kept) {
        if (field.name == joined) text += ", " + field.value;
      }
      remove(joined);
    }
    text += "\n";
  }
  return text;
}

std::string plain_redirect(const std::vector<Block>& blocks, const std::string& path) {
  for (const Block& block : blocks) {
    Captures captures;
    if (minhttp::test::plain_match(block.path, path, captures)) {
      return "302 " + fill("/_" + value_of(block.path, 0, 0), captures);
    }
  }
  return "-";
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const uint8_t* end = data + size;
  std::vector<Block> blocks = read_blocks(data, end);
  std::string path = "/";
  for (; data < end && path.size() < 24; data++) path += words[*data % 6];

  std::string redirects;
  std::string headers;
  for (const Block& block : blocks) {
    redirects += block.path + " /_" + value_of(block.path, 0, 0) + " 302\n";
    headers += block.path + "\n";
    for (const Field& field : block.fields) {
      headers += field.detach ? "  ! " : "  ";
      headers += names[field.name];
      headers += field.detach ? "\n" : ": " + field.value + "\n";
    }
  }
  if (path.starts_with("//")) return 0; // Ruled takes that for a host
  minhttp::test::Asked asked(path);
  if (asked.question.path.status != minhttp::http::Status::ok) return 0;
  path = "/" + std::string(asked.question.path.name); // slashes in a row are one
  if (asked.question.path.directory && path.size() > 1) path += '/';
  minhttp::test::Ruled fields("", headers);
  minhttp::test::Cost cost;
  if (fields.ok()) (void)fields.fields(path);
  minhttp::fuzz::check_cost("_headers, with a path to decode", path.size(),
                            minhttp::test::bound::fields(fields.rules(), path.size()));
  if (fields.ok()) demand(fields.fields(path) == plain_fields(blocks, path), "the fields of all blocks that match");
  minhttp::test::Ruled rules(redirects);
  if (rules.ok()) demand(rules.redirect(path) == plain_redirect(blocks, path), "the first rule that matches");
  return 0;
}
