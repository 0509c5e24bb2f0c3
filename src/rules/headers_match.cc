// SPDX-License-Identifier: MIT
#include "rules/rules.h"

namespace minhttp::rules {

// Collects the fields of all matching blocks before it writes any, because a later block can remove or replace what an
// earlier one has set.
class FieldMatch {
 public:
  FieldMatch(const Rules& rules, Fields& fields) : rules_(rules), fields_(fields) {}

  void apply(uint32_t number) {
    const Block& block = rules_.blocks[number];
    if (fields_.line_count_ < fields_.lines_.size()) fields_.lines_[fields_.line_count_++] = block.line;
    // First what the block removes, wherever it says so.
    for (uint32_t i = 0; i < block.field_count; i++) {
      const FieldRule& field = rules_.fields[block.fields + i];
      if (!field.detach) continue;
      remove(name(field));
      note(fields_.detached_, fields_.detached_count_, name(field));
    }
    for (uint32_t i = 0; i < block.field_count; i++) {
      const FieldRule& field = rules_.fields[block.fields + i];
      if (field.detach) continue;
      if (field.kind == FieldKind::single) remove(name(field));
      if (count_ == entries_.size()) {
        fields_.complete = false;
        return;
      }
      entries_[count_++] = {.field = block.fields + i, .block = number};
    }
  }

  void write(const Subject& subject, std::span<char> to) {
    Bounded out(to);
    write_lines(out, &subject);
    if (out.full()) {
      fields_.complete = false;
      Bounded bare(to); // would the fields fit without captures?
      write_lines(bare, nullptr);
      fields_.path_too_long = !bare.full();
    }
    if (fields_.complete) fields_.text = out.view();
  }

 private:
  struct Entry {
    uint32_t field;
    uint32_t block;
    bool written = false;
  };

  // subject: null: captures stay empty.
  void write_lines(Bounded& out, const Subject* subject) {
    for (size_t i = 0; i < count_; i++) entries_[i].written = false;
    for (size_t i = 0; i < count_ && !out.full(); i++) {
      const FieldRule& field = rules_.fields[entries_[i].field];
      if (entries_[i].written) continue;
      note(fields_.set_, fields_.set_count_, name(field));
      out.text(name(field));
      out.text(": ");
      cost::add(cost::Kind::fields, count_ - i);
      write_value_of(out, entries_[i], subject);
      for (size_t j = i + 1; field.kind != FieldKind::repeated && j < count_; j++) {
        if (!same_name(name(rules_.fields[entries_[j].field]), name(field))) continue;
        entries_[j].written = true;
        out.text(", ");
        write_value_of(out, entries_[j], subject);
      }
      out.text("\r\n");
    }
  }

  std::string_view name(const FieldRule& field) const { return rules_.text.view(field.name); }

  void remove(std::string_view wanted) {
    size_t kept = 0;
    cost::add(cost::Kind::fields, count_);
    for (size_t i = 0; i < count_; i++) {
      if (!same_name(name(rules_.fields[entries_[i].field]), wanted)) entries_[kept++] = entries_[i];
    }
    count_ = kept;
  }

  void note(Fields::List& list, size_t& count, std::string_view text) {
    cost::add(cost::Kind::fields, count);
    for (size_t i = 0; i < count; i++) {
      if (same_name(list[i], text)) return;
    }
    if (count == list.size()) {
      fields_.complete = false;
    } else {
      list[count++] = text;
    }
  }

  void write_value_of(Bounded& out, const Entry& entry, const Subject* subject) {
    std::string_view value = rules_.text.view(rules_.fields[entry.field].value);
    // Most values have no capture, so the path need not be matched against the pattern.
    Captures captures;
    if (subject != nullptr && find(value, mark) < value.size()) {
      std::string_view pattern = rules_.text.view(rules_.blocks[entry.block].pattern);
      std::string_view text = pattern[0] == '/' ? drop(subject->text, subject->host_size) : subject->text;
      captures.path_count = capture(pattern, text, subject->slash_added, captures.texts);
    }
    write_value(out, value, captures);
  }

  const Rules& rules_;
  Fields& fields_;
  std::array<Entry, limits::rules_fields_max> entries_;
  size_t count_ = 0;
};

namespace {

// The matching blocks, sorted by their order in the file. parse_rules() has refused files with which they could be
// more.
struct Matched {
  std::array<uint32_t, limits::rules_blocks_max> blocks;
  size_t count = 0;

  void add(uint32_t block) {
    CHECK(count < blocks.size());
    size_t at = count++;
    for (; at > 0 && blocks[at - 1] > block; at--) blocks[at] = blocks[at - 1];
    cost::add(cost::Kind::fields, count - at);
    blocks[at] = block;
  }
};

} // namespace

void match_headers(const Rules& rules, const Question& question, std::span<char> out, Fields& fields) {
  fields = {};
  if (rules.blocks.used <= 1) return;
  CHECK(question.path.status == http::Status::ok);
  char memory[subject_max];
  Subject subject = write_subject(question.host, question.path, memory);
  FieldMatch match(rules, fields);
  Matched matched;
  auto visit = [&](uint32_t index) {
    for (uint32_t block = rules.block_paths.node(index).first; block != 0; block = rules.blocks[block].next) {
      matched.add(block);
    }
  };
  rules.block_paths.find(rules.text, drop(subject.text, subject.host_size), 0, fields.visits, visit);
  if (subject.host_size > 0) rules.block_paths.find(rules.text, subject.text, subject.host_size, fields.visits, visit);
  for (size_t i = 0; i < matched.count && fields.complete; i++) match.apply(matched.blocks[i]);
  match.write(subject, out);
}

} // namespace minhttp::rules
