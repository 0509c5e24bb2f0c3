#include "serve/access.h"

#include "base/bytes.h"
#include "http/coding.h"

namespace minhttp::serve {
namespace {

bool drop_end(std::string_view& text, std::string_view end) {
  if (end.empty() || text.size() < end.size() || !equal(drop(text, text.size() - end.size()), end)) return false;
  text.remove_suffix(end.size());
  return true;
}

std::string_view without_endings(std::string_view name) {
  for (size_t i = 0; i < http::coding_count; i++) {
    if (drop_end(name, http::coding_suffix(static_cast<http::Coding>(i)))) break;
  }
  drop_end(name, ".html");
  return name;
}

bool lies_in(std::string_view name, std::string_view prefix) {
  if (prefix.empty() || equal(without_endings(name), prefix)) return true;
  return starts_with(name, prefix) && (name.size() == prefix.size() || name[prefix.size()] == '/');
}

} // namespace

std::string_view guarded_prefix(std::string_view path) {
  if (starts_with(path, "/")) path = drop(path, 1);
  drop_end(path, "/");
  path = without_endings(path);
  if (equal(path, "index")) return {};
  drop_end(path, "/index");
  return path;
}

const Guarded* Access::guard_of(std::string_view name) const {
  const Guarded* best = nullptr;
  for (const Guarded& part : guarded) {
    if (lies_in(name, part.prefix) && (best == nullptr || part.prefix.size() > best->prefix.size())) best = &part;
  }
  return best;
}

} // namespace minhttp::serve
