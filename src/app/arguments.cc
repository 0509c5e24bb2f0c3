// SPDX-License-Identifier: MIT
#include "app/arguments.h"

#include "app/options.h"
#include "rt/output.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

void report_unknown(Text name) {
  if (equal(name, "--explain") || equal(name, "--settings")) {
    Message(2) << "minhttp: " << name << " is an option of check: minhttp check DIR " << name
               << (equal(name, "--explain") ? " /path"sv : ""sv);
    return;
  }
  if (!has_tls && (equal(name, "--cert") || equal(name, "--self-signed"))) {
    Message(2) << "minhttp: " << name << ": this program has no TLS; minhttps has it";
    return;
  }
  Message message(2);
  message << "minhttp: there is no option " << name;
  const Option* guess = guess_option(name);
  if (guess != nullptr && guess->kind != OptionKind::root) message << "; did you mean " << name_of(*guess) << "?";
  message << " (minhttp --help shows all)";
}

} // namespace

void print_help() {
  rt::wait_for_reader(1);
  Message(1) << "Usage: minhttp [DIR] [options]";
  Message(1) << "       minhttp check DIR [--explain /path] [--settings] [options]";
  Message(1) << "       minhttp healthcheck [URL | unix:PATH]";
  Message(1) << "";
  Message(1) << "  minhttp             the case study: answers \"Hello from assembly!\"";
  Message(1) << "  minhttp DIR         serves the directory, with its _headers and _redirects;";
  Message(1) << "                      SIGHUP reads both again";
  Message(1) << "  minhttp check DIR   prints what is wrong with the site and exits with 1;";
  Message(1) << "                      --explain /path prints the answer to a request, and why;";
  Message(1) << "                      --settings prints what is not the default, and from where";
  Message(1) << "  minhttp healthcheck  asks the running server how it is; exits with 0 or 1";
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
    Message(2) << "minhttp: --settings takes no value";
    return {};
  }
  bool alone =
      found.option == nullptr ? found.kind == Argument::Kind::settings : found.option->kind == OptionKind::on_off;
  if (alone) return found;
  if (next_ == arguments_.size()) {
    Message(2) << "minhttp: " << found.name << " needs a value";
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
