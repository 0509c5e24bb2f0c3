// SPDX-License-Identifier: MIT
#pragma once
// Content codings (RFC 9110 section 8.4.1), and which of them a client takes.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/request.h"

namespace minhttp::http {

enum class Coding : uint8_t {
  identity,
#define CODING(name, token, suffix) name,
#include "tables/coding.def"
#undef CODING
};

constexpr size_t coding_count = 1
#define CODING(name, token, suffix) +1
#include "tables/coding.def"
#undef CODING
    ;

// Bytes of the longest name.
constexpr size_t coding_token_max = [] {
  size_t longest = 0;
  for (size_t size : {
#define CODING(name, token, suffix) sizeof(token) - 1,
#include "tables/coding.def"
#undef CODING
       }) {
    longest = size > longest ? size : longest;
  }
  return longest;
}();

// As it is named in fields; empty for identity.
std::string_view coding_token(Coding coding);
// What the name of a compressed sibling ends with; empty for identity.
std::string_view coding_suffix(Coding coding);

struct AcceptedCodings {
  // Those to try, the best first: what the client takes and does not rank below identity.
  // identity stands last, if it is acceptable.
  std::array<Coding, coding_count> order = {};
  uint8_t count = 0;
  uint8_t acceptable = 0; // a bit for each coding that is, be it ranked below identity
  bool identity = true;   // acceptable at all

  bool takes(Coding coding) const { return (acceptable >> static_cast<unsigned>(coding) & 1) != 0; }

  // Whether it is one of those to try before identity.
  bool prefers(Coding coding) const {
    for (uint8_t i = 0; i < count && order[i] != Coding::identity; i++) {
      if (order[i] == coding) return true;
    }
    return false;
  }
};

// Accept-Encoding (RFC 9110 section 12.5.3). Without the field, or with an empty one: identity
// alone. "*" adds the codings that are not named, and with q=0 it excludes identity where that
// is not named either; otherwise identity that is not named ranks last, whatever "*" weighs.
AcceptedCodings accepted_codings(const Request& request);

// Whether a sibling is worth looking for: false for what is compressed by its own format.
// media_type may have parameters; a type that we do not know may be compressed.
bool may_be_compressed(std::string_view media_type);

// A name that says that its file is compressed: app.js.gz, logo.svgz.
struct CompressedName {
  Coding coding = Coding::identity; // it is not
  std::string_view inner = {};      // of what is in it: app.js, logo.svg
};
CompressedName compressed_name(std::string_view name);

// Whether a compressed file that would have this name is meant for programs that run in a browser, by its extension:
// there are games that ask for data.js.br. A compressed table or log is one that people want to have as it is.
bool is_stored_compressed(std::string_view inner);

// Whether we compress it ourselves: of these, what is text, or like text. Not what is mostly kept by those who get it,
// read in ranges, or anything at all (application/octet-stream).
bool is_text(std::string_view media_type);

} // namespace minhttp::http
