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

// As it is named in fields; empty for identity.
std::string_view coding_token(Coding coding);
// What the name of a compressed sibling ends with; empty for identity.
std::string_view coding_suffix(Coding coding);

struct AcceptedCodings {
  // Those to try, the best first: what the client takes and does not rank below identity.
  // identity stands last, if it is acceptable.
  std::array<Coding, coding_count> order = {};
  uint8_t count = 0;
  bool identity = true; // acceptable at all
};

// Accept-Encoding (RFC 9110 section 12.5.3). Without the field: identity alone.
AcceptedCodings accepted_codings(const Request& request);

// Whether a sibling is worth looking for: false for what is compressed by its own format.
bool may_be_compressed(std::string_view media_type);

} // namespace minhttp::http
