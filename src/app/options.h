// SPDX-License-Identifier: MIT
#pragma once
// The options as rows of one table, made from tables/options.def: reading, guessing and printing options are loops over
// the rows. An option is called --drain-ms as a flag, MINHTTP_DRAIN_MS as a variable, drain-ms in a file.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "app/config.h"
#include "app/message.h"

namespace minhttp::app {

enum class OptionKind : uint8_t { group, root, number, duration, on_off, choice, listen, text, texts, allow, deny };

struct Option {
  OptionKind kind = OptionKind::group;
  uint16_t member = 0; // offset of its value in Config, in bytes
  uint16_t name = 0;   // offsets in the table's text: "--port"; of a group, its title
  uint16_t value = 0;  // "N"; of a choice, "a|b|c"; empty for a switch
  uint16_t help = 0;
  uint64_t least = 0;    // of a number or duration
  uint64_t most = 0;     // of a number or duration; of texts: how many are allowed
  uint64_t longest = 0;  // of a text, in bytes
  uint64_t standard = 0; // the default of a number, duration or choice; of a listener, its kind
};

std::span<const Option> options();
std::string_view name_of(const Option& option);
std::string_view value_of(const Option& option);
std::string_view help_of(const Option& option);

size_t index_of(const Option& option); // its row
bool is_repeatable(const Option& option);

// The option of that name, "--port" or "-p"; null: there is none. --root is no flag.
const Option* find_flag(std::string_view name);
// The same for a line of a file, "port" or "root".
const Option* find_line(std::string_view name);
// The same for a variable, "MINHTTP_PORT".
const Option* find_variable(std::string_view name);
// The option that a misspelled name, "--prot", probably means; null: none is similar enough.
const Option* guess_option(std::string_view name);

// "--drain-ms" from "MINHTTP_DRAIN_MS". to: setting_name_max bytes; a longer name becomes empty.
std::string_view flag_of_variable(std::string_view name, std::span<char> to);
// "MINHTTP_DRAIN_MS" from the option. to: setting_name_max bytes.
std::string_view variable_of(const Option& option, std::span<char> to);

// Names a setting in a message as the operator has written it: "--spa", "MINHTTP_SPA", "minhttp.conf:12: spa", "the
// packed option --spa".
struct Setting {
  const Config& config;
  const Option& option;
  Origin origin;
};
Message& operator<<(Message& message, const Setting& setting);
inline Message& operator<<(Message&& message, const Setting& setting) { return message << setting; }
// The setting of that name, "--spa". value: of an option that may be given several times, which one is meant.
Setting setting(const Config& config, std::string_view name, std::string_view value = {});

// Stores the value of an option. Values of a higher level than before take the place of all former ones; call it with
// ascending levels. False: the value is invalid, or is a second one of the same level, and a message says so. Texts
// are kept as views, and must end with a NUL.
bool set_option(Config& config, const Option& option, std::string_view value, Origin origin);
// Forgets what was set: the default holds again.
void reset_option(Config& config, const Option& option);
// Whether the option has another value than its default.
bool is_changed(const Config& config, const Option& option);

// The value of an option, of the type that its member in Config has.
template <typename T>
const T& value_of(const Config& config, const Option& option) {
  return *reinterpret_cast<const T*>(reinterpret_cast<const char*>(&config) + option.member);
}

// Prints all options by group, in 80 columns (help.cc).
void print_options();

// Writes a duration as options take it, "5s" or "500ms".
void write_duration(Writer& out, uint64_t ms);
// Reads "500ms", "5s", "2m", "1h", or a bare number, of milliseconds, if bare is set; 0 needs no unit. Nothing: it is
// something else. UINT64_MAX: it does not fit.
std::optional<uint64_t> parse_duration(std::string_view text, bool bare);
// The name of the choice with that index.
std::string_view choice_of(const Option& option, uint64_t index);

// The distance of two words: the number of bytes between their common start and common end; two swapped bytes count as
// one.
size_t distance(std::string_view a, std::string_view b);

} // namespace minhttp::app
