// SPDX-License-Identifier: MIT
#include "pack/words.h"

#include "pack/report.h"
#include "tables/limits.h"

namespace minhttp::packer {
namespace {

// The value of an option at words[i], which may be its own word; moves i behind it. False: it is another option.
bool takes(const std::vector<std::string>& words, size_t& i, std::string_view name, std::string& value) {
  std::string_view word = words[i];
  if (!word.starts_with(name)) return false;
  word.remove_prefix(name.size());
  if (word.starts_with('=')) {
    value = word.substr(1);
    return true;
  }
  if (!word.empty()) return false;
  value = i + 1 < words.size() ? words[++i] : std::string();
  return true;
}

} // namespace

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool begun = false;
  char quote = 0;
  for (size_t i = 0; i < text.size(); i++) {
    char c = text[i];
    bool blank = quote == 0 && (c == ' ' || c == '\t' || c == '\n');
    if (blank) {
      if (begun) words.push_back(word);
      word.clear();
      begun = false;
      continue;
    }
    begun = true;
    if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    } else if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      word += text[++i];
    } else {
      word += c;
    }
  }
  if (quote != 0) throw Failure("--with: a quotation mark is not closed", 2);
  if (begun) words.push_back(word);
  return words;
}

std::string packed_options(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) (text += word) += '\0';
  if (text.size() > limits::pack_options_max || words.size() > limits::pack_arguments_max) {
    throw Failure("--with: more than " + std::to_string(limits::pack_options_max) + " bytes or " +
                      std::to_string(limits::pack_arguments_max) + " words",
                  2);
  }
  if (!words.empty() && !words[0].starts_with('-'))
    throw Failure("--with takes options, as in --with '--spa': " + words[0], 2);
  return text;
}

LinkOptions link_options(const std::vector<std::string>& words) {
  LinkOptions options;
  for (size_t i = 0; i < words.size(); i++) {
    std::string value;
    if (words[i] == "--spa") {
      options.spa = true;
    } else if (words[i] == "--listing") {
      options.listing = true;
    } else if (takes(words, i, "--base-path", value)) {
      while (value.ends_with('/')) value.pop_back();
      options.base_path = value;
    } else if (takes(words, i, "--health", value)) {
      options.paths.push_back(value);
    } else if (takes(words, i, "--env-js", value)) {
      options.paths.push_back(value.substr(0, value.find('=')));
    }
  }
  return options;
}

std::vector<std::string> secret_files(const std::vector<std::string>& words) {
  std::vector<std::string> files;
  for (size_t i = 0; i < words.size(); i++) {
    std::string value;
    if (takes(words, i, "--auth", value)) {
      // "/path=FILE", as app/protected_path.cc has it
      size_t sign = value.starts_with('/') ? value.find('=') : std::string::npos;
      files.push_back(sign == std::string::npos ? value : value.substr(sign + 1));
    } else if (takes(words, i, "--key", value)) {
      files.push_back(value);
    }
  }
  return files;
}

} // namespace minhttp::packer
