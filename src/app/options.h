// SPDX-License-Identifier: MIT
#pragma once
// The options as rows of one table, made from tables/options.def: reading, guessing and printing options are loops over
// the rows.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "app/config.h"

namespace minhttp::app {

enum class OptionKind : uint8_t { group, number, on_off, choice, listen, text, texts, allow, deny };

struct Option {
  OptionKind kind = OptionKind::group;
  uint16_t member = 0; // offset of its value in Config, in bytes
  uint16_t name = 0;   // offsets in the table's text: "--port"; of a group, its title
  uint16_t value = 0;  // "N"; of a choice, "a|b|c"; empty for a switch
  uint16_t help = 0;
  uint64_t least = 0;    // of a number
  uint64_t most = 0;     // of a number; of texts: how many are allowed
  uint64_t longest = 0;  // of a text, in bytes
  uint64_t standard = 0; // the default of a number or a choice; of a listener, its kind
};

std::span<const Option> options();
std::string_view name_of(const Option& option);
std::string_view value_of(const Option& option);
std::string_view help_of(const Option& option);

// The option of that name, "--port"; null: there is none.
const Option* find_option(std::string_view name);
// The option that a misspelled name probably means; null: none is similar enough.
const Option* guess_option(std::string_view name);

// Stores the value of an option. False: it is invalid, and a message says why. For a switch, value is ignored.
bool set_option(Config& config, const Option& option, std::string_view value);

// Prints all options by group, in 80 columns.
void print_options();

// The distance of two words: the number of bytes between their common start and common end; two swapped bytes count as
// one.
size_t distance(std::string_view a, std::string_view b);

} // namespace minhttp::app
