// SPDX-License-Identifier: MIT
#include "app/env_js.h"

#include "app/message.h"
#include "app/options.h"
#include "app/protected_path.h"
#include "base/bytes.h"
#include "http/character.h"
#include "http/escape.h"
#include "site/files.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

// What is wrong with "/PATH=PREFIX"; empty: nothing.
Text check_option(Text path, Text prefix, Text base, std::span<char> decoded, Text& name) {
  http::Path same = {};
  if (starts_with(path, "/") && path.size() <= decoded.size()) same = http::decode_path(path, decoded);
  name = same.name;
  if (same.status != http::Status::ok || same.name.empty() || same.directory || !equal(same.name, drop(path, 1))) {
    return "it takes a path and a prefix, like /env.js=PUBLIC_"sv;
  }
  for (char c : path) {
    if (c != '/' && !http::is(c, http::Class::host)) return "the path has letters, digits and -._~ only"sv;
  }
  if (has_base(name, base)) return "the path is one in the directory: leave --base-path out"sv;
  if (site::is_rule_file(name)) return "no request gets a file of this name: choose another one"sv;
  if (prefix.empty()) return "an empty prefix would publish the whole environment"sv;
  if (starts_with("MINHTTP_"sv, prefix) || starts_with(prefix, "MINHTTP_")) {
    return "the prefix would publish the server's own settings (MINHTTP_)"sv;
  }
  return {};
}

// The maximum number of bytes that write_string() writes.
size_t string_size(Text text) {
  size_t size = 2;
  for (char c : text) {
    bool plain = c >= ' ' && c <= '~' && c != '"' && c != '\\' && c != '<';
    size += plain ? 1 : limits::escaped_byte_max;
  }
  return size;
}

// Writes a JSON string, escaped so that it may be inside of a <script> element.
void write_string(Writer& out, Text text) {
  out.byte('"');
  while (true) {
    size_t end = find(text, '<');
    http::write_json(out, take(text, end));
    if (end == text.size()) break;
    out.text("\\u003c");
    text = drop(text, end + 1);
  }
  out.byte('"');
}

} // namespace

bool make_env_js(const Config& config, const char* const* environment, std::span<char> memory,
                 serve::SiteOptions& options) {
  Text option = config.env_js;
  if (option.empty()) return true;
  Text prefix = option;
  Text path = take_until(prefix, '=');
  char decoded[limits::path_max];
  Text name;
  if (Text wrong = check_option(path, prefix, config.base_path, decoded, name); !wrong.empty()) {
    named_message(2) << setting(config, "--env-js"sv) << " " << option << ": " << wrong;
    return false;
  }
  Writer out(memory);
  out.text("window.__ENV={");
  bool first = true;
  for (; *environment != nullptr; environment++) {
    Text variable(*environment);
    size_t equals = find(variable, '=');
    if (equals == variable.size() || !starts_with(take(variable, equals), prefix)) continue;
    Text key = take(variable, equals);
    Text value = drop(variable, equals + 1);
    // A comma, a colon and the end of the script are needed too.
    if (out.room() < string_size(key) + string_size(value) + 16) {
      named_message(2) << setting(config, "--env-js"sv) << " " << option
                       << ": the variables are too long: the script can have " << limits::env_js_max
                       << " bytes, with bytes that are escaped or not ASCII counted as " << limits::escaped_byte_max;
      return false;
    }
    if (!first) out.byte(',');
    first = false;
    write_string(out, key);
    out.byte(':');
    write_string(out, value);
  }
  options.env_script = out.text("};\n").view();
  options.env_path = drop(path, 1);
  return true;
}

} // namespace minhttp::app
