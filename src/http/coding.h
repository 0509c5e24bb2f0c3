// SPDX-License-Identifier: MIT
#pragma once
// Content codings (RFC 9110 section 8.4.1), and which of them a client accepts.

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

// Length of the longest token, in bytes.
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

// The token used in fields; empty for identity.
std::string_view coding_token(Coding coding);
// The file name suffix of a compressed sibling; empty for identity.
std::string_view coding_suffix(Coding coding);

struct AcceptedCodings {
  // The codings to try, the best first: those that the client accepts and does not rank below identity. identity is
  // last, if it is acceptable.
  std::array<Coding, coding_count> order = {};
  uint8_t count = 0;
  uint8_t acceptable = 0; // a bit for each acceptable coding, even one ranked below identity
  bool identity = true;   // identity is acceptable

  bool takes(Coding coding) const { return (acceptable >> static_cast<unsigned>(coding) & 1) != 0; }

  // Whether a coding is to be tried before identity.
  bool prefers(Coding coding) const {
    for (uint8_t i = 0; i < count && order[i] != Coding::identity; i++) {
      if (order[i] == coding) return true;
    }
    return false;
  }
};

// Parses Accept-Encoding (RFC 9110 section 12.5.3). Without the field, or with an empty one, only identity is accepted.
// "*" stands for the codings that are not named; "*;q=0" also excludes identity if that is not named. Otherwise, if
// identity is not named, it ranks last, whatever the weight of "*".
AcceptedCodings accepted_codings(const Request& request);

// Whether it is worth looking for a sibling: false for formats that are compressed already. media_type may have
// parameters; unknown types count as compressible.
bool may_be_compressed(std::string_view media_type);

// A file name that says that the file is compressed: app.js.gz, logo.svgz.
struct CompressedName {
  Coding coding = Coding::identity; // identity: the file is not compressed
  std::string_view inner = {};      // name of the uncompressed file: app.js, logo.svg
};
CompressedName compressed_name(std::string_view name);

// Whether a compressed file is meant for programs that run in a browser, by the extension of its inner name: there are
// games that request data.js.br. A compressed table or log is wanted as it is.
bool is_stored_compressed(std::string_view inner);

// Whether we compress files of this type ourselves: those of may_be_compressed() that are text, or like text. Not those
// that people mostly save or read in ranges, nor application/octet-stream, which can be anything.
bool is_text(std::string_view media_type);

} // namespace minhttp::http
