// SPDX-License-Identifier: MIT
#pragma once
// The file of --config: a line for each setting, `name value`.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "app/config.h"

namespace minhttp::app {

struct Line {
  std::string_view name; // empty: the line is blank, or a comment
  std::string_view value;
};

// Takes a line apart, without its '\n'; a '\r' at its end belongs to the end. A value is the rest of the line without
// blanks around it; in quotes, " or ', it may begin or end with blanks. A '#' that begins a line, or follows a blank
// outside of quotes, begins a comment. wrong: what is wrong with the line; empty: nothing.
Line parse_line(std::string_view text, std::string_view& wrong);

// Reads the file of config.config_file as far as it fits. to: config_file_max + 1 bytes. Nothing: a message says why.
std::optional<std::string_view> read_config_file(const Config& config, std::span<char> to);

// Says that the file is another one than at the start, if it is: it is not read anew. It looks at the file's facts, as
// the sandbox does not let anybody read it.
class ConfigFileWatch {
 public:
  explicit ConfigFileWatch(const Config& config);
  void report_change();

 private:
  uint64_t key() const;

  const Config& config_;
  uint64_t key_ = 0;
};

} // namespace minhttp::app
