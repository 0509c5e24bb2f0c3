// SPDX-License-Identifier: MIT
#include "rules/query.h"

#include "rules/lines.h"

namespace minhttp::rules {

void Query::add(const Parameter& parameter) {
  size_t at = count_;
  while (at > 0 && known_[at - 1].name > parameter.name) at--;
  cost::add(cost::Kind::probes, count_ - at + 1);
  if (at > 0 && known_[at - 1].name == parameter.name) return;
  for (size_t i = count_; i > at; i--) known_[i] = known_[i - 1];
  known_[at] = parameter;
  count_++;
}

void Query::read() {
  read_ = true;
  std::string_view rest = text_.empty() ? text_ : drop(text_, 1);
  for (size_t seen = 0; !rest.empty() && seen < limits::rules_params_max; seen++) {
    std::string_view value = take_until(rest, '&');
    uint32_t name = find_term(rules_, 0, take_until(value, '='));
    if (name == 0) continue;
    add({.name = name, .value = find_term(rules_, name, value), .sent = value});
  }
}

std::span<const Parameter> Query::known() {
  if (!read_) read();
  return {known_.data(), count_};
}

const Parameter* Query::find(uint32_t name) {
  std::span<const Parameter> all = known();
  size_t low = 0;
  size_t high = all.size();
  while (low < high) {
    cost::add(cost::Kind::probes);
    size_t middle = (low + high) / 2;
    if (all[middle].name < name) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < all.size() && all[low].name == name ? &all[low] : nullptr;
}

} // namespace minhttp::rules
