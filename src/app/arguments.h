// SPDX-License-Identifier: MIT
#pragma once
// The command line, one argument after the other.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "app/options.h"

namespace minhttp::app {

struct Argument {
  enum class Kind : uint8_t { end, directory, option, explain, settings, help, version };
  Kind kind = Kind::end;
  const Option* option = nullptr;
  std::string_view name;  // of an option, as it was written
  std::string_view value; // of an option; the directory. It ends with a NUL.
};

class Arguments {
 public:
  // The program's name comes first, and `check` may be second.
  explicit Arguments(std::span<const char* const> arguments);

  bool is_check() const { return is_check_; }
  // The next argument; behind the last one, end. Nothing: it is wrong, and a message says why.
  std::optional<Argument> next();

 private:
  std::optional<Argument> option(std::string_view argument);

  std::span<const char* const> arguments_;
  size_t next_ = 1;
  bool is_check_ = false;
  bool options_end_ = false; // "--" was there
};

void print_help();

} // namespace minhttp::app
