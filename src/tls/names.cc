// SPDX-License-Identifier: MIT
#include "tls/names.h"

#include "base/bytes.h"

namespace minhttp::tls {
namespace {

using Text = std::string_view;

// FNV-1a: all entries are looked at anyway; this only spares comparing most of them.
uint32_t hash_of(Text text) {
  uint32_t hash = 0x811c9dc5;
  for (char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x01000193;
  return hash;
}

bool is_host(Text name) {
  if (name.empty() || name.size() > limits::tls_name_max || name.front() == '.' || name.back() == '.') return false;
  for (char c : name) {
    bool allowed = is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
    if (!allowed) return false;
  }
  return true;
}

uint32_t number_at(Text text, size_t at) {
  return static_cast<uint32_t>(static_cast<uint8_t>(text[at]) << 8 | static_cast<uint8_t>(text[at + 1]));
}

} // namespace

bool Names::add(Text name, uint32_t certificate) {
  bool wild = starts_with(name, "*.");
  if (!is_host(wild ? drop(name, 2) : name)) return false;
  if (count_ == limits::tls_names || limits::tls_names_bytes - used_ < name.size()) return false;
  char* to = text_ + used_;
  for (size_t i = 0; i < name.size(); i++) to[i] = to_lower(name[i]);
  entries_[count_++] = {.hash = hash_of({to, name.size()}),
                        .begin = used_,
                        .bytes = static_cast<uint16_t>(name.size()),
                        .certificate = static_cast<uint16_t>(certificate)};
  used_ += static_cast<uint32_t>(name.size());
  return true;
}

std::optional<uint32_t> Names::look_up(Text lower) const {
  uint32_t hash = hash_of(lower);
  for (uint32_t i = 0; i < count_; i++) {
    if (entries_[i].hash == hash && equal(text_of(entries_[i]), lower)) return entries_[i].certificate;
  }
  return {};
}

std::optional<uint32_t> Names::find(Text host) const {
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  if (!is_host(host)) return {};
  char lower[limits::tls_name_max + 1];
  for (size_t i = 0; i < host.size(); i++) lower[i + 1] = to_lower(host[i]);
  if (auto exact = look_up({lower + 1, host.size()})) return exact;
  size_t label = minhttp::find({lower + 1, host.size()}, '.');
  if (label == host.size()) return {};
  lower[label] = '*'; // in place of the label's last letter
  return look_up({lower + label, host.size() + 1 - label});
}

bool Names::covers(uint32_t other, uint32_t certificate) const {
  bool any = false;
  for (uint32_t i = 0; i < count_; i++) {
    if (entries_[i].certificate != certificate) continue;
    any = true;
    bool has = false;
    for (uint32_t j = 0; j < count_ && !has; j++) {
      has = entries_[j].certificate == other && equal(text_of(entries_[j]), text_of(entries_[i]));
    }
    if (!has) return false;
  }
  return any;
}

Text server_name(Text extension) {
  constexpr size_t head = 5; // of the list, its size; of its first entry, type and size
  if (extension.size() < head || number_at(extension, 0) != extension.size() - 2 || extension[2] != 0) return {};
  size_t bytes = number_at(extension, 3);
  return bytes <= extension.size() - head ? Text(extension.data() + head, bytes) : Text();
}

} // namespace minhttp::tls
