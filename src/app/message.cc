// SPDX-License-Identifier: MIT
#include "app/message.h"

namespace minhttp::app {

std::string_view describe(Errno error) {
  switch (error) {
#define ERRNO(name, text) \
  case Errno::name##_:    \
    return text;
#include "tables/errno.def"
#undef ERRNO
  }
  return "the system refused";
}

} // namespace minhttp::app
