// SPDX-License-Identifier: MIT
// A tour: read_settings() reads the levels in ascending order: what was packed with a site, PORT, the file, the
// variables, the arguments; each value of a higher level takes the place of lower ones (set_option). The arguments are
// read twice, because one of them may name the file.

#include "app/settings.h"

#include "app/arguments.h"
#include "app/config_file.h"
#include "app/packed_site.h"
#include "app/tls_options.h"
#include "base/bytes.h"
#include "rt/output.h"
#include "sys/process.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;
using Kind = Argument::Kind;

constexpr Text prefix() { return "MINHTTP_"sv; }

void print_version() {
  if constexpr (has_tls) {
    Message(1) << MINHTTP_NAME " " MINHTTP_VERSION " with OpenSSL " << tls_library();
  } else {
    Message(1) << MINHTTP_NAME " " MINHTTP_VERSION;
  }
}

// The first look at the arguments: whether they are complete, and which of them come before all settings. Nothing:
// continue, else the exit status.
std::optional<int> look_ahead(Arguments arguments, Config& config, Text& file) {
  while (true) {
    auto argument = arguments.next();
    if (!argument) return 2;
    switch (argument->kind) {
      case Kind::end: return {};
      case Kind::help: print_help(); return 0;
      case Kind::version: print_version(); return 0;
      case Kind::settings: config.show_settings = true; break;
      case Kind::explain:
        config.explain = argument->value;
        if (!config.explain.empty()) break;
        named_message(2) << "--explain takes a path like /about";
        return 2;
      case Kind::option:
        if (equal(name_of(*argument->option), "--config")) file = argument->value;
        break;
      case Kind::directory: break;
    }
  }
}

bool set_directory(Config& config, Text value) {
  const Option* root = find_line("root"sv);
  if (value.empty()) {
    named_message(2) << "the directory's name is empty; write . for the one that you are in";
    return false;
  }
  if (config.origins[index_of(*root)].level != Level::flag) {
    return set_option(config, *root, value, {.level = Level::flag});
  }
  Message message = named_message(2);
  message << "one directory at a time: '" << Text(config.directory) << "' and '" << value << "' are given";
  if (distance(config.directory, "check"sv) <= 1) message << "; did you mean " MINHTTP_NAME " check " << value << "?";
  return false;
}

bool read_flags(Arguments arguments, Config& config) {
  while (true) {
    auto argument = arguments.next(); // look_ahead() has found nothing wrong
    if (argument->kind == Kind::end) return true;
    if (argument->kind == Kind::directory && !set_directory(config, argument->value)) return false;
    if (argument->kind != Kind::option) continue;
    if (!set_option(config, *argument->option, argument->value, {.level = Level::flag})) return false;
  }
}

// Copies the values of a variable that stand in lines of their own, so that each ends with a NUL.
class Lines {
 public:
  explicit Lines(std::span<char> memory) : out_(memory) {}

  // False: there is no room.
  bool keep(Text& value) {
    if (value.size() + 1 > out_.room()) return false;
    size_t begin = out_.size();
    out_.text(value).byte('\0');
    value = {out_.view().data() + begin, value.size()};
    return true;
  }

 private:
  Writer out_;
};

bool set_variable(Config& config, const Option& option, Text name, Text value, Lines& lines) {
  if (!is_repeatable(option)) return set_option(config, option, value, {.level = Level::variable});
  while (!value.empty()) {
    Text one = take_until(value, '\n');
    if (one.empty()) continue;
    if (!lines.keep(one)) {
      named_message(2) << name << ": the variables with several values have more than "
                       << uint64_t{limits::variables_max} << " bytes together";
      return false;
    }
    if (!set_option(config, option, one, {.level = Level::variable})) return false;
  }
  return true;
}

bool refuse_variable(Text name) {
  char text[limits::setting_name_max];
  Text flag = flag_of_variable(name, text);
  const Option* guess = flag.empty() ? nullptr : guess_option(flag);
  Message message = named_message(2);
  message << "there is no setting " << name;
  char right[limits::setting_name_max];
  if (guess != nullptr) message << "; did you mean " << variable_of(*guess, right) << "?";
  return false;
}

bool read_variables(const char* const* environment, Config& config) {
  Lines lines({});
  std::span<char> memory;
  for (; *environment != nullptr; environment++) {
    Text value(*environment);
    Text name = take_until(value, '=');
    if (!starts_with(name, prefix()) || is_of_kubernetes(name, value) || equal(name, "MINHTTP_LAUNCHER")) continue;
    const Option* option = find_variable(name);
    if (option == nullptr) return refuse_variable(name);
    if (is_repeatable(*option) && memory.empty()) {
      auto mapped = sys::map_memory(limits::variables_max);
      if (!mapped.ok()) {
        named_message(2) << "no memory for " << name << ": " << describe(mapped.error());
        return false;
      }
      memory = {reinterpret_cast<char*>(mapped.value()), limits::variables_max};
      lines = Lines(memory);
    }
    if (!set_variable(config, *option, name, value, lines)) return false;
  }
  return true;
}

Text value_in(const char* const* environment, Text wanted) {
  for (; *environment != nullptr; environment++) {
    Text value(*environment);
    if (equal(take_until(value, '='), wanted)) return value;
  }
  return {};
}

// What platforms set for a container. It counts only where no port is given.
bool read_port_variable(const char* const* environment, Config& config) {
  Text value = value_in(environment, "PORT"sv);
  return value.empty() || set_option(config, *find_line("port"sv), value, {.level = Level::port_variable});
}

// As many bytes as the values of a text take.
constexpr size_t values_max(size_t text) { return 2 * text + 3; }

std::optional<int> read_file(Config& config) {
  constexpr size_t text_max = limits::config_file_max + 1;
  auto mapped = sys::map_memory(text_max + values_max(text_max));
  if (!mapped.ok()) {
    named_message(2) << "no memory for " << config.config_file << ": " << describe(mapped.error());
    return 1;
  }
  auto* memory = reinterpret_cast<char*>(mapped.value());
  auto text = read_config_file(config, {memory, text_max});
  if (!text) return 1;
  return read_config_text(config, *text, {memory + text_max, values_max(text_max)}) ? std::nullopt : std::optional(2);
}

bool refuse_line(const Config& config, uint16_t number, Text why) {
  named_message(2) << config.config_file << ":" << uint64_t{number} << ": " << why;
  return false;
}

bool refuse_name(const Config& config, uint16_t number, Text name) {
  char text[limits::setting_name_max];
  const Option* guess = nullptr;
  if (name.size() + 2 <= sizeof text) guess = guess_option(Writer(text).text("--").text(name).view());
  Message message = named_message(2);
  message << config.config_file << ":" << uint64_t{number} << ": there is no setting " << name;
  if (guess != nullptr) message << "; did you mean " << drop(name_of(*guess), 2) << "?";
  return false;
}

// One setting. out: where values are kept.
bool read_setting(Config& config, const Line& line, uint16_t number, Writer& out) {
  const Option* option = find_line(line.name);
  if (option == nullptr) return refuse_name(config, number, line.name);
  if (equal(line.name, "config")) return refuse_line(config, number, "a file cannot name another one"sv);
  out.text({reinterpret_cast<const char*>(&number), sizeof number});
  size_t begin = out.size();
  Text given = option->kind == OptionKind::on_off && line.value.empty() ? "on"sv : line.value;
  out.text(given).byte('\0');
  config.file_values = out.view();
  Text value = {out.view().data() + begin, given.size()};
  return set_option(config, *option, value, {.level = Level::file, .line = number});
}

void print_value(Message& message, const Config& config, const Option& option) {
  char text[32];
  Writer out(text);
  switch (option.kind) {
    case OptionKind::root: message << Text(config.directory); break;
    case OptionKind::number: message << value_of<uint64_t>(config, option); break;
    case OptionKind::duration:
      write_duration(out, value_of<uint64_t>(config, option));
      message << out.view();
      break;
    case OptionKind::choice: message << choice_of(option, value_of<uint64_t>(config, option)); break;
    case OptionKind::text: message << value_of<Text>(config, option); break;
    default: message << "on";
  }
}

// A line for each value: the setting as in a file, a tab, and where it comes from.
void print_setting(const Config& config, const Option& option) {
  Text name = drop(name_of(option), 2);
  if (option.kind == OptionKind::texts) {
    for (Text value : value_of<Texts>(config, option).list()) {
      Message(1) << name << " " << value << "  # " << setting(config, name_of(option), value);
    }
    return;
  }
  Message message(1);
  message << name << " ";
  print_value(message, config, option);
  message << "  # " << setting(config, name_of(option));
}

void print_listeners(const Config& config, const Option& option) {
  for (const Endpoint& endpoint : config.listen.list()) {
    if (endpoint.kind != static_cast<conn::ListenerKind>(option.standard)) continue;
    Message(1) << drop(name_of(option), 2) << " " << endpoint.text << "  # "
               << setting(config, name_of(option), endpoint.text);
  }
}

void print_blocks(const Config& config, const Option& option) {
  for (const AddressRule& rule : std::span(config.blocks.rules).first(config.blocks.count)) {
    if (rule.allow != (option.kind == OptionKind::allow)) continue;
    char text[ip_text_max + 8];
    Writer out(text);
    write_ip(out, rule.block.address);
    out.byte('/').decimal(rule.block.v4 ? rule.block.bits - 96U : rule.block.bits);
    Message(1) << drop(name_of(option), 2) << " " << out.view() << "  # " << setting(config, name_of(option));
  }
}

void print_settings(const Config& config) {
  rt::wait_for_reader(1);
  for (const Option& option : options()) {
    if (option.kind == OptionKind::group || !is_changed(config, option)) continue;
    switch (option.kind) {
      case OptionKind::listen: print_listeners(config, option); break;
      case OptionKind::allow:
      case OptionKind::deny: print_blocks(config, option); break;
      default: print_setting(config, option);
    }
  }
}

} // namespace

bool read_config_text(Config& config, Text text, std::span<char> values) {
  Writer out(values);
  for (uint16_t number = 1; !text.empty(); number++) {
    Text wrong;
    Text raw = take_until(text, '\n');
    if (raw.size() > limits::config_line_max) return refuse_line(config, number, "the line is too long"sv);
    Line line = parse_line(raw, wrong);
    if (!wrong.empty()) return refuse_line(config, number, wrong);
    if (!line.name.empty() && !read_setting(config, line, number, out)) return false;
  }
  return true;
}

// kubernetes.io, "Accessing the Service": variables of a Service are its name in capitals, then these.
bool is_of_kubernetes(Text name, Text value) {
  if (equal(name, "MINHTTP_PORT")) return starts_with(value, "tcp://") || starts_with(value, "udp://");
  bool of_service = starts_with(name, "MINHTTP_SERVICE_") || starts_with(name, "MINHTTP_PORT_");
  for (size_t i = prefix().size(); i < name.size() && !of_service; i++) { // of another Service: MINHTTP_WEB_...
    Text rest = drop(name, i);
    of_service = starts_with(rest, "_SERVICE_HOST") || starts_with(rest, "_SERVICE_PORT") ||
                 (starts_with(rest, "_PORT") && (starts_with(value, "tcp://") || starts_with(value, "udp://"))) ||
                 (starts_with(rest, "_PORT_") &&
                  (ends_with(rest, "_ADDR") || ends_with(rest, "_PROTO") || ends_with(rest, "_PORT") ||
                   ends_with(rest, "_TCP") || ends_with(rest, "_UDP")));
  }
  return of_service;
}

std::optional<int> read_settings(std::span<const char* const> arguments, const char* const* environment,
                                 Config& config) {
  Arguments list(arguments);
  config.check = list.is_check();
  Text flag;
  if (auto status = look_ahead(list, config, flag)) return status;
  if (!read_packed_options(config)) return 2;
  if (!read_port_variable(environment, config)) return 2;
  Text file = flag.empty() ? value_in(environment, "MINHTTP_CONFIG"sv) : flag;
  if (!file.empty()) {
    config.config_file = file; // set again, with its level, below
    if (auto status = read_file(config)) return status;
  }
  if (!read_variables(environment, config) || !read_flags(list, config)) return 2;
  if (!check_together(config)) return 2;
  if (!config.show_settings) return {};
  print_settings(config);
  return 0;
}

} // namespace minhttp::app
