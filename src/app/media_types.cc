// SPDX-License-Identifier: MIT
#include "app/media_types.h"

#include "app/message.h"
#include "app/options.h"
#include "base/bytes.h"
#include "http/character.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

constexpr char form[] = "it takes an extension and a media type, like .foo=text/x-foo";

bool is_token(Text text) { return !text.empty() && http::all(text, http::Class::token); }

// What is wrong with ".EXT=TYPE"; empty: nothing.
Text read_option(Text option, http::OwnType& row) {
  size_t sign = find(option, '=');
  if (option[0] != '.' || sign == option.size()) return form;
  row = {.extension = drop(take(option, sign), 1), .type = drop(option, sign + 1)};
  if (find(row.extension, '.') < row.extension.size()) return "only what is behind the last dot of a name counts"sv;
  Text name = take(row.type, find(row.type, ';'));
  size_t slash = find(name, '/');
  bool type = slash < name.size() && is_token(take(name, slash)) && is_token(drop(name, slash + 1));
  return type && is_token(row.extension) && http::all(row.type, http::Class::field) ? Text() : form;
}

} // namespace

bool make_media_types(const Config& config, std::span<http::OwnType> types, std::span<char> text) {
  Writer out(text);
  for (size_t i = 0; i < config.types.count; i++) {
    http::OwnType& row = types[i];
    if (Text wrong = read_option(config.types.texts[i], row); !wrong.empty()) {
      named_message(2) << setting(config, "--type"sv, config.types.texts[i]) << " " << config.types.texts[i] << ": "
                       << wrong;
      return false;
    }
    if (find(row.type, ';') < row.type.size()) continue;
    if (Text known = http::type_in_table(row.type); !known.empty()) {
      row.type = known;
    } else if (starts_with_ignoring_case(row.type, "text/"sv)) {
      size_t start = out.size();
      out.text(row.type).text(utf8_charset);
      row.type = drop(out.view(), start);
    }
  }
  return true;
}

} // namespace minhttp::app
