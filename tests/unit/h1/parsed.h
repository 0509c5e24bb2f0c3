// SPDX-License-Identifier: MIT
#pragma once
// What parse_head made of some bytes, without views into them: to compare and to print.

#include <algorithm>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include "h1/parse.h"

namespace minhttp::test {

struct Parsed {
  h1::Outcome outcome = h1::Outcome::more();
  std::string request; // every member

  bool operator==(const Parsed&) const = default;
};

inline std::string describe(const http::Request& r) {
  std::ostringstream out;
  out << "method " << static_cast<int>(r.method) << " framing " << static_cast<int>(r.framing) << " minor "
      << static_cast<int>(r.minor) << " flags " << r.asterisk << r.close << r.keep_alive << r.expect_continue
      << r.expect_unknown << " fields " << r.fields_seen << " length " << r.content_length << " line <" << r.line
      << "> path <" << r.path << "> query <" << r.query << "> host <" << r.host << "> range <" << r.range
      << "> if-range <" << r.if_range << "> since <" << r.if_modified_since << "> <" << r.if_unmodified_since
      << "> all fields <" << r.fields << ">";
  return out.str();
}

inline std::ostream& operator<<(std::ostream& out, const Parsed& parsed) {
  return out << "kind " << static_cast<int>(parsed.outcome.kind) << " status "
             << static_cast<int>(parsed.outcome.status()) << " length " << parsed.outcome.length << " "
             << parsed.request;
}

inline Parsed parse_once(std::string_view input) {
  h1::Progress progress;
  http::Request request;
  Parsed parsed;
  parsed.outcome = h1::parse_head(input, progress, request);
  parsed.request = describe(request);
  return parsed;
}

// The same bytes, which come in pieces that end at the given places and then all at once.
template <typename Places>
Parsed parse_in_pieces(std::string_view input, const Places& places) {
  h1::Progress progress;
  http::Request request;
  Parsed parsed;
  std::vector<size_t> ends(std::begin(places), std::end(places));
  ends.push_back(input.size());
  for (size_t end : ends) {
    parsed.outcome = h1::parse_head(input.substr(0, end), progress, request);
    if (parsed.outcome.kind != h1::Outcome::Kind::more) break;
  }
  parsed.request = describe(request);
  return parsed;
}

// Every place of a short text; of a long one the first and last, those around its line
// ends, around the limit of a head, and a sample of the others.
inline std::vector<size_t> split_places(std::string_view text) {
  constexpr size_t all_up_to = 2000;
  std::vector<size_t> places;
  for (size_t i = 0; i <= text.size(); i++) {
    bool near_end = i < 64 || text.size() - i < 64;
    bool near_limit = i > 16384 - 8 && i < 16384 + 8;
    bool near_line = i > 0 && i < 40'000 && (text[i - 1] == '\n' || text[i - 1] == '\r') && i % 16 < 4;
    if (text.size() <= all_up_to || near_end || near_limit || near_line || i % 997 == 0) places.push_back(i);
  }
  return places;
}

} // namespace minhttp::test
