#include "serve/extra.h"

namespace minhttp::serve {
namespace {

bool speaks_of(const site::Fields* fields, std::string_view name) {
  return fields != nullptr && fields->speaks_of(name);
}

bool is_about_keeping(std::string_view name) {
  return equal_ignoring_case(name, "cache-control") || equal_ignoring_case(name, "expires");
}

bool is_about_the_file(std::string_view name) {
  return is_about_keeping(name) || equal_ignoring_case(name, "content-type") ||
         equal_ignoring_case(name, "content-disposition") || equal_ignoring_case(name, "content-language") ||
         equal_ignoring_case(name, "content-location");
}

} // namespace

bool Extra::is_meant(std::string_view name) const {
  switch (scope_) {
    case Scope::file: return true;
    case Scope::other: return !is_about_keeping(name);
    case Scope::pieces: return !equal_ignoring_case(name, "content-type");
    case Scope::message: return !is_about_the_file(name);
  }
  return true;
}

bool Extra::replaces(std::string_view name) const {
  return is_meant(name) && (speaks_of(rules_, name) || speaks_of(standing_, name));
}

// over: fields that win where they speak of the same name.
void Extra::write_lines(Writer& out, std::string_view lines, const site::Fields* over) const {
  while (!lines.empty()) {
    size_t end = find(lines, '\n') + 1;
    std::string_view name = take(lines, find(lines, ':'));
    if (is_meant(name) && !(over != nullptr && over->speaks_of(name))) out.text(take(lines, end));
    lines = drop(lines, end);
  }
}

void Extra::write(Writer& out) const {
  if (rules_ != nullptr) write_lines(out, rules_->text, nullptr);
  if (standing_ != nullptr) write_lines(out, standing_->text, rules_);
}

} // namespace minhttp::serve
