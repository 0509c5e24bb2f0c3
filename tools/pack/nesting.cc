// SPDX-License-Identifier: MIT
#include "pack/nesting.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "base/bytes.h"
#include "pack/lower_case.h"

namespace minhttp::packer {
namespace {

using Text = std::string_view;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'; }

// Void elements, and those that the next of their kind closes (HTML sections 13.1.2 and 13.1.2.4).
bool is_uncounted(Text name) {
  constexpr Text names =
      " area base basefont bgsound br col embed frame hr img input keygen link meta param source "
      "track wbr body colgroup dd dt head html li option p rb rp rt rtc tbody td tfoot th thead tr ";
  return names.find(" " + std::string(name) + " ") != names.npos;
}

// Elements whose content has no tags (HTML section 13.2.5.1 and following).
bool is_text_only(Text name) {
  constexpr Text names = " iframe noembed noframes plaintext script style textarea title xmp ";
  return names.find(" " + std::string(name) + " ") != names.npos;
}

class Scanner {
 public:
  explicit Scanner(Text html) : html_(html) {}

  size_t deepest() {
    while ((at_ = html_.find('<', at_)) < html_.size()) {
      at_++;
      Text rest = html_.substr(at_);
      if (rest.starts_with("!--")) {
        skip_behind("-->");
      } else if (rest.starts_with('!') || rest.starts_with('?')) {
        skip_behind(">");
      } else if (rest.size() > 1 && rest[0] == '/' && is_letter(rest[1])) {
        at_++;
        end_tag(name());
      } else if (!rest.empty() && is_letter(rest[0])) {
        start_tag(name());
      }
    }
    return deepest_;
  }

 private:
  void skip_behind(Text end) {
    size_t found = html_.find(end, at_);
    at_ = found == html_.npos ? html_.size() : found + end.size();
  }

  // The name of a tag, in lower case.
  std::string name() {
    size_t begin = at_;
    while (at_ < html_.size() && !is_space(html_[at_]) && html_[at_] != '/' && html_[at_] != '>') at_++;
    return in_lower_case(html_.substr(begin, at_ - begin));
  }

  // Goes behind a tag's attributes. A quote is one only behind an equals sign. Whether a slash stands at the end.
  bool skip_attributes() {
    char before = ' '; // the last one that is no space
    for (; at_ < html_.size(); at_++) {
      char c = html_[at_];
      if (c == '>') {
        at_++;
        return before == '/';
      }
      if (before == '=' && (c == '"' || c == '\'')) at_ = std::min(html_.find(c, at_ + 1), html_.size() - 1);
      if (!is_space(c)) before = c;
    }
    return false;
  }

  void start_tag(const std::string& name) {
    bool closed = skip_attributes();
    bool foreign = svg_ + math_ > 0; // there a slash closes, and scripts have tags
    if (is_text_only(name) && !foreign) return skip_content(name);
    if (is_uncounted(name) || (closed && foreign)) return;
    open_[name]++;
    deepest_ = std::max(deepest_, ++depth_);
  }

  // An end tag that closes nothing is ignored.
  void end_tag(const std::string& name) {
    skip_attributes();
    auto found = open_.find(name);
    if (found == open_.end() || found->second == 0) return;
    found->second--;
    depth_--;
  }

  // Up to the end tag of an element that has only text.
  void skip_content(const std::string& name) {
    while ((at_ = html_.find("</", at_)) < html_.size()) {
      at_ += 2;
      if (this->name() == name) return void(skip_attributes());
    }
  }

  Text html_;
  size_t at_ = 0;
  size_t depth_ = 0;
  size_t deepest_ = 0;
  std::unordered_map<std::string, size_t> open_; // by name: how many
  size_t& svg_ = open_["svg"];
  size_t& math_ = open_["math"];
};

} // namespace

size_t nesting_of(Text html) { return Scanner(html).deepest(); }

} // namespace minhttp::packer
