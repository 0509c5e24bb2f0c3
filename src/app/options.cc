// SPDX-License-Identifier: MIT
// A tour: the table and its text; finding a row by each of its names; naming it in messages.

#include "app/options.h"

#include "base/number.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

// Each row has three texts, each followed by a NUL: no pointers, so no relocations.
#define GROUP(title) title "\0\0\0"
#define ROOT(name, value, help) name "\0" value "\0" help "\0"
#define NUMBER(member, standard, least, most, name, value, help) name "\0" value "\0" help "\0"
#define DURATION(member, standard, least, most, name, value, help) name "\0" value "\0" help "\0"
#define SWITCH(member, name, help) name "\0\0" help "\0"
#define CHOICE(member, standard, choices, name, help) name "\0" choices "\0" help "\0"
#define LISTEN(kind, name, value, help) name "\0" value "\0" help "\0"
#define TEXT(member, longest, name, value, help) name "\0" value "\0" help "\0"
#define TEXTS(member, most, longest, name, value, help) name "\0" value "\0" help "\0"
#define BLOCK(allow, name, value, help) name "\0" value "\0" help "\0"
constexpr char texts[] =
#include "tables/options.def"
    ;
static_assert(sizeof texts <= UINT16_MAX && sizeof(Config) <= UINT16_MAX);

constexpr uint64_t number(uint64_t value) { return value; }

// The rows without the offsets of their texts, which the loop below fills in.
#define AT(member) static_cast<uint16_t>(offsetof(Config, member))
#define GROUP(title) Option{},
#define ROOT(name, value, help) Option{OptionKind::root, AT(directory), 0, 0, 0, 0, 0, limits::path_max - 1},
#define NUMBER(member, standard, least, most, name, value, help) \
  Option{OptionKind::number, AT(member), 0, 0, 0, number(least), number(most), 0, number(standard)},
#define DURATION(member, standard, least, most, name, value, help) \
  Option{OptionKind::duration, AT(member), 0, 0, 0, number(least), number(most), 0, number(standard)},
#define SWITCH(member, name, help) Option{OptionKind::on_off, AT(member)},
#define CHOICE(member, standard, choices, name, help) \
  Option{OptionKind::choice, AT(member), 0, 0, 0, 0, 0, 0, number(standard)},
#define LISTEN(kind, name, value, help) \
  Option{OptionKind::listen, AT(listen), 0, 0, 0, 0, 0, 0, number(static_cast<uint64_t>(conn::ListenerKind::kind))},
#define TEXT(member, longest, name, value, help) Option{OptionKind::text, AT(member), 0, 0, 0, 0, 0, number(longest)},
#define TEXTS(member, most, longest, name, value, help) \
  Option{OptionKind::texts, AT(member), 0, 0, 0, 0, number(most), number(longest)},
#define BLOCK(allows, name, value, help) Option{(allows) ? OptionKind::allow : OptionKind::deny, AT(blocks)},
constexpr auto rows = [] {
  auto made = std::to_array<Option>({
#include "tables/options.def"
  });
  size_t at = 0;
  auto next = [&at] {
    auto start = static_cast<uint16_t>(at);
    while (texts[at] != '\0') at++;
    at++;
    return start;
  };
  for (Option& row : made) {
    row.name = next();
    row.value = next();
    row.help = next();
  }
  return made;
}();

Text text_at(uint16_t place) { return Text(texts + place); }

bool is_block(const Option& option) { return option.kind == OptionKind::allow || option.kind == OptionKind::deny; }

} // namespace

std::span<const Option> options() { return rows; }
Text name_of(const Option& option) { return text_at(option.name); }
Text value_of(const Option& option) { return text_at(option.value); }
Text help_of(const Option& option) { return text_at(option.help); }

size_t index_of(const Option& option) { return static_cast<size_t>(&option - rows.data()); }

bool is_repeatable(const Option& option) {
  return option.kind == OptionKind::listen || option.kind == OptionKind::texts || is_block(option);
}

const Option* find_flag(Text name) {
  if (equal(name, "-p")) name = "--port"sv;
  if (equal(name, "-l")) name = "--listen"sv;
  if (!starts_with(name, "--")) return nullptr;
  const Option* option = find_line(drop(name, 2));
  return option != nullptr && option->kind != OptionKind::root ? option : nullptr;
}

const Option* find_line(Text name) {
  for (const Option& option : rows) {
    if (option.kind != OptionKind::group && equal(drop(name_of(option), 2), name)) return &option;
  }
  return nullptr;
}

const Option* find_variable(Text name) {
  char flag[limits::setting_name_max];
  Text line = flag_of_variable(name, flag);
  const Option* option = line.empty() ? nullptr : find_line(drop(line, 2));
  char text[limits::setting_name_max];
  return option != nullptr && equal(variable_of(*option, text), name) ? option : nullptr;
}

Text flag_of_variable(Text name, std::span<char> to) {
  Text rest = drop(name, Text("MINHTTP_"sv).size());
  if (rest.size() + 2 > to.size()) return {};
  Writer out(to);
  out.text("--");
  for (char c : rest) out.byte(c == '_' ? '-' : to_lower(c));
  return out.view();
}

Text variable_of(const Option& option, std::span<char> to) {
  Writer out(to);
  out.text("MINHTTP_"sv);
  for (char c : drop(name_of(option), 2))
    out.byte(c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
  return out.view();
}

size_t distance(Text a, Text b) {
  while (!a.empty() && !b.empty() && a.front() == b.front()) {
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  while (!a.empty() && !b.empty() && a.back() == b.back()) {
    a.remove_suffix(1);
    b.remove_suffix(1);
  }
  if (a.size() == 2 && b.size() == 2 && a[0] == b[1] && a[1] == b[0]) return 1;
  return a.size() > b.size() ? a.size() : b.size();
}

const Option* guess_option(Text name) {
  const Option* best = nullptr;
  size_t least = drop(name, starts_with(name, "--") ? 2 : 1).size() / 3; // a short word leaves little room for errors
  if (least > 3) least = 3;
  for (const Option& option : rows) {
    if (option.kind == OptionKind::group) continue;
    size_t away = distance(name, name_of(option));
    if (away > least || (best != nullptr && away == least)) continue;
    best = &option;
    least = away;
  }
  return best;
}

Message& operator<<(Message& message, const Setting& setting) {
  char text[limits::setting_name_max];
  Text name = name_of(setting.option);
  switch (setting.origin.level) {
    case Level::packed: return message << "the packed option " << name;
    case Level::port_variable: return message << "PORT";
    case Level::variable: return message << variable_of(setting.option, text);
    case Level::file:
      return message << setting.config.config_file << ":" << uint64_t{setting.origin.line} << ": " << drop(name, 2);
    case Level::standard:
    case Level::flag: break;
  }
  return message << (setting.option.kind == OptionKind::root ? "DIR"sv : name);
}

Setting setting(const Config& config, Text name, Text value) {
  const Option* option = find_line(drop(name, 2));
  CHECK(option != nullptr);
  Origin origin = config.origins[index_of(*option)];
  Text values = config.file_values;
  if (value.data() > values.data() && value.data() < values.data() + values.size())
    __builtin_memcpy(&origin.line, value.data() - sizeof origin.line, sizeof origin.line);
  return {.config = config, .option = *option, .origin = origin};
}

} // namespace minhttp::app
