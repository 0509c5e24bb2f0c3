// A tour: `path` is what is left to resolve, `done` of its bytes are components that we
// have opened without following anything, so they are real directories. A link replaces
// its own component by its target; then we start again from the root. `..` exists in link
// targets only, and takes away the component before it, which is right because that one is
// no link. No descriptor is ever asked for its parent: a directory that is moved away
// meanwhile cannot carry us out of the root.

#include "site/walk.h"

#include <cstddef>
#include <string_view>

#include "base/bytes.h"
#include "sys/file.h"
#include "tables/limits.h"

namespace minhttp::site {
namespace {

struct Name {
  char bytes[limits::path_max];
  size_t size = 0;

  // Appends a component and its separator. false: too long.
  bool append(std::string_view component) {
    if (component.size() + 1 >= sizeof bytes - size) return false;
    if (size > 0) bytes[size++] = '/';
    for (char c : component) bytes[size++] = c;
    return true;
  }
  // Takes the last component away. false: there is none.
  bool remove_last() {
    if (size == 0) return false;
    while (size > 0 && bytes[size - 1] != '/') size--;
    if (size > 0) size--;
    return true;
  }
  std::string_view view() const { return {bytes, size}; }
};

// name with all components of text appended, `.` and `..` resolved.
Result<> append_all(Name& name, std::string_view text) {
  while (!text.empty()) {
    size_t slash = find(text, '/');
    std::string_view component = take(text, slash);
    text = drop(text, slash < text.size() ? slash + 1 : slash);
    if (component.empty() || equal(component, ".")) continue;
    if (equal(component, "..")) {
      if (!name.remove_last()) return Errno::EXDEV_;
    } else if (!name.append(component)) {
      return Errno::ENAMETOOLONG_;
    }
  }
  return {};
}

// One try: opens as much of name as has no link in it. At a link, link_end is where its
// component ends, and its target is read.
Result<int> open_until_link(int root, const Name& name, Name& target, size_t& link_end) {
  sys::Fd directory;
  size_t start = 0;
  while (true) {
    size_t end = start + find(drop(name.view(), start), '/');
    bool last = end == name.size;
    Name component;
    if (!component.append(drop(take(name.view(), end), start))) return Errno::ENAMETOOLONG_;
    component.bytes[component.size] = 0;
    int at = directory.open() ? directory.number() : root;
    auto opened = last ? sys::openat(at, component.bytes, O_NOFOLLOW | O_NONBLOCK)
                       : sys::openat(at, component.bytes, O_NOFOLLOW | O_DIRECTORY | O_PATH);
    if (opened.ok() && last) return opened;
    if (opened.is(Errno::ELOOP_) || (!last && opened.is(Errno::ENOTDIR_))) {
      auto size = sys::readlinkat(at, component.bytes, target.bytes, sizeof target.bytes);
      if (!size.ok()) return opened; // no link: the error stands
      target.size = size.value();
      link_end = end;
      return Errno::ELOOP_;
    }
    directory = sys::Fd(TRY(opened));
    start = end + 1;
  }
}

} // namespace

Result<int> open_by_walking(int root, const char* text) {
  Name name;
  TRY(append_all(name, text));
  for (int links = 0; links <= limits::links_max; links++) {
    if (name.size == 0) return sys::openat(root, ".", O_NONBLOCK | O_DIRECTORY);
    Name target;
    size_t link_end = 0;
    auto opened = open_until_link(root, name, target, link_end);
    if (opened.ok() || link_end == 0) return opened;
    if (target.size == 0 || target.bytes[0] == '/') return Errno::EXDEV_;
    if (target.size == sizeof target.bytes) return Errno::ENAMETOOLONG_;

    Name next; // what stands before the link, the link's target, what stands behind it
    TRY(append_all(next, take(name.view(), link_end)));
    next.remove_last();
    TRY(append_all(next, target.view()));
    TRY(append_all(next, drop(name.view(), link_end)));
    name = next;
  }
  return Errno::ELOOP_;
}

} // namespace minhttp::site
