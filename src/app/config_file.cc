// SPDX-License-Identifier: MIT
#include "app/config_file.h"

#include "app/message.h"
#include "app/options.h"
#include "sys/file.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool has_control_byte(Text text) {
  for (char c : text) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) return true;
  }
  return false;
}

// A value without the comment behind it.
Text without_comment(Text text) {
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] == '#' && (i == 0 || is_blank(text[i - 1]))) return trim(take(text, i));
  }
  return text;
}

Text in_quotes(Text text, Text& wrong) {
  Text rest = drop(text, 1);
  size_t end = find(rest, text[0]);
  if (end == rest.size()) {
    wrong = "the quotation mark that begins the value has no end";
    return {};
  }
  if (!without_comment(drop(rest, end + 1)).empty()) wrong = "text follows the quotation mark that ends the value";
  return take(rest, end);
}

int refuse(const Config& config, Text why) {
  named_message(2) << setting(config, "--config"sv) << " " << config.config_file << ": " << why;
  return 1;
}

Result<size_t> read_all(int fd, std::span<char> to) {
  size_t used = 0;
  while (used < to.size()) {
    size_t count = TRY(sys::read(fd, to.data() + used, to.size() - used));
    if (count == 0) break;
    used += count;
  }
  return used;
}

} // namespace

Line parse_line(Text text, Text& wrong) {
  wrong = {};
  drop_end(text, "\r"sv);
  if (has_control_byte(text)) {
    wrong = "the line has a control byte";
    return {};
  }
  text = trim(text);
  if (text.empty() || text[0] == '#') return {};
  size_t end = 0;
  while (end < text.size() && !is_blank(text[end])) end++;
  Line line = {.name = take(text, end), .value = trim(drop(text, end))};
  bool quoted = !line.value.empty() && (line.value[0] == '"' || line.value[0] == '\'');
  line.value = quoted ? in_quotes(line.value, wrong) : without_comment(line.value);
  return line;
}

std::optional<Text> read_config_file(const Config& config, std::span<char> to) {
  auto opened = sys::openat(AT_FDCWD, config.config_file.data(), O_NONBLOCK); // a FIFO must not stop the start
  struct statx facts = {};
  sys::Fd file(opened.ok() ? opened.value() : -1);
  auto stated = opened.ok() ? sys::fstat(file.number(), facts) : Result<>(opened.error());
  if (!stated.ok()) {
    refuse(config, describe(stated.error()));
    return {};
  }
  if ((facts.stx_mode & sys::abi::type_mask) != sys::abi::type_file) {
    refuse(config, "it is not a regular file"sv);
    return {};
  }
  auto size = read_all(file.number(), to);
  if (size.ok() && size.value() < to.size()) return Text(to.data(), size.value());
  if (!size.ok()) {
    refuse(config, describe(size.error()));
  } else {
    named_message(2) << setting(config, "--config"sv) << " " << config.config_file << ": it has more than "
                     << uint64_t{limits::config_file_max} << " bytes";
  }
  return {};
}

ConfigFileWatch::ConfigFileWatch(const Config& config) : config_(config), key_(key()) {}

void ConfigFileWatch::report_change() {
  uint64_t now = key();
  if (now == key_) return;
  named_message(2) << config_.config_file << (now == 0 ? " is gone"sv : " has changed"sv)
                   << ": settings are read at the start only, so those of the start stay in force until a restart";
}

// 0: there is no file, or none is used.
uint64_t ConfigFileWatch::key() const {
  struct statx facts = {};
  if (config_.config_file.empty() || !sys::stat(AT_FDCWD, config_.config_file.data(), facts).ok()) return 0;
  uint64_t key = 1;
  for (uint64_t fact : {uint64_t{facts.stx_ino}, uint64_t{facts.stx_size},
                        static_cast<uint64_t>(facts.stx_mtime.tv_sec), uint64_t{facts.stx_mtime.tv_nsec},
                        static_cast<uint64_t>(facts.stx_ctime.tv_sec), uint64_t{facts.stx_ctime.tv_nsec}}) {
    key = (key ^ fact) * 0x9e37'79b9'7f4a'7c15 + (key >> 32);
  }
  return key == 0 ? 1 : key;
}

} // namespace minhttp::app
