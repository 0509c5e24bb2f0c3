// SPDX-License-Identifier: MIT
#include "h1/body.h"

#include "base/bytes.h"
#include "base/number.h"
#include "h1/parse.h"
#include "http/character.h"
#include "http/field_name.h"
#include "tables/limits.h"

namespace minhttp::h1 {
namespace {

using http::Class;
using http::Field;
using http::Framing;
using http::Refusal;
using http::Request;

constexpr Refusal fine = Refusal::none;

// Skips the quoted-string at the start of text. False: it has no end, or an invalid byte.
bool skip_quoted(std::string_view& text) {
  text = drop(text, 1);
  while (!text.empty() && text[0] != '"') {
    if (text[0] == '\\') {
      if (text.size() < 2) return false;
      text = drop(text, 2); // any byte that is valid in a line
    } else {
      if (!http::is(text[0], Class::extension)) return false;
      text = drop(text, 1);
    }
  }
  if (text.empty()) return false;
  text = drop(text, 1);
  return true;
}

void skip_space(std::string_view& text) {
  while (!text.empty() && (text[0] == ' ' || text[0] == '\t')) text = drop(text, 1);
}

bool skip_token(std::string_view& text) {
  size_t n = 0;
  while (n < text.size() && http::is(text[n], Class::token)) n++;
  text = drop(text, n);
  return n > 0;
}

// *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] ), RFC 9112 section 7.1.1. We ignore all extensions,
// but refuse malformed ones, because another server might parse them differently.
bool valid_extensions(std::string_view text) {
  while (!text.empty()) {
    skip_space(text);
    if (text.empty() || text[0] != ';') return false; // also refuses spaces after the size without an extension
    text = drop(text, 1);
    skip_space(text);
    if (!skip_token(text)) return false;
    std::string_view behind_name = text;
    skip_space(text);
    if (text.empty() || text[0] != '=') {
      text = behind_name;
      continue;
    }
    text = drop(text, 1);
    skip_space(text);
    if (!text.empty() && text[0] == '"' ? !skip_quoted(text) : !skip_token(text)) return false;
  }
  return true;
}

Refusal size_line(std::string_view line, BodyProgress& progress) {
  size_t digits = 0;
  while (digits < line.size() && hex_value(line[digits]) >= 0) digits++;
  auto size = parse_hex(take(line, digits));
  if (!size || !valid_extensions(drop(line, digits))) return Refusal::malformed_body;
  progress.left = *size;
  progress.part = *size == 0 ? BodyProgress::Part::trailer : BodyProgress::Part::data;
  return fine;
}

// Trailers are dropped. One that would change framing or routing is an attack (RFC 9110 section 6.5.1 forbids to send
// it).
Refusal trailer_line(std::string_view line) {
  std::string_view name;
  std::string_view value;
  if (!split_field(line, name, value)) return Refusal::malformed_body;
  switch (http::find_field(name)) {
    case Field::content_length:
    case Field::transfer_encoding:
    case Field::host: return Refusal::malformed_body;
    default: return fine;
  }
}

bool is_line(BodyProgress::Part part) { return part != BodyProgress::Part::data; }

size_t line_max(BodyProgress::Part part) {
  return part == BodyProgress::Part::trailer ? limits::trailer_line_max : limits::chunk_line_max;
}

// Handles a complete line of the chunked framing. last: set to true at the last line of the body.
Refusal one_line(std::string_view line, BodyProgress& progress, bool& last) {
  switch (progress.part) {
    case BodyProgress::Part::data_end:
      progress.part = BodyProgress::Part::size_line;
      return line.empty() ? fine : Refusal::malformed_body;
    case BodyProgress::Part::size_line: return size_line(line, progress);
    case BodyProgress::Part::trailer:
      progress.trailer_bytes += static_cast<uint32_t>(line.size() + 2);
      if (progress.trailer_bytes > limits::trailer_max) return Refusal::trailer_too_large;
      last = line.empty();
      return last ? fine : trailer_line(line);
    case BodyProgress::Part::data: break;
  }
  return fine;
}

} // namespace

BodyProgress start_body(const Request& request) {
  BodyProgress progress;
  progress.chunked = request.framing == Framing::chunked;
  progress.part = progress.chunked ? BodyProgress::Part::size_line : BodyProgress::Part::data;
  progress.left = request.content_length;
  return progress;
}

Outcome drop_body(std::string_view input, BodyProgress& progress, uint64_t body_max) {
  size_t used = 0;
  while (true) {
    std::string_view rest = drop(input, used);
    if (is_line(progress.part)) {
      size_t end = find_line_end(rest, progress.seen, progress.seen);
      if (end == line_bad) return Outcome::reject(Refusal::malformed_body);
      if (progress.seen > line_max(progress.part)) {
        return Outcome::reject(progress.part == BodyProgress::Part::trailer ? Refusal::trailer_too_large
                                                                            : Refusal::malformed_body);
      }
      if (end == line_more) return Outcome::more(used);
      bool last = false;
      Refusal refusal = one_line(take(rest, end), progress, last);
      if (refusal != fine) return Outcome::reject(refusal);
      progress.seen = 0;
      used += end + 2;
      progress.framing += end + 2;
      if (last) return Outcome::done(used);
    } else {
      size_t n = rest.size() < progress.left ? rest.size() : static_cast<size_t>(progress.left);
      used += n;
      progress.total += n;
      progress.left -= n;
      if (progress.left == 0) {
        if (!progress.chunked) return Outcome::done(used);
        progress.part = BodyProgress::Part::data_end;
      }
    }
    // Framing is bounded too: in one-byte chunks, it is five times the data.
    bool too_much = progress.left > body_max || progress.total > body_max - progress.left;
    if (too_much || progress.framing > body_max + limits::chunk_framing_free) {
      return Outcome::reject(Refusal::body_too_large);
    }
    if (progress.part == BodyProgress::Part::data && used == input.size()) return Outcome::more(used);
  }
}

} // namespace minhttp::h1
