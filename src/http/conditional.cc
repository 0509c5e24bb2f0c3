// SPDX-License-Identifier: MIT
// A tour: judge() evaluates the preconditions in the RFC's order, each with one function; next_tag() parses the lists
// of entity tags.

#include "http/conditional.h"

#include <optional>

#include "base/bytes.h"
#include "http/character.h"
#include "http/date.h"
#include "http/values.h"

namespace minhttp::http {
namespace {

struct Tag {
  bool weak = false;
  std::string_view opaque; // with its quotes
};

// Takes an entity-tag off the start of text (RFC 9110 section 8.8.3). There are no escapes between the quotes:
// backslash and comma are ordinary characters, and a space is not allowed.
std::optional<Tag> take_tag(std::string_view& text) {
  Tag tag = {.weak = starts_with(text, "W/"), .opaque = {}};
  std::string_view rest = tag.weak ? drop(text, 2) : text;
  if (rest.empty() || rest[0] != '"') return {};
  size_t end = 1;
  while (end < rest.size() && is(rest[end], Class::etag)) end++;
  if (end == rest.size() || rest[end] != '"') return {};
  tag.opaque = take(rest, end + 1);
  text = drop(rest, end + 1);
  return tag;
}

// Takes the next entity tag off a list; nothing: there is none. An invalid member without a quote ends at the next
// comma. One with a quote could end anywhere, so the rest of its line is ignored: a missed match costs a transfer, but
// a wrong match would keep a stale copy in a cache.
std::optional<Tag> next_tag(std::string_view& list) {
  while (true) {
    while (!list.empty() && (list[0] == ',' || list[0] == ' ' || list[0] == '\t')) list = drop(list, 1);
    if (list.empty()) return {};
    if (auto tag = take_tag(list)) {
      std::string_view behind = trim(list);
      return behind.empty() || behind[0] == ',' ? tag : std::nullopt;
    }
    while (!list.empty() && list[0] != ',') {
      if (list[0] == '"') return {};
      list = drop(list, 1);
    }
  }
}

// Evaluates If-Match and If-None-Match. Strong comparison requires both tags to be strong (section 8.8.3.2). Ours
// always is; if we have none, no tag matches. "*" counts only if it is the whole field.
bool lists(const Request& request, Field field, const Validators& validators, bool strong) {
  EntityTag ours(validators);
  Values lines(request, field);
  std::string_view line;
  bool first = true;
  bool any = false;
  while (lines.next(line)) {
    any = first && equal(line, "*");
    first = false;
    while (auto tag = next_tag(line)) {
      if (!(strong && tag->weak) && equal(tag->opaque, ours.text())) return true;
    }
  }
  return any;
}

// Whether the file was not modified after the date. Nothing: the field is ignored, because it is no date or the file
// has none.
std::optional<bool> unmodified_since(std::string_view date, const Validators& validators, int64_t now) {
  if (date.empty() || !has_last_modified(validators, now)) return {};
  auto seconds = parse_date(date, now);
  if (!seconds) return {};
  return validators.seconds <= *seconds;
}

// A file can change twice within one second, so a Last-Modified may stand for two versions. It is a strong validator
// only if it is older than this, which also allows for a file system whose clock disagrees with ours (section 8.8.2.2
// asks for at least one second; RFC 7232 said 60).
constexpr int64_t strong_date_after_s = 60;

bool if_range_holds(std::string_view value, const Validators& validators, int64_t now) {
  std::string_view rest = value;
  if (auto tag = take_tag(rest)) {
    return rest.empty() && !tag->weak && equal(tag->opaque, EntityTag(validators).text());
  }
  if (!has_last_modified(validators, now) || now - validators.seconds < strong_date_after_s) return false;
  auto seconds = parse_date(value, now);
  return seconds && *seconds == validators.seconds; // exactly: another date belongs to another version
}

} // namespace

Status evaluate(const Request& request, const Validators& validators, int64_t now) {
  if (request.has(Field::if_match)) {
    if (!lists(request, Field::if_match, validators, true)) return Status::precondition_failed;
  } else if (unmodified_since(request.if_unmodified_since, validators, now) == false) {
    return Status::precondition_failed;
  }
  if (request.has(Field::if_none_match)) {
    if (lists(request, Field::if_none_match, validators, false)) return Status::not_modified;
  } else if (unmodified_since(request.if_modified_since, validators, now) == true) {
    return Status::not_modified;
  }
  return Status::ok;
}

bool takes_range(const Request& request, const Validators& validators, int64_t now) {
  if (request.method != Method::get || request.range.empty()) return false; // section 14.2
  return !request.has(Field::if_range) || if_range_holds(request.if_range, validators, now);
}

} // namespace minhttp::http
