// SPDX-License-Identifier: MIT
#pragma once
// A site's _redirects and _headers: read once at start, asked for every request. Pure: no
// system calls, and no memory but the caller's. docs/rules.md says what the files may hold.
//
// A tour: parse_rules() reads both texts into tables (redirects_parse.cc, headers_parse.cc;
// pattern.h and template.h for the words) or says every mistake. Patterns are looked up in a
// tree (trie.h), so that rules which do not match cost nothing. match_redirect() gives the
// first rule of the file that matches, match_headers() the fields of all blocks that do.
//
// A path is compared decoded, as http::decode_path() gives it, with a slash at its end
// whether it came with one or not. What is filled in from a request is encoded again: the
// same bytes, escaped where RFC 3986 wants it. Letters' case matters, but not in hosts.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "http/path.h"
#include "http/status.h"
#include "rules/table.h"

namespace minhttp::rules {

struct Mistake {
  enum class File : uint8_t { redirects, headers };
  File file = File::redirects;
  bool warning = false;  // the rules are usable all the same
  uint32_t line = 0;     // from 1; 0: the file as a whole
  uint32_t other = 0;    // a line that it has to do with, or 0
  std::string_view text; // what to do; lives for ever
  std::string_view word; // what it is about, any bytes: a part of the text that was parsed
};

// Counts all and keeps the first. An error, which stops the start, takes the place of the last warning that is kept.
class Mistakes {
 public:
  explicit Mistakes(std::span<Mistake> room) : room_(room) {}
  void add(const Mistake& mistake);
  std::span<const Mistake> kept() const { return take_first(); }
  uint32_t errors() const { return errors_; }
  uint32_t warnings() const { return warnings_; }
  uint32_t errors_left_out() const { return errors_ - static_cast<uint32_t>(kept().size() - kept_warnings_); }
  uint32_t warnings_left_out() const { return warnings_ - kept_warnings_; }

 private:
  std::span<const Mistake> take_first() const {
    size_t all = size_t{errors_} + warnings_;
    return {room_.data(), all < room_.size() ? all : room_.size()};
  }

  std::span<Mistake> room_;
  uint32_t errors_ = 0;
  uint32_t warnings_ = 0;
  uint32_t kept_warnings_ = 0;
};

// "_redirects:12: what to do: 'word'" and a newline. Bytes of the word that a terminal could
// take for something else are escaped, and a long word is cut.
constexpr size_t mistake_line_max = 512;
void write_mistake(Writer& out, const Mistake& mistake);

// How much memory parse_rules() needs for these texts; it grows with them and is bounded by
// limits::rules_text_max and rules_max.
size_t rules_bytes(std::string_view redirects, std::string_view headers);

// Reads both files; a missing one is empty. memory: rules_bytes, aligned to 16, neither
// cleared nor given back; it must outlive rules, the texts need not (but mistakes point into
// them). own_host: the site's, in lower case, where all requests are for one host. False where
// there is an error: rules are empty then, nothing is half applied.
bool parse_rules(std::string_view redirects, std::string_view headers, std::span<std::byte> memory, Mistakes& mistakes,
                 Rules& rules, std::string_view own_host = {});

// What is asked. path.status must be ok: others are answered without rules.
struct Question {
  http::Path path;
  std::string_view query; // with its '?', or empty
  std::string_view host;  // as the request named it, or empty
};

struct Redirect {
  // 301, 302, 303, 307, 308: target is the Location. 200, 404: target is the path to serve
  // with that status instead; no further rule is asked for it. 414: the target did not fit.
  http::Status status = http::Status::ok;
  bool force = false; // applies even where a file is at the path that was asked for
  std::string_view target;
  uint32_t line = 0;
  uint32_t visits = 0; // nodes of the tree that were looked at
};

// The first rule that matches, if any. A redirect to the very URL that was asked for is
// passed over. out: limits::target_max is enough for most; target points into it.
std::optional<Redirect> match_redirect(const Rules& rules, const Question& question, std::span<char> out);

// The fields for an answer.
struct Fields {
  std::string_view text;      // complete field lines, each with its CR LF
  bool complete = true;       // else they did not fit, or were too many: text is empty, say 500
  bool path_too_long = false; // they would have fitted without what the request's path puts in: say 414
  uint32_t visits = 0;

  // A field that is set replaces the server's own (but Vary is added
  // to it); one that is detached and not set again is not sent at all.
  bool sets(std::string_view name) const { return has(set_, set_count_, name); }
  bool detaches(std::string_view name) const { return has(detached_, detached_count_, name); }
  // Of the first blocks that match, for those who want to know why.
  std::span<const uint32_t> lines() const { return {lines_.data(), line_count_}; }
  bool mentions(std::string_view name) const { return sets(name) || detaches(name); }

 private:
  friend class FieldMatch;
  using List = std::array<std::string_view, limits::rules_fields_max>;
  static bool has(const List& list, size_t count, std::string_view name) {
    for (size_t i = 0; i < count; i++) {
      if (same_name(list[i], name)) return true;
    }
    return false;
  }

  List set_;
  List detached_;
  size_t set_count_ = 0;
  size_t detached_count_ = 0;
  std::array<uint32_t, limits::rules_lines_noted> lines_;
  size_t line_count_ = 0;
};

// Of all blocks that match, in the order of the file. fields points into rules and out.
void match_headers(const Rules& rules, const Question& question, std::span<char> out, Fields& fields);

} // namespace minhttp::rules
