// SPDX-License-Identifier: MIT
#pragma once
// The options as rows of one table, made from tables/flags.def: what reads, guesses or prints
// options is one loop over the rows.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "app/config.h"

namespace minhttp::app {

enum class OptionKind : uint8_t { group, number, on_off, choice, listen, text, texts, allow, deny };

struct Option {
  OptionKind kind = OptionKind::group;
  uint16_t member = 0; // where its value stands in Config, in bytes
  uint16_t name = 0;   // places in the table's text: "--port"; of a group, its title
  uint16_t value = 0;  // "N"; of a choice, "a|b|c"; empty for a switch
  uint16_t help = 0;
  uint64_t least = 0;    // of a number
  uint64_t most = 0;     // of a number; of texts, how often
  uint64_t longest = 0;  // bytes of a text
  uint64_t standard = 0; // of a number and of a choice
};

std::span<const Option> options();
std::string_view name_of(const Option& option);
std::string_view value_of(const Option& option);
std::string_view help_of(const Option& option);

// The option of that name, "--port"; null: there is none.
const Option* find_option(std::string_view name);
// The option that a typing error may have meant; null: none is near enough.
const Option* guess_option(std::string_view name);

// Stores a value as it was given; false: it is not good, and a message says why. Of a switch
// the value is not looked at.
bool set_option(Config& config, const Option& option, std::string_view value);

// Prints all of them, a group after the other, in 80 columns.
void print_options();

// How far two words are from each other: bytes that differ between what begins and what ends
// alike; two that have changed places count as one.
size_t distance(std::string_view a, std::string_view b);

} // namespace minhttp::app
