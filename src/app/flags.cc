// A tour: the table becomes one array of descriptions, without pointers; read_arguments
// looks each argument up in it and stores the value into Config.

#include "app/config.h"
#include "app/message.h"
#include "base/number.h"

namespace minhttp::app {
namespace {

// Each option as a function of what to do with it; there are no tables of pointers.
template <typename Visitor>
void for_each_flag(Config& config, Visitor& visit) {
#define GROUP(title) visit.group(title);
#define NUMBER(member, standard, least, most, name, value, help) \
  visit.number(config.member, static_cast<uint64_t>(least), static_cast<uint64_t>(most), name, value, help);
#define SWITCH(member, name, help) visit.on_off(config.member, name, help);
#define CHOICE(member, standard, choices, name, help) visit.choice(config.member, choices, name, help);
#define LISTEN(member, name, value, help) visit.listen(config.member, name, value, help);
#include "tables/flags.def"
#undef GROUP
#undef NUMBER
#undef SWITCH
#undef CHOICE
#undef LISTEN
}

using Text = std::string_view;

// Stores `value` in the option that is called `wanted`.
struct Setter {
  Text wanted;
  Text value;
  bool known = false;
  bool good = true;

  void group(Text) {}
  void number(uint64_t& member, uint64_t least, uint64_t most, Text name, Text, Text) {
    if (!is_it(name)) return;
    auto parsed = parse_decimal(value);
    good = parsed && *parsed >= least && *parsed <= most;
    if (good) {
      member = *parsed;
    } else {
      Message(2) << "minhttp: " << name << " takes a number from " << least << " to " << most << ", not '" << value
                 << "'";
    }
  }
  void on_off(bool& member, Text name, Text) {
    if (is_it(name)) member = true;
  }
  void choice(uint64_t& member, Text choices, Text name, Text) {
    if (!is_it(name)) return;
    good = false;
    uint64_t index = 0;
    for (Text rest = choices; !rest.empty(); index++) {
      size_t bar = find(rest, '|');
      if (equal(take(rest, bar), value)) {
        member = index;
        good = true;
      }
      rest = drop(rest, bar < rest.size() ? bar + 1 : bar);
    }
    if (!good) Message(2) << "minhttp: " << name << " takes one of " << choices << ", not '" << value << "'";
  }
  void listen(Listens& member, Text name, Text, Text) {
    if (!is_it(name)) return;
    auto address = parse_address(value);
    good = address && member.count < member.addresses.size();
    if (good) {
      member.addresses[member.count++] = *address;
    } else if (address) {
      Message(2) << "minhttp: " << name << " can be given " << member.addresses.size() << " times at most";
    } else {
      Message(2) << "minhttp: " << name << " takes 8080, 127.0.0.1:8080 or [::1]:8080, not '" << value << "'";
    }
  }

 private:
  bool is_it(Text name) {
    bool match = equal(name, wanted);
    known = known || match;
    return match;
  }
};

// How many bytes differ, from the front and the back: good enough for a typing error.
size_t distance(Text a, Text b) {
  while (!a.empty() && !b.empty() && a.front() == b.front()) {
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  while (!a.empty() && !b.empty() && a.back() == b.back()) {
    a.remove_suffix(1);
    b.remove_suffix(1);
  }
  return a.size() > b.size() ? a.size() : b.size();
}

// Finds the option that a typing error may have meant.
struct Guess {
  Text wanted;
  Text best = {};
  size_t best_distance = 3;

  void group(Text) {}
  void number(uint64_t&, uint64_t, uint64_t, Text name, Text, Text) { consider(name); }
  void on_off(bool&, Text name, Text) { consider(name); }
  void choice(uint64_t&, Text, Text name, Text) { consider(name); }
  void listen(Listens&, Text name, Text, Text) { consider(name); }
  void consider(Text name) {
    size_t d = distance(wanted, name);
    if (d < best_distance) {
      best = name;
      best_distance = d;
    }
  }
};

// Finds out whether an option is a switch.
struct IsSwitch {
  Text wanted;
  bool answer = false;

  void group(Text) {}
  void number(uint64_t&, uint64_t, uint64_t, Text, Text, Text) {}
  void on_off(bool&, Text name, Text) { answer = answer || equal(name, wanted); }
  void choice(uint64_t&, Text, Text, Text) {}
  void listen(Listens&, Text, Text, Text) {}
};

// Prints the options, a line each, under their groups.
struct Help {
  void group(Text title) {
    Message(1) << "";
    Message(1) << title << ":";
  }
  void number(uint64_t& standard, uint64_t, uint64_t, Text name, Text value, Text help) {
    char digits[20];
    Writer writer(digits);
    writer.decimal(standard);
    row(name, value, help, writer.view());
  }
  void on_off(bool&, Text name, Text help) { row(name, {}, help, {}); }
  void choice(uint64_t& standard, Text choices, Text name, Text help) {
    Text rest = choices;
    for (uint64_t i = 0; i < standard; i++) rest = drop(rest, find(rest, '|') + 1);
    row(name, take(name, 0), help, take(rest, find(rest, '|')));
    Message(1) << "                          one of " << choices;
  }
  void listen(Listens&, Text name, Text value, Text help) { row(name, value, help, {}); }
  static void row(Text name, Text value, Text help, Text standard) {
    constexpr size_t column = 26;
    Message line(1);
    line << "  " << name << " " << value;
    for (size_t at = name.size() + value.size() + 3; at < column; at++) line << " ";
    line << help;
    if (!standard.empty()) line << " [" << standard << "]";
  }
};

void print_help() {
  Message(1) << "usage: minhttp [DIR] [options]";
  Message(1) << "";
  Message(1) << "  minhttp        the case study: everybody gets \"Hello from assembly!\"";
  Message(1) << "  minhttp DIR    serves the directory";
  Config standard;
  Help help;
  for_each_flag(standard, help);
  Message(1) << "";
  Message(1) << "  --help, --version";
}

int unknown(Text name, Config& config) {
  Guess guess = {.wanted = name};
  for_each_flag(config, guess);
  Message message(2);
  message << "minhttp: there is no option " << name;
  if (!guess.best.empty()) message << "; did you mean " << guess.best << "?";
  message << " (minhttp --help shows all)";
  return 2;
}

// --name value, --name=value, or the --name of a switch; next: the argument behind, null where there is none.
std::optional<int> read_option(Text argument, const char* next, Config& config, bool& used_next) {
  size_t sign = find(argument, '=');
  used_next = sign == argument.size();
  Setter setter = {.wanted = take(argument, sign),
                   .value = used_next ? (next == nullptr ? Text() : Text(next)) : drop(argument, sign + 1)};
  Config untouched = config;
  IsSwitch is_switch = {.wanted = setter.wanted};
  for_each_flag(untouched, is_switch);
  if (is_switch.answer && !used_next) {
    Message(2) << "minhttp: " << setter.wanted << " takes no value";
    return 2;
  }
  used_next = used_next && !is_switch.answer;
  // A missing value must not hide that the option is unknown.
  if (used_next && next == nullptr) {
    Guess exact = {.wanted = setter.wanted, .best = {}, .best_distance = 1};
    for_each_flag(untouched, exact);
    if (exact.best.empty()) return unknown(setter.wanted, config);
    Message(2) << "minhttp: " << setter.wanted << " wants a value behind it";
    return 2;
  }
  for_each_flag(config, setter);
  if (!setter.known) return unknown(setter.wanted, config);
  return setter.good ? std::nullopt : std::optional(2);
}

} // namespace

std::optional<int> read_arguments(std::span<const char* const> arguments, Config& config) {
  for (size_t i = 1; i < arguments.size(); i++) {
    Text argument(arguments[i]);
    if (equal(argument, "--help") || equal(argument, "-h")) {
      print_help();
      return 0;
    }
    if (equal(argument, "--version")) {
      Message(1) << "minhttp " MINHTTP_VERSION;
      return 0;
    }
    if (starts_with(argument, "-") && argument.size() > 1) {
      bool used_next = false;
      auto status = read_option(argument, i + 1 < arguments.size() ? arguments[i + 1] : nullptr, config, used_next);
      if (status) return status;
      if (used_next) i++;
    } else if (config.directory != nullptr || argument.empty()) {
      Message(2) << "minhttp: one directory at a time: '" << Text(config.directory == nullptr ? "" : config.directory)
                 << "' and '" << argument << "' are given";
      return 2;
    } else {
      config.directory = arguments[i];
    }
  }
  return {};
}

} // namespace minhttp::app
