#pragma once
// A site: the greeting, or a directory.

#include "http/path.h"
#include "site/body.h"
#include "site/files.h"

namespace minhttp::site {

struct Site {
  enum class Kind : uint8_t { greeting, directory };
  Kind kind = Kind::greeting;
  Files files; // of a directory
};

} // namespace minhttp::site
