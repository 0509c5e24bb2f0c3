// SPDX-License-Identifier: MIT
// _headers consists of blocks:
//   path
//     Name: value
//     ! Name

#include "http/character.h"
#include "rules/lines.h"

namespace minhttp::rules {
namespace {

// All names in one text, each followed by a NUL, and a table of their kinds: no pointers, so no relocations.
#define RULE_FIELD(text, kind) text "\0"
constexpr char names[] =
#include "tables/rule_fields.def"
    ;
#undef RULE_FIELD
#define RULE_FIELD(text, kind) FieldKind::kind,
constexpr FieldKind kinds[] = {
#include "tables/rule_fields.def"
};
#undef RULE_FIELD

FieldKind kind_of(std::string_view name) {
  std::string_view rest(names, sizeof names - 1);
  for (FieldKind kind : kinds) {
    size_t size = find(rest, '\0');
    if (same_name(name, take(rest, size))) return kind;
    rest = drop(rest, size + 1);
  }
  return FieldKind::list;
}

class HeadersReader {
 public:
  HeadersReader(std::string_view own_host, Diagnostics& mistakes, Rules& rules)
      : own_host_(own_host), mistakes_(mistakes), rules_(rules) {}

  void read(Lines& lines) {
    while (lines.next()) {
      if (lines.blank()) continue;
      line_ = lines.number();
      std::string_view wrong = check_line(lines.line());
      if (!wrong.empty()) {
        complain(wrong, lines.line());
        words_++;
        continue;
      }
      bool path = is_path_line(lines.line());
      if (path ? rules_.blocks.full() || ++blocks_ > limits::rules_max : rules_.fields.full()) {
        return complain("more than 65536 paths or fields: use placeholders and *, the rest is not read"sv, {});
      }
      if (path) {
        end_block();
        begin_block(lines.line());
      } else {
        field(lines.line());
      }
    }
    end_block();
  }

 private:
  enum class State : uint8_t { outside, inside, refused, left_out };

  void complain(std::string_view text, std::string_view word, bool warning = false) {
    mistakes_.add({.file = Diagnostic::File::headers, .warning = warning, .line = line_, .text = text, .word = word});
  }

  // A mistake below a path. If no request is for the path's host, that was reported, and other mistakes do not matter.
  void complain_below(std::string_view text, std::string_view word, bool warning = false) {
    if (state_ != State::inside || !pattern_.foreign) complain(text, word, warning);
  }

  // Leaves out a block with all its fields, because no request can match.
  void leave_out(std::string_view text, std::string_view word) {
    state_ = State::left_out;
    complain(text, word, true);
  }

  void begin_block(std::string_view line) {
    state_ = State::refused;
    block_line_ = line_;
    std::string_view rest = line;
    std::string_view path = take_word(rest);
    names_files_ = ends_with_extension(path);
    if (!rest.empty()) return complain("a path stands alone on its line: write %20 for a space"sv, line);
    std::string_view wrong = parse_pattern(path, own_host_, rules_.text, pattern_);
    if (!wrong.empty()) {
      if (pattern_.never || pattern_.hidden)
        return leave_out(pattern_.foreign ? std::string_view(foreign_host) : wrong, path);
      return complain(wrong, path);
    }
    if (pattern_.foreign) complain(foreign_host, path, true);
    state_ = State::inside;
    words_ = 0;
    block_ = rules_.blocks.used;
    rules_.blocks.add(
        {.pattern = pattern_.text, .fields = rules_.fields.used, .field_count = 0, .next = 0, .line = line_});
    uint32_t node = rules_.block_paths.add(rules_.text, pattern_.text);
    Trie::Node& end = rules_.block_paths.node(node);
    if (end.first == 0) {
      end.first = block_;
    } else {
      rules_.blocks[end.last].next = block_;
    }
    end.last = block_;
  }

  void end_block() {
    if (state_ != State::inside || words_ > 0) return;
    line_ = block_line_;
    complain_below("no fields below this path: indent them as `Name: value`, or remove the path"sv, {}, true);
  }

  void field(std::string_view line) {
    words_++;
    bool path = find(line, ':') == line.size() && line[0] != '!' && (line[0] == '*' || find(line, '/') < line.size());
    if (path && state_ != State::inside) return leave_out("a path begins with a slash: left out"sv, line);
    if (path)
      return complain_below("a path begins with a slash; without it, what is below is for the path above"sv, line);
    if (state_ == State::left_out) return;
    if (state_ == State::outside) return complain_below("a path must come before its fields, as in /*"sv, line);
    bool detach = line[0] == '!';
    if (detach) line = trim(drop(line, 1));
    size_t colon = detach ? line.size() : find(line, ':');
    if (!detach && colon == line.size()) return complain_below("a field is written `Name: value`"sv, line);
    std::string_view name = trim(take(line, colon));
    std::string_view value = detach ? ""sv : trim(drop(line, colon + 1));
    if (!http::all(name, http::Class::token)) {
      return complain_below(
          detach ? "behind the ! stands one field name and nothing else"sv : "this is no field name"sv, name);
    }
    if (!detach && value.empty()) {
      return complain_below("the value is missing; to remove a field write `! Name`"sv, name, true);
    }
    std::string_view wrong = judge(name, detach);
    if (!wrong.empty()) return complain_below(wrong, name);
    if (state_ == State::inside) add(name, value, detach);
  }

  // Whether the path ends with an extension without wildcards, so that the type of its files is known.
  static bool ends_with_extension(std::string_view path) {
    auto belongs = [](char c) { return is_letter(c) || is_digit(c); };
    size_t start = path.size();
    while (start > 0 && belongs(path[start - 1])) start--;
    return start > 0 && start < path.size() && path[start - 1] == '.' && find(path, '/') < start;
  }

  std::string_view judge(std::string_view name, bool detach) const {
    if (equal_ignoring_case(name, "basic-auth")) {
      return "Basic-Auth is a service of Netlify's, and no field: use --auth"sv;
    }
    switch (kind_of(name)) {
      case FieldKind::refused: return "this field is the server's own: it can neither be set nor removed"sv;
      case FieldKind::kept:
        if (!detach) return "the server knows this field's value better: it can only be removed, with `! Name`"sv;
        return {};
      case FieldKind::stored:
        if (names_files_) return {};
        return "this field is for files that are stored compressed: the path must end with their extension, as in "sv
               "/*.js.gz"sv;
      default: return {};
    }
  }

  void add(std::string_view name, std::string_view value, bool detach) {
    Block& block = rules_.blocks[block_];
    if (block.field_count == limits::rules_fields_max)
      return complain_below("more than 64 fields below one path"sv, name);
    FieldKind kind = kind_of(name);
    if (kind == FieldKind::stored) kind = FieldKind::single;
    FieldRule rule = {.name = {}, .value = {}, .kind = kind, .detach = detach};
    for (uint32_t i = block.fields; i < rules_.fields.used; i++) {
      const FieldRule& other = rules_.fields[i];
      if (!same_name(rules_.text.view(other.name), name)) continue;
      if (other.detach && !detach) continue; // `! Name` applies first, so both may stand in one block
      if (detach && !other.detach) {
        return complain_below("`! Name` removes what other paths set, before this one sets it: write it above"sv, name);
      }
      if (rule.kind == FieldKind::single) return complain_below("this field has one value only: keep one line"sv, name);
    }
    rule.name = rules_.text.add(name);
    rule.value = add_value(value, pattern_.names, rules_.text);
    rules_.fields.add(rule);
    block.field_count++;
  }

  std::string_view own_host_;
  Diagnostics& mistakes_;
  Rules& rules_;
  Pattern pattern_;
  State state_ = State::outside;
  bool names_files_ = false; // the path of this block ends with an extension
  uint32_t line_ = 0;
  uint32_t block_line_ = 0;
  uint32_t block_ = 0;
  uint32_t blocks_ = 0;
  uint32_t words_ = 0; // lines below the path, valid or not
};

} // namespace

void parse_headers(std::string_view text, std::string_view own_host, Diagnostics& mistakes, Rules& rules) {
  if (text.size() > limits::rules_text_max) {
    return mistakes.add({.file = Diagnostic::File::headers, .text = "the file is larger than 4 MiB"});
  }
  Lines lines(text);
  HeadersReader(own_host, mistakes, rules).read(lines);
}

} // namespace minhttp::rules
