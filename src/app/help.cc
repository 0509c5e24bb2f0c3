// SPDX-License-Identifier: MIT
#include "app/options.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

// The text in brackets behind the help: the default, if it is worth showing.
Text standard_of(const Option& option, Writer& out) {
  switch (option.kind) {
    case OptionKind::number: out.decimal(option.standard); break;
    case OptionKind::duration: write_duration(out, option.standard); break;
    case OptionKind::choice: return choice_of(option, option.standard);
    default: break;
  }
  return out.view();
}

void print_option(const Option& option) {
  constexpr size_t indent = 28;
  constexpr size_t width = 80;
  char digits[24];
  Writer number(digits);
  char text[256];
  Writer description(text);
  description.text(help_of(option));
  if (Text standard = standard_of(option, number); !standard.empty()) description.text(" [").text(standard).byte(']');
  char line[width];
  Writer out(line);
  out.text("  ");
  if (option.kind != OptionKind::root) out.text(name_of(option));
  if (option.kind != OptionKind::root && !value_of(option).empty()) out.byte(' ');
  out.text(value_of(option));
  bool apart = out.size() + 1 > indent; // the help begins on a line of its own
  for (Text rest = description.view(); !rest.empty() || apart;) {
    if (apart) {
      Message(1) << out.view();
      out = Writer(line);
      apart = false;
    }
    while (out.size() < indent) out.byte(' ');
    size_t end = rest.size();
    if (end > width - indent) { // break at the last blank that fits
      end = width - indent;
      while (rest[end] != ' ') end--;
    }
    Message(1) << out.text(take(rest, end)).view();
    rest = drop(rest, end < rest.size() ? end + 1 : end);
    out = Writer(line);
  }
}

} // namespace

void print_options() {
  for (const Option& option : options()) {
    if (option.kind == OptionKind::group) {
      Message(1) << "";
      Message(1) << name_of(option) << ":";
    } else {
      print_option(option);
    }
  }
}

} // namespace minhttp::app
