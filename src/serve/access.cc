#include "serve/access.h"

#include "base/bytes.h"
#include "http/coding.h"

namespace minhttp::serve {
namespace {

std::string_view without_endings(std::string_view name) {
  for (size_t i = 1; i < http::coding_count; i++) { // identity has no suffix
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

const Guarded* Access::guard_of(std::string_view name) const {
  const Guarded* best = nullptr;
  for (const Guarded& part : guarded) {
    if (lies_in(name, part.prefix) && (best == nullptr || part.prefix.size() > best->prefix.size())) best = &part;
  }
  return best;
}

} // namespace minhttp::serve
