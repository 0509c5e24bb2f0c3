// SPDX-License-Identifier: MIT
#include "serve/header_overrides.h"

namespace minhttp::serve {
namespace {

bool mentions(const rules::Fields* fields, std::string_view name) {
  return fields != nullptr && fields->mentions(name);
}

bool is_about_keeping(std::string_view name) {
  return equal_ignoring_case(name, "cache-control") || equal_ignoring_case(name, "expires");
}

bool is_about_the_file(std::string_view name) {
  return is_about_keeping(name) || equal_ignoring_case(name, "content-type") ||
         equal_ignoring_case(name, "content-encoding") || equal_ignoring_case(name, "content-disposition") ||
         equal_ignoring_case(name, "content-language") || equal_ignoring_case(name, "content-location");
}

// What a browser asks before a request with OPTIONS, or may be told at any time.
bool is_about_access(std::string_view name) {
  return starts_with_ignoring_case(name, "access-control-"sv) || starts_with_ignoring_case(name, "cross-origin-"sv) ||
         equal_ignoring_case(name, "vary") || equal_ignoring_case(name, "content-security-policy") ||
         equal_ignoring_case(name, "permissions-policy") || equal_ignoring_case(name, "referrer-policy") ||
         equal_ignoring_case(name, "strict-transport-security") ||
         equal_ignoring_case(name, "x-content-type-options") || equal_ignoring_case(name, "x-frame-options");
}

bool is_meant(Scope scope, std::string_view name) {
  switch (scope) {
    case Scope::file: return true;
    case Scope::other: return !is_about_keeping(name);
    case Scope::pieces:
      return !equal_ignoring_case(name, "content-type") && !equal_ignoring_case(name, "content-encoding");
    case Scope::message: return !is_about_the_file(name);
    case Scope::options: return is_about_access(name);
  }
  return true;
}

// Writes the lines whose names are wanted.
template <typename Wanted>
void write_lines(Writer& out, std::string_view lines, const Wanted& wanted) {
  while (!lines.empty()) {
    size_t end = find(lines, '\n') + 1;
    if (wanted(take(lines, find(lines, ':')))) out.text(take(lines, end));
    lines = drop(lines, end);
  }
}

} // namespace

bool HeaderOverrides::rules_speak_of(std::string_view name) const {
  return mentions(rules_, name) && is_meant(scope_, name);
}

// The options are for every answer, also to OPTIONS.
bool HeaderOverrides::options_speak_of(std::string_view name) const {
  return mentions(default_headers_, name) && is_meant(scope_ == Scope::options ? Scope::message : scope_, name);
}

bool HeaderOverrides::replaces(std::string_view name) const { return rules_speak_of(name) || options_speak_of(name); }

void HeaderOverrides::write(Writer& out) const {
  if (rules_ != nullptr) write_lines(out, rules_->text, [&](std::string_view name) { return rules_speak_of(name); });
  if (default_headers_ != nullptr) {
    write_lines(out, default_headers_->text,
                [&](std::string_view name) { return options_speak_of(name) && !rules_speak_of(name); });
  }
  write_lines(out, own_, [&](std::string_view name) { return !replaces(name); });
}

} // namespace minhttp::serve
