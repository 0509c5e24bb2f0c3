// SPDX-License-Identifier: MIT
// A tour: set_option() applies the levels, and set_value() has a function for each kind of value.

#include "app/options.h"
#include "base/number.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

template <typename T>
T& member_of(Config& config, const Option& option) {
  return *reinterpret_cast<T*>(reinterpret_cast<char*>(&config) + option.member);
}

template <typename T>
T& member_of(const Config& config, const Option& option) {
  return *reinterpret_cast<T*>(reinterpret_cast<const char*>(&config) + option.member);
}

bool refuse_count(const Setting& setting, size_t most) {
  named_message(2) << setting << " can be given " << most << " times at most";
  return false;
}

bool set_number(Config& config, const Setting& setting, Text value) {
  const Option& option = setting.option;
  auto parsed = parse_decimal(value);
  if (parsed && *parsed >= option.least && *parsed <= option.most) {
    member_of<uint64_t>(config, option) = *parsed;
    return true;
  }
  named_message(2) << setting << " takes a number from " << option.least << " to " << option.most << ", not '" << value
                   << "'";
  return false;
}

bool set_duration(Config& config, const Setting& setting, Text value) {
  const Option& option = setting.option;
  bool bare = ends_with(name_of(option), "-ms"sv);
  auto parsed = parse_duration(value, bare);
  if (parsed && *parsed >= option.least && *parsed <= option.most) {
    member_of<uint64_t>(config, option) = *parsed;
    return true;
  }
  char text[64];
  Writer range(text);
  write_duration(range, option.least);
  range.text(" to ");
  write_duration(range, option.most);
  named_message(2) << setting << " takes a time from " << range.view() << ", like 500ms or 5s"
                   << (bare ? ", or a number of milliseconds"sv : ""sv) << ", not '" << value << "'";
  return false;
}

bool set_switch(Config& config, const Setting& setting, Text value) {
  bool off = equal(value, "off") || equal(value, "false") || equal(value, "no") || equal(value, "0");
  if (off || equal(value, "on") || equal(value, "true") || equal(value, "yes") || equal(value, "1")) {
    member_of<bool>(config, setting.option) = !off;
    return true;
  }
  named_message(2) << setting << " takes on or off, true or false, yes or no, 1 or 0, not '" << value << "'";
  return false;
}

bool set_choice(Config& config, const Setting& setting, Text value) {
  uint64_t index = 0;
  for (Text rest = value_of(setting.option); !rest.empty(); index++) {
    if (equal(take_until(rest, '|'), value)) {
      member_of<uint64_t>(config, setting.option) = index;
      return true;
    }
  }
  named_message(2) << setting << " takes one of " << value_of(setting.option) << ", not '" << value << "'";
  return false;
}

bool set_listen(Config& config, const Setting& setting, Text value) {
  auto& listens = member_of<ListenAddresses>(config, setting.option);
#ifdef MINHTTP_TLS
  bool redirects = setting.option.standard == static_cast<uint64_t>(conn::ListenerKind::redirect);
  if (redirects) config.no_redirect = equal(value, "off");
  if (redirects && config.no_redirect) return true;
#endif
  auto endpoint = parse_endpoint(value);
  if (!endpoint) {
    named_message(2)
        << setting
        << " takes 8080, :8080, localhost:8080, 127.0.0.1:8080, [::1]:8080 or unix:/PATH[,mode=660][,owner=USER], not '"
        << value << "'";
    return false;
  }
  if (listens.count == listens.endpoints.size()) return refuse_count(setting, listens.endpoints.size());
  endpoint->text = value;
  endpoint->kind = static_cast<conn::ListenerKind>(setting.option.standard);
  listens.endpoints[listens.count++] = *endpoint;
  return true;
}

bool set_text(Config& config, const Setting& setting, Text value) {
  const Option& option = setting.option;
  if (option.kind == OptionKind::root && value.empty()) {
    named_message(2) << "the directory's name is empty; write . for the one that you are in";
    return false;
  }
  if (value.empty() || value.size() > option.longest) {
    named_message(2) << setting << " takes a text of 1 to " << option.longest << " bytes";
    return false;
  }
  if (option.kind == OptionKind::root) {
    member_of<const char*>(config, option) = value.data();
    return true;
  }
  if (option.kind == OptionKind::text) {
    member_of<Text>(config, option) = value;
    return true;
  }
  auto& list = member_of<Texts>(config, option);
  if (list.count == option.most) return refuse_count(setting, option.most);
  list.texts[list.count++] = value;
  return true;
}

bool set_block(Config& config, const Setting& setting, Text value) {
  Blocks& blocks = config.blocks;
  AddressRule rule = {.block = {}, .allow = setting.option.kind == OptionKind::allow};
  CidrMistake mistake = parse_cidr(value, rule.block);
  if (mistake == CidrMistake::none) {
    if (blocks.count == blocks.rules.size()) return refuse_count(setting, blocks.rules.size());
    blocks.rules[blocks.count++] = rule;
    return true;
  }
  if (mistake == CidrMistake::host) {
    char text[ip_text_max + 4];
    Writer out(text);
    write_ip(out, rule.block.address);
    out.byte('/').decimal(rule.block.v4 ? rule.block.bits - 96U : rule.block.bits);
    named_message(2) << setting << " '" << value << "' has host bits set: write " << out.view()
                     << " for the block, or the address alone";
  } else {
    named_message(2) << setting << " takes 10.0.0.0/8, 192.0.2.1 or 2001:db8::/32, not '" << value << "'";
  }
  return false;
}

bool set_value(Config& config, const Setting& setting, Text value) {
  switch (setting.option.kind) {
    case OptionKind::group: break;
    case OptionKind::number: return set_number(config, setting, value);
    case OptionKind::duration: return set_duration(config, setting, value);
    case OptionKind::on_off: return set_switch(config, setting, value);
    case OptionKind::choice: return set_choice(config, setting, value);
    case OptionKind::listen: return set_listen(config, setting, value);
    case OptionKind::root:
    case OptionKind::text:
    case OptionKind::texts: return set_text(config, setting, value);
    case OptionKind::allow:
    case OptionKind::deny: return set_block(config, setting, value);
  }
  return true;
}

// All kinds of listeners are in one list.
void forget_listeners(ListenAddresses& listens, conn::ListenerKind kind) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < listens.count; i++) {
    if (listens.endpoints[i].kind != kind) listens.endpoints[kept++] = listens.endpoints[i];
  }
  listens.count = kept;
}

bool is_block(const Option& option) { return option.kind == OptionKind::allow || option.kind == OptionKind::deny; }

} // namespace

void reset_option(Config& config, const Option& option) {
  config.origins[index_of(option)] = {};
  switch (option.kind) {
    case OptionKind::group: break;
    case OptionKind::root: config.directory = nullptr; break;
    case OptionKind::number:
    case OptionKind::duration:
    case OptionKind::choice: member_of<uint64_t>(config, option) = option.standard; break;
    case OptionKind::on_off: member_of<bool>(config, option) = false; break;
    case OptionKind::listen: forget_listeners(config.listen, static_cast<conn::ListenerKind>(option.standard)); break;
    case OptionKind::text: member_of<Text>(config, option) = {}; break;
    case OptionKind::texts: member_of<Texts>(config, option) = {}; break;
    case OptionKind::allow:
    case OptionKind::deny: config.blocks = {}; break;
  }
}

bool is_changed(const Config& config, const Option& option) {
  switch (option.kind) {
    case OptionKind::number:
    case OptionKind::duration:
    case OptionKind::choice: return member_of<const uint64_t>(config, option) != option.standard;
    case OptionKind::on_off: return member_of<const bool>(config, option);
    default: return config.origins[index_of(option)].level != Level::standard;
  }
}

bool set_option(Config& config, const Option& option, Text value, Origin origin) {
  Origin had = config.origins[index_of(option)];
  Setting setting = {.config = config, .option = option, .origin = origin};
  if (had.level == origin.level && !is_repeatable(option)) {
    Message message = named_message(2);
    message << setting << " is given twice";
    if (had.level == Level::file) message << ", first in line " << uint64_t{had.line};
    return false;
  }
  for (const Option& other : options()) { // --allow and --deny are one list
    bool same = &other == &option || (is_block(other) && is_block(option));
    Level level = config.origins[index_of(other)].level;
    if (same && level != Level::standard && level < origin.level) reset_option(config, other);
  }
  config.origins[index_of(option)] = origin;
  return set_value(config, setting, value);
}

std::optional<uint64_t> parse_duration(Text text, bool bare) {
  size_t digits = 0;
  while (digits < text.size() && is_digit(text[digits])) digits++;
  auto number = parse_decimal(take(text, digits));
  if (!number) return {};
  Text unit = drop(text, digits);
  uint64_t ms = equal(unit, "ms")                        ? 1
                : equal(unit, "s")                       ? 1000
                : equal(unit, "m")                       ? 60'000
                : equal(unit, "h")                       ? 3'600'000
                : unit.empty() && (bare || *number == 0) ? 1
                                                         : 0;
  if (ms == 0) return {};
  return *number > UINT64_MAX / ms ? UINT64_MAX : *number * ms;
}

void write_duration(Writer& out, uint64_t ms) {
  bool seconds = ms % 1000 == 0 && ms > 0;
  out.decimal(seconds ? ms / 1000 : ms).text(seconds ? "s"sv : "ms"sv);
}

Text choice_of(const Option& option, uint64_t index) {
  Text rest = value_of(option);
  for (uint64_t i = 0; i < index; i++) rest = drop(rest, find(rest, '|') + 1);
  return take(rest, find(rest, '|'));
}

} // namespace minhttp::app
