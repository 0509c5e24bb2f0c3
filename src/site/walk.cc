// SPDX-License-Identifier: MIT
// A tour: a name is opened component by component without following links, so all that is open so far are real
// directories. A link is replaced by its target; a `..`, which occurs in link targets only, is removed together with
// the directory before it; then we start again from the root. No descriptor is ever asked for its parent: a directory
// that is moved away meanwhile cannot lead us out of the root.

#include "site/walk.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "sys/file.h"
#include "tables/limits.h"

namespace minhttp::site {
namespace {

struct Name {
  char bytes[limits::path_max];
  size_t size = 0;
  bool directory = false; // it ended with a slash or a dot: a regular file is not acceptable

  // Appends a component and its separator. False: it does not fit.
  bool append(std::string_view component) {
    if (component.size() + 1 >= sizeof bytes - size) return false;
    if (size > 0) bytes[size++] = '/';
    for (char c : component) bytes[size++] = c;
    return true;
  }
  // Removes the last component. False: there is none.
  bool remove_last() {
    if (size == 0) return false;
    while (size > 0 && bytes[size - 1] != '/') size--;
    if (size > 0) size--;
    return true;
  }
  std::string_view view() const { return {bytes, size}; }
};

// Appends to name all components of text except `.` and empty ones.
Result<> append_all(Name& name, std::string_view text) {
  while (!text.empty()) {
    size_t slash = find(text, '/');
    std::string_view component = take(text, slash);
    bool here = component.empty() || equal(component, ".");
    name.directory = here || slash < text.size();
    text = drop(text, slash < text.size() ? slash + 1 : slash);
    if (!here && !name.append(component)) return Errno::ENAMETOOLONG_;
  }
  return {};
}

// Why open_until_stop() stopped before the last component, and where that component ends.
struct Stop {
  enum class At : uint8_t { nothing, link, parent };
  At at = At::nothing;
  size_t end = 0;
};

// Opens name up to the first link or `..`. At a link, reads its target.
Result<int> open_until_stop(int root, const Name& name, Stop& stop, Name& target) {
  sys::Fd directory;
  size_t start = 0;
  while (true) {
    size_t end = start + find(drop(name.view(), start), '/');
    bool last = end == name.size;
    Name component;
    if (!component.append(drop(take(name.view(), end), start))) return Errno::ENAMETOOLONG_;
    if (equal(component.view(), "..")) {
      stop = {.at = Stop::At::parent, .end = end};
      return Errno::ELOOP_;
    }
    component.bytes[component.size] = 0;
    int at = directory.open() ? directory.number() : root;
    bool only_directory = !last || name.directory;
    auto opened = sys::openat(at, component.bytes,
                              O_NOFOLLOW | (only_directory ? O_DIRECTORY : 0) | (last ? O_NONBLOCK : O_PATH));
    if (opened.ok() && last) return opened;
    if (opened.is(Errno::ELOOP_) || (only_directory && opened.is(Errno::ENOTDIR_))) {
      auto size = sys::readlinkat(at, component.bytes, target.bytes, sizeof target.bytes);
      if (!size.ok()) return opened; // it is no link: the first error counts
      target.size = size.value();
      stop = {.at = Stop::At::link, .end = end};
      return Errno::ELOOP_;
    }
    directory = sys::Fd(TRY(opened));
    start = end + 1;
  }
}

// Replaces the link or `..` at the stop: what is before it, the link's target, what is behind it.
Result<> resolve(const Name& name, const Stop& stop, const Name& target, Name& next) {
  TRY(append_all(next, take(name.view(), stop.end)));
  next.remove_last();
  if (stop.at == Stop::At::parent) {
    if (!next.remove_last()) return Errno::EXDEV_;
    next.directory = true;
  } else {
    if (target.size == 0 || target.bytes[0] == '/') return Errno::EXDEV_;
    if (target.size == sizeof target.bytes) return Errno::ENAMETOOLONG_;
    TRY(append_all(next, target.view()));
  }
  bool directory = name.directory || (next.directory && stop.end == name.size);
  TRY(append_all(next, drop(name.view(), stop.end)));
  next.directory = directory;
  return {};
}

} // namespace

Result<int> open_by_walking(int root, const char* text) {
  Name name;
  TRY(append_all(name, text));
  for (int links = 0; links <= limits::links_max;) { // each `..` makes the name shorter
    if (name.size == 0) return sys::openat(root, ".", O_NONBLOCK | O_DIRECTORY);
    Stop stop;
    Name target;
    auto opened = open_until_stop(root, name, stop, target);
    if (stop.at == Stop::At::nothing) return opened;
    if (stop.at == Stop::At::link) links++;
    Name next;
    TRY(resolve(name, stop, target, next));
    name = next;
  }
  return Errno::ELOOP_;
}

} // namespace minhttp::site
