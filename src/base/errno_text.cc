// SPDX-License-Identifier: MIT
#include "base/errno_text.h"

#include "base/bytes.h"

namespace minhttp {

std::string_view describe(Errno error) {
  switch (error) {
#define ERRNO(name, text) \
  case Errno::name##_:    \
    return text;
#include "tables/errno.def"
#undef ERRNO
  }
  return "the system refused"sv;
}

} // namespace minhttp
