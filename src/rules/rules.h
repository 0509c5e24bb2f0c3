// SPDX-License-Identifier: MIT
#pragma once
// A site's _redirects and _headers: parsed at load, looked up for every request. Pure: no system calls, and no memory
// but the caller's. docs/rules.md describes the files.
//
// A tour: parse_rules() parses both texts into tables (redirects_parse.cc, headers_parse.cc; pattern.h and template.h
// for the words), or reports every mistake. Patterns are looked up in a tree (trie.h), so that rules which do not match
// cost nothing. match_redirect() returns the first matching rule of the file, match_headers() the fields of all
// matching blocks.
//
// Paths are compared decoded, as http::decode_path() returns them, with a slash at the end whether or not the request
// had one. What a rule captures from a request is encoded again: the same bytes, escaped where RFC 3986 requires it.
// Upper and lower case differ, except in hosts.

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

struct Diagnostic {
  enum class File : uint8_t { redirects, headers };
  File file = File::redirects;
  bool warning = false;  // the rules are usable nevertheless
  uint32_t line = 0;     // from 1; 0: the file as a whole
  uint32_t other = 0;    // another line that is involved, or 0
  std::string_view text; // what to do; a text of the program
  std::string_view word; // the word that is wrong, any bytes: a part of the text that was parsed
};

// Counts all mistakes and keeps the first ones. An error, which prevents the start, replaces the last warning that was
// kept.
class Diagnostics {
 public:
  explicit Diagnostics(std::span<Diagnostic> memory) : memory_(memory) {}
  void add(const Diagnostic& mistake);
  std::span<const Diagnostic> kept() const { return take_first(); }
  uint32_t errors() const { return errors_; }
  uint32_t warnings() const { return warnings_; }
  uint32_t errors_left_out() const { return errors_ - static_cast<uint32_t>(kept().size() - kept_warnings_); }
  uint32_t warnings_left_out() const { return warnings_ - kept_warnings_; }

 private:
  std::span<const Diagnostic> take_first() const {
    size_t all = size_t{errors_} + warnings_;
    return {memory_.data(), all < memory_.size() ? all : memory_.size()};
  }

  std::span<Diagnostic> memory_;
  uint32_t errors_ = 0;
  uint32_t warnings_ = 0;
  uint32_t kept_warnings_ = 0;
};

// Writes "_redirects:12: what to do: 'word'" and a newline. Escapes bytes of the word that a terminal could interpret,
// and cuts a long word.
constexpr size_t mistake_line_max = 512;
void write_diagnostic(Writer& out, const Diagnostic& mistake);

// The memory that parse_rules() needs for these texts; it grows with them and is bounded by limits::rules_text_max and
// rules_max.
size_t rules_bytes(std::string_view redirects, std::string_view headers);

// Parses both files; a missing one is empty. memory: rules_bytes(), aligned to 16, need not be cleared. It must outlive
// rules; the texts need not, but mistakes point into them. own_host: the host in lower case, if all requests for the
// site are for one host. False: there is an error, and rules are empty; nothing is applied in part.
bool parse_rules(std::string_view redirects, std::string_view headers, std::span<std::byte> memory,
                 Diagnostics& mistakes, Rules& rules, std::string_view own_host = {});

// What a request asks of the rules. path.status must be ok; other requests are answered without rules.
struct Question {
  http::Path path;
  std::string_view query; // with its '?', or empty
  std::string_view host;  // as the request named it, or empty
};

struct Redirect {
  // 301, 302, 303, 307, 308: target is the Location. 200, 404: target is the path to serve with that status; rules are
  // not applied to it again. 414: the target did not fit.
  http::Status status = http::Status::ok;
  bool force = false; // applies even if the requested path has a file
  std::string_view target;
  uint32_t line = 0;
  uint32_t visits = 0; // nodes of the tree that were visited
};

// The first matching rule, if any. A redirect to the very URL that was requested is skipped. out: limits::target_max is
// enough for most; target points into it.
std::optional<Redirect> match_redirect(const Rules& rules, const Question& question, std::span<char> out);

// The fields that _headers adds to a response.
struct Fields {
  std::string_view text;      // complete field lines, each with its CR LF
  bool complete = true;       // false: the fields did not fit, or were too many. text is empty: send 500
  bool path_too_long = false; // they would fit without the captures from the request's path: send 414
  uint32_t visits = 0;

  // A field that is set replaces the server's own (but Vary is added to it). A field that is detached and not set again
  // is not sent at all.
  bool sets(std::string_view name) const { return has(set_, set_count_, name); }
  bool detaches(std::string_view name) const { return has(detached_, detached_count_, name); }
  // The lines of the first matching blocks, to explain a response.
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

// The fields of all matching blocks, in the order of the file. fields points into rules and out.
void match_headers(const Rules& rules, const Question& question, std::span<char> out, Fields& fields);

} // namespace minhttp::rules
