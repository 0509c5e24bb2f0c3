#include "app/part.h"

#include "app/message.h"
#include "base/bytes.h"
#include "http/path.h"
#include "serve/access.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

// What is wrong with "/PATH", or nothing.
Text judge(Text path) {
  char decoded[limits::path_max];
  if (path.size() > sizeof decoded) return "no name is so long";
  if (find(path, '*') < path.size() || find(path, '%') < path.size()) {
    return "the path stands for all that is below it, and is written as the file is called, without * and %";
  }
  if (http::decode_path(path, decoded).status != http::Status::ok) return "no path that is served begins so";
  return {};
}

} // namespace

Part part_of(Text option) {
  size_t sign = find(option, '=');
  if (option.empty() || option[0] != '/' || sign == option.size()) return {.prefix = {}, .file = option};
  return {.prefix = serve::guarded_prefix(take(option, sign)), .file = drop(option, sign + 1)};
}

bool good_parts(const Config& config) {
  for (uint32_t i = 0; i < config.auth.count; i++) {
    Text option = config.auth.texts[i];
    Part part = part_of(option);
    Text wrong;
    if (part.file.size() < option.size()) wrong = judge(take(option, find(option, '=')));
    for (uint32_t other = 0; other < i; other++) {
      if (equal(part_of(config.auth.texts[other]).prefix, part.prefix)) {
        wrong = "there is a password file for this part already: put all users into one";
      }
    }
    if (wrong.empty()) continue;
    Message(2) << "minhttp: --auth " << option << ": " << wrong;
    return false;
  }
  return true;
}

} // namespace minhttp::app
