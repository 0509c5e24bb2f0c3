// SPDX-License-Identifier: MIT
#include "app/arguments.h"

#include "app/options.h"
#include "rt/output.h"
#include "tables/program.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

void report_unknown(Text name) {
  if (equal(name, "--explain") || equal(name, "--settings")) {
    named_message(2) << name << " is an option of check: " MINHTTP_NAME " check DIR " << name
                     << (equal(name, "--explain") ? " /path"sv : ""sv);
    return;
  }
  if (!has_tls && (equal(name, "--cert") || equal(name, "--self-signed"))) {
    named_message(2) << name << ": this program has no TLS; minhttps has it";
    return;
  }
  Message message = named_message(2);
  message << "there is no option " << name;
  const Option* guess = guess_option(name);
  if (guess != nullptr && guess->kind != OptionKind::root) message << "; did you mean " << name_of(*guess) << "?";
  message << " (" MINHTTP_NAME " --help shows all)";
}

} // namespace

namespace {

constexpr Text program() { return MINHTTP_NAME ""sv; }

// A line about a way to call the program; without arguments it goes on with the line above.
void print_way(Text arguments, Text text) {
  char line[80];
  Writer out(line);
  out.text("  ");
  if (!arguments.empty()) out.text(program()).text(arguments);
  while (out.size() < 23) out.byte(' ');
  Message(1) << out.text(text).view();
}

} // namespace

void print_help() {
  rt::wait_for_reader(1);
  Message(1) << "Usage: " << program() << " [DIR] [options]";
  Message(1) << "       " << program() << " check DIR [--explain /path] [--settings] [options]";
  Message(1) << "       " << program() << " healthcheck [URL | unix:PATH]";
  Message(1) << "";
  print_way(" "sv, "the case study: answers \"Hello from assembly!\""sv);
  print_way(" DIR"sv, "serves the directory, with its _headers and _redirects;"sv);
  print_way(""sv, "SIGHUP reads both again"sv);
  if constexpr (has_tls) print_way(" DIR --cert FILE --key FILE"sv, " https on port 443, a redirect on 80"sv);
  print_way(" check DIR"sv, "prints what is wrong with the site and exits with 1;"sv);
  print_way(""sv, "--explain /path prints the answer to a request, and why;"sv);
  print_way(""sv, "--settings prints what is not the default and from where"sv);
  print_way(" healthcheck"sv, "asks the running server how it is; exits with 0 or 1"sv);
  Message(1) << "";
  Message(1) << "Every option is also an environment variable and a line of a file:";
  Message(1) << "--drain-ms 5s, MINHTTP_DRAIN_MS=5s, drain-ms 5s; DIR is MINHTTP_ROOT and root.";
  Message(1) << "PORT counts if no port is set. Flags win over variables, these over the file.";
  print_options();
  Message(1) << "";
  Message(1) << "  -p is --port, -l is --listen, -h is --help, -V is --version;";
  Message(1) << "  -- ends the options";
}

Arguments::Arguments(std::span<const char* const> arguments) : arguments_(arguments) {
  is_check_ = arguments.size() > 1 && equal(arguments[1], "check");
  next_ = is_check_ ? 2 : 1;
}

// Reads --name value, --name=value, or the --name of a switch.
std::optional<Argument> Arguments::option(Text argument) {
  size_t sign = find(argument, '=');
  bool has_value = sign < argument.size();
  Argument found = {.kind = Argument::Kind::option, .name = take(argument, sign)};
  found.option = find_flag(found.name);
  if (is_check_ && equal(found.name, "--explain")) found.kind = Argument::Kind::explain;
  if (is_check_ && equal(found.name, "--settings")) found.kind = Argument::Kind::settings;
  if (found.kind == Argument::Kind::option && found.option == nullptr) {
    report_unknown(found.name);
    return {};
  }
  if (has_value) {
    found.value = drop(argument, sign + 1);
    if (found.kind != Argument::Kind::settings) return found;
    named_message(2) << "--settings takes no value";
    return {};
  }
  bool alone =
      found.option == nullptr ? found.kind == Argument::Kind::settings : found.option->kind == OptionKind::on_off;
  if (alone) {
    found.value = "on"sv;
    return found;
  }
  if (next_ == arguments_.size()) {
    named_message(2) << found.name << " needs a value";
    return {};
  }
  found.value = Text(arguments_[next_++]);
  return found;
}

std::optional<Argument> Arguments::next() {
  while (next_ < arguments_.size()) {
    Text argument(arguments_[next_++]);
    if (options_end_ || !starts_with(argument, "-") || argument.size() == 1) {
      return Argument{.kind = Argument::Kind::directory, .name = {}, .value = argument};
    }
    if (equal(argument, "--help") || equal(argument, "-h")) return Argument{.kind = Argument::Kind::help};
    if (equal(argument, "--version") || equal(argument, "-V")) return Argument{.kind = Argument::Kind::version};
    if (!equal(argument, "--")) return option(argument);
    options_end_ = true;
  }
  return Argument{};
}

} // namespace minhttp::app
