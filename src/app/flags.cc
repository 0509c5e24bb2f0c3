// A tour: for_each_flag() turns the table into calls of a visitor; Setter stores a value, Guess
// finds what a typing error meant, Help prints. read_arguments() takes one argument after the
// other, and judge() what they mean together.

#include "app/config.h"
#include "app/message.h"
#include "base/number.h"
#include "rt/output.h"

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
#define TEXT(member, longest, name, value, help) visit.text(config.member, longest, name, value, help);
#define TEXTS(member, most, longest, name, value, help) visit.texts(config.member, most, longest, name, value, help);
#define BLOCK(allow, name, value, help) visit.block(config.blocks, allow, name, value, help);
#include "tables/flags.def"
#undef TEXT
#undef TEXTS
#undef BLOCK
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
      too_often(name, member.addresses.size());
    } else {
      Message(2) << "minhttp: " << name << " takes 8080, 127.0.0.1:8080 or [::1]:8080, not '" << value << "'";
    }
  }
  void text(Text& member, size_t longest, Text name, Text, Text) {
    if (is_it(name) && fits(longest, name)) member = value;
  }
  void texts(Texts& member, size_t most, size_t longest, Text name, Text, Text) {
    if (!is_it(name) || !fits(longest, name)) return;
    good = member.count < most;
    if (good) {
      member.texts[member.count++] = value;
    } else {
      too_often(name, most);
    }
  }
  void block(Blocks& blocks, bool allow, Text name, Text, Text) {
    if (!is_it(name)) return;
    AddressRule rule = {.block = {}, .allow = allow};
    CidrMistake mistake = parse_cidr(value, rule.block);
    good = mistake == CidrMistake::none && blocks.count < blocks.rules.size();
    if (good) {
      blocks.rules[blocks.count++] = rule;
    } else if (mistake == CidrMistake::none) {
      too_often(name, blocks.rules.size());
    } else if (mistake == CidrMistake::host) {
      char text[ip_text_max + 4];
      Writer out(text);
      write_ip(out, rule.block.address);
      out.byte('/').decimal(rule.block.v4 ? rule.block.bits - 96U : rule.block.bits);
      Message(2) << "minhttp: " << name << " '" << value << "' has bits behind its prefix: write " << out.view()
                 << " for the block, or the address alone";
    } else {
      Message(2) << "minhttp: " << name << " takes 10.0.0.0/8, 192.0.2.1 or 2001:db8::/32, not '" << value << "'";
    }
  }

 private:
  bool fits(size_t longest, Text name) {
    good = !value.empty() && value.size() <= longest;
    if (!good) Message(2) << "minhttp: " << name << " takes a text of 1 to " << longest << " bytes";
    return good;
  }
  static void too_often(Text name, size_t most) {
    Message(2) << "minhttp: " << name << " can be given " << most << " times at most";
  }
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
  void text(Text&, size_t, Text name, Text, Text) { consider(name); }
  void texts(Texts&, size_t, size_t, Text name, Text, Text) { consider(name); }
  void block(Blocks&, bool, Text name, Text, Text) { consider(name); }
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
  void text(Text&, size_t, Text, Text, Text) {}
  void texts(Texts&, size_t, size_t, Text, Text, Text) {}
  void block(Blocks&, bool, Text, Text, Text) {}
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
  void text(Text&, size_t, Text name, Text value, Text help) { row(name, value, help, {}); }
  void texts(Texts&, size_t, size_t, Text name, Text value, Text help) { row(name, value, help, {}); }
  void block(Blocks&, bool, Text name, Text value, Text help) { row(name, value, help, {}); }
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
  rt::wait_for_reader(1);
  Message(1) << "usage: minhttp [DIR] [options]";
  Message(1) << "       minhttp check DIR [--explain /path] [options]";
  Message(1) << "";
  Message(1) << "  minhttp             the case study: everybody gets \"Hello from assembly!\"";
  Message(1) << "  minhttp DIR         serves the directory; its _headers and _redirects are read at start,";
  Message(1) << "                      and again on SIGHUP";
  Message(1) << "  minhttp check DIR   says what is wrong with them, or what a path is answered with, and why";
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

// What only all options together show.
std::optional<int> judge(const Config& config) {
  if (config.directory != nullptr && !config.hosts.empty()) {
    Message(2) << "minhttp: --hosts has the directories: '" << Text(config.directory) << "' is one too many";
    return 2;
  }
  if (config.has_site()) return {};
  Text meaningless = config.listing              ? "--listing"
                     : config.spa                ? "--spa"
                     : config.cors               ? "--cors"
                     : config.secure_headers     ? "--secure-headers"
                     : config.headers.count > 0  ? "--header"
                     : config.auth.count > 0     ? "--auth"
                     : config.blocks.count > 0   ? "--allow and --deny"
                     : !config.base_path.empty() ? "--base-path"
                     : !config.explain.empty()   ? "--explain"
                     : config.check              ? "check"
                                                 : "";
  if (meaningless.empty()) return {};
  Message(2) << "minhttp: " << meaningless << " is about a site, and no directory is given";
  return 2;
}

} // namespace

std::optional<int> read_arguments(std::span<const char* const> arguments, Config& config) {
  size_t first = 1;
  if (arguments.size() > 1 && equal(arguments[1], "check")) {
    config.check = true;
    first = 2;
  }
  for (size_t i = first; i < arguments.size(); i++) {
    Text argument(arguments[i]);
    if (equal(argument, "--help") || equal(argument, "-h")) {
      print_help();
      return 0;
    }
    if (equal(argument, "--version")) {
      Message(1) << "minhttp " MINHTTP_VERSION;
      return 0;
    }
    if (config.check && equal(argument, "--explain") && i + 1 < arguments.size()) {
      config.explain = arguments[++i];
    } else if (starts_with(argument, "-") && argument.size() > 1) {
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
  return judge(config);
}

} // namespace minhttp::app
