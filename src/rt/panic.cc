// SPDX-License-Identifier: MIT
// A bug of ours: prints where, and ends with a signal that the supervisor sees.

#include "base/bytes.h"
#include "rt/output.h"
#include "tables/program.h"

namespace minhttp {

void panic(const char* file, int line) {
  char text[256];
  std::string_view name(file);
  Writer message(text);
  message.text(MINHTTP_NAME ": a bug in minhttp, at ").text(take(name, name.size() < 200 ? name.size() : 200));
  message.byte(':').decimal(static_cast<uint64_t>(line)).byte('\n');
  rt::print(2, message.view());
  __builtin_trap();
}

} // namespace minhttp
