// SPDX-License-Identifier: MIT
#include "pack/figures.h"

#include <algorithm>
#include <cstdio>

#include "pack/report.h"

namespace minhttp::packer {
namespace {

std::string padded(std::string text, size_t width) {
  if (text.size() < width) text.insert(0, width - text.size(), ' ');
  return text;
}

} // namespace

std::string in_units(uint64_t bytes) {
  if (bytes < 1000) return std::to_string(bytes) + " B";
  auto value = static_cast<double>(bytes);
  const char* units[] = {"kB", "MB", "GB", "TB"};
  size_t unit = 0;
  for (value /= 1000; value >= 999.5 && unit < 3; value /= 1000) unit++;
  char text[32];
  (void)std::snprintf(text, sizeof text,
                      value < 9.995   ? "%.2f %s"
                      : value < 99.95 ? "%.1f %s"
                                      : "%.0f %s",
                      value, units[unit]);
  return text;
}

std::string with_commas(uint64_t number) {
  std::string text = std::to_string(number);
  for (size_t i = text.size(); i > 3;) text.insert(i -= 3, ",");
  return text;
}

std::string counted(uint64_t number, const char* one, const char* many) {
  return with_commas(number) + " " + (number == 1 ? one : many);
}

void Figures::add(const Content& content, const Encoded& encoded) {
  auto& sizes = sizes_.emplace_back();
  unique_ += content.size;
  for (size_t c = 1; c < http::coding_count; c++) sizes[c] = encoded.bodies[c].size();
}

void Figures::close(const Tree& tree, const Contents& contents) {
  equal_ = tree.files.size() - contents.all.size();
  for (size_t i = 0; i < tree.files.size(); i++) {
    const TreeFile& file = tree.files[i];
    bytes_ += file.size;
    if (file.rules) continue;
    bool any = false;
    for (size_t c = 1; c < http::coding_count; c++) {
      size_t sibling = contents.siblings[i][c];
      uint64_t made = contents.compressible[i] ? sizes_[contents.of_file[i]][c] : 0;
      uint64_t after = sibling == no_content ? made : tree.files[sibling].size;
      if (after == 0) continue;
      any = true;
      of_[c].files++;
      of_[c].siblings += sibling == no_content ? 0 : 1;
      of_[c].before += file.size;
      of_[c].after += after;
    }
    if (!contents.compressible[i]) {
      not_compressed_++;
    } else if (!any) {
      not_saved_++;
    }
  }
}

std::string Figures::line_of(http::Coding coding) const {
  const OfCoding& of = of_[static_cast<size_t>(coding)];
  if (of.files == 0) return {};
  std::string name(http::coding_token(coding));
  std::string line = "  " + name + std::string(12 - name.size(), ' ') + padded(with_commas(of.files), 9) + "  " +
                     padded(in_units(of.before), 8) + " -> " + padded(in_units(of.after), 8);
  if (of.before > 0) line += padded(std::to_string(of.after * 100 / of.before), 4) + " %";
  if (of.siblings > 0) line += ", " + with_commas(of.siblings) + " of them were there";
  return line + "\n";
}

std::string Figures::text(const Tree& tree, size_t unchecked, double seconds) const {
  std::string text = "  files       " + padded(with_commas(tree.files.size()), 9) + "  " + padded(in_units(bytes_), 8);
  text += " in " + counted(tree.directories.size(), "directory", "directories");
  if (equal_ > 0) text += ", " + with_commas(equal_) + " equal to another: " + in_units(unique_) + " without them";
  text += "\n";
  for (size_t c = 1; c < http::coding_count; c++) text += line_of(static_cast<http::Coding>(c));
  if (not_saved_ + not_compressed_ > 0) {
    text += "  as they are " + padded(with_commas(not_saved_ + not_compressed_), 9) + "  ";
    text += with_commas(not_compressed_) + " are no text, " + with_commas(not_saved_) + " would not become smaller\n";
  }
  std::vector<const TreeFile*> biggest;
  for (const TreeFile& file : tree.files) biggest.push_back(&file);
  size_t shown = std::min(biggest.size(), biggest_shown);
  std::partial_sort(biggest.begin(), biggest.begin() + static_cast<ptrdiff_t>(shown), biggest.end(),
                    [](auto* a, auto* b) { return a->size != b->size ? a->size > b->size : a->name < b->name; });
  for (size_t i = 0; i < shown; i++) {
    text += (i == 0 ? "  biggest     " : "              ") + padded(in_units(biggest[i]->size), 9) + "  " +
            printable(biggest[i]->name) + "\n";
  }
  if (tree.dotfiles > 0) {
    text += "  left out    " + padded(with_commas(tree.dotfiles), 9) + "  hidden: their names begin with a dot\n";
  }
  if (tree.rule_copies > 0) {
    text += "  left out    " + padded(with_commas(tree.rule_copies), 9) + "  copies of _headers or _redirects\n";
  }
  if (unchecked > 0) text += "  not checked " + padded(with_commas(unchecked), 9) + "  for links: see the warnings\n";
  char took[32];
  (void)std::snprintf(took, sizeof took, "%.1f", seconds);
  return text + "  took        " + padded(took, 9) + "  seconds\n";
}

} // namespace minhttp::packer
