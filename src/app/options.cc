// SPDX-License-Identifier: MIT
// A tour: the table and its text; finding a row; set_option(), with a function for each kind of value; print_options().

#include "app/options.h"

#include "app/message.h"
#include "base/number.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

// Each row has three texts, each followed by a NUL: no pointers, so no relocations.
#define GROUP(title) title "\0\0\0"
#define NUMBER(member, standard, least, most, name, value, help) name "\0" value "\0" help "\0"
#define SWITCH(member, name, help) name "\0\0" help "\0"
#define CHOICE(member, standard, choices, name, help) name "\0" choices "\0" help "\0"
#define LISTEN(kind, name, value, help) name "\0" value "\0" help "\0"
#define TEXT(member, longest, name, value, help) name "\0" value "\0" help "\0"
#define TEXTS(member, most, longest, name, value, help) name "\0" value "\0" help "\0"
#define BLOCK(allow, name, value, help) name "\0" value "\0" help "\0"
constexpr char texts[] =
#include "tables/options.def"
    ;
#undef GROUP
#undef NUMBER
#undef SWITCH
#undef CHOICE
#undef LISTEN
#undef TEXT
#undef TEXTS
#undef BLOCK
static_assert(sizeof texts <= UINT16_MAX && sizeof(Config) <= UINT16_MAX);

constexpr uint64_t number(uint64_t value) { return value; }

// The rows without the offsets of their texts, which the loop below fills in.
#define AT(member) static_cast<uint16_t>(offsetof(Config, member))
#define GROUP(title) Option{},
#define NUMBER(member, standard, least, most, name, value, help) \
  Option{OptionKind::number, AT(member), 0, 0, 0, number(least), number(most), 0, number(standard)},
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

template <typename T>
T& member_of(Config& config, const Option& option) {
  return *reinterpret_cast<T*>(reinterpret_cast<char*>(&config) + option.member);
}

Text text_at(uint16_t place) { return Text(texts + place); }

bool refuse_count(const Option& option, size_t most) {
  Message(2) << "minhttp: " << name_of(option) << " can be given " << most << " times at most";
  return false;
}

bool set_number(Config& config, const Option& option, Text value) {
  auto parsed = parse_decimal(value);
  if (parsed && *parsed >= option.least && *parsed <= option.most) {
    member_of<uint64_t>(config, option) = *parsed;
    return true;
  }
  Message(2) << "minhttp: " << name_of(option) << " takes a number from " << option.least << " to " << option.most
             << ", not '" << value << "'";
  return false;
}

bool set_choice(Config& config, const Option& option, Text value) {
  uint64_t index = 0;
  for (Text rest = value_of(option); !rest.empty(); index++) {
    if (equal(take_until(rest, '|'), value)) {
      member_of<uint64_t>(config, option) = index;
      return true;
    }
  }
  Message(2) << "minhttp: " << name_of(option) << " takes one of " << value_of(option) << ", not '" << value << "'";
  return false;
}

bool set_listen(Config& config, const Option& option, Text value) {
  auto& listens = member_of<Listens>(config, option);
  auto endpoint = parse_endpoint(value);
  if (!endpoint) {
    Message(2)
        << "minhttp: " << name_of(option)
        << " takes 8080, :8080, localhost:8080, 127.0.0.1:8080, [::1]:8080 or unix:/PATH[,mode=660][,owner=USER], not '"
        << value << "'";
    return false;
  }
  if (listens.count == listens.endpoints.size()) return refuse_count(option, listens.endpoints.size());
  endpoint->kind = static_cast<conn::ListenerKind>(option.standard);
  listens.endpoints[listens.count++] = *endpoint;
  return true;
}

bool set_text(Config& config, const Option& option, Text value) {
  if (value.empty() || value.size() > option.longest) {
    Message(2) << "minhttp: " << name_of(option) << " takes a text of 1 to " << option.longest << " bytes";
    return false;
  }
  if (option.kind == OptionKind::text) {
    member_of<Text>(config, option) = value;
    return true;
  }
  auto& list = member_of<Texts>(config, option);
  if (list.count == option.most) return refuse_count(option, option.most);
  list.texts[list.count++] = value;
  return true;
}

bool set_block(Config& config, const Option& option, Text value) {
  Blocks& blocks = config.blocks;
  AddressRule rule = {.block = {}, .allow = option.kind == OptionKind::allow};
  CidrMistake mistake = parse_cidr(value, rule.block);
  if (mistake == CidrMistake::none) {
    if (blocks.count == blocks.rules.size()) return refuse_count(option, blocks.rules.size());
    blocks.rules[blocks.count++] = rule;
    return true;
  }
  if (mistake == CidrMistake::host) {
    char text[ip_text_max + 4];
    Writer out(text);
    write_ip(out, rule.block.address);
    out.byte('/').decimal(rule.block.v4 ? rule.block.bits - 96U : rule.block.bits);
    Message(2) << "minhttp: " << name_of(option) << " '" << value << "' has bits behind its prefix: write "
               << out.view() << " for the block, or the address alone";
  } else {
    Message(2) << "minhttp: " << name_of(option) << " takes 10.0.0.0/8, 192.0.2.1 or 2001:db8::/32, not '" << value
               << "'";
  }
  return false;
}

// The text in brackets behind the help: the default, if it is worth showing.
Text standard_of(const Option& option, std::span<char> digits) {
  if (option.kind == OptionKind::number) {
    Writer out(digits);
    return out.decimal(option.standard).view();
  }
  if (option.kind != OptionKind::choice) return {};
  Text rest = value_of(option);
  for (uint64_t i = 0; i < option.standard; i++) rest = drop(rest, find(rest, '|') + 1);
  return take(rest, find(rest, '|'));
}

void print_option(const Option& option) {
  constexpr size_t indent = 28;
  constexpr size_t width = 80;
  char digits[24];
  char text[256];
  Writer description(text);
  description.text(help_of(option));
  if (Text standard = standard_of(option, digits); !standard.empty()) description.text(" [").text(standard).byte(']');
  char line[width];
  Writer out(line);
  out.text("  ").text(name_of(option));
  if (!value_of(option).empty()) out.byte(' ').text(value_of(option));
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

std::span<const Option> options() { return rows; }
Text name_of(const Option& option) { return text_at(option.name); }
Text value_of(const Option& option) { return text_at(option.value); }
Text help_of(const Option& option) { return text_at(option.help); }

const Option* find_option(Text name) {
  if (equal(name, "-p")) name = "--port"sv;
  if (equal(name, "-l")) name = "--listen"sv;
  for (const Option& option : rows) {
    if (option.kind != OptionKind::group && equal(name_of(option), name)) return &option;
  }
  return nullptr;
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

bool set_option(Config& config, const Option& option, Text value) {
  switch (option.kind) {
    case OptionKind::group: break;
    case OptionKind::number: return set_number(config, option, value);
    case OptionKind::on_off: member_of<bool>(config, option) = true; break;
    case OptionKind::choice: return set_choice(config, option, value);
    case OptionKind::listen: return set_listen(config, option, value);
    case OptionKind::text:
    case OptionKind::texts: return set_text(config, option, value);
    case OptionKind::allow:
    case OptionKind::deny: return set_block(config, option, value);
  }
  return true;
}

void print_options() {
  for (const Option& option : rows) {
    if (option.kind == OptionKind::group) {
      Message(1) << "";
      Message(1) << name_of(option) << ":";
    } else {
      print_option(option);
    }
  }
}

} // namespace minhttp::app
