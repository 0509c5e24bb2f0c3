// SPDX-License-Identifier: MIT
#include "http/path.h"
#include "rules/lines.h"

namespace minhttp::rules {

void find_cycles(Diagnostics& mistakes, Rules& rules) {
  char memory[subject_max];
  char decoded[3 * limits::rules_line_max];
  // The rule that applies to this rule's target; 0 if none does, or if it depends on the request.
  auto next = [&](uint32_t index) -> uint32_t {
    const RedirectRule& rule = rules.redirects[index];
    bool plain = find(rules.text.view(rule.pattern), mark) == rule.pattern.size && rule.condition_count == 0;
    if (!plain || rule.target.absolute || rule.target.captures || rule.same) return 0;
    std::string_view target = rules.text.view(rule.target.text);
    target = take(target, find(target, '#'));
    size_t path = find(target, '?');
    http::Path where = http::decode_path(take(target, path), decoded);
    if (where.status != http::Status::ok || where.name.size() > limits::target_max) return 0;
    std::string_view pattern = rules.text.view(rule.pattern);
    Subject subject = write_subject(take(pattern, find(pattern, '/')), where, memory);
    Query query(rules, drop(target, path));
    uint32_t found = find_redirect(rules, subject, query, 0).rule;
    return found != 0 && rules.redirects[found].redirects() == rule.redirects() ? found : 0;
  };
  // Each rule leads to at most one other rule. So a walk that meets its own trace has found a cycle, and no rule need
  // be visited twice. A rule that leads to itself only adds or removes the slash at the end.
  for (uint32_t start = 1; start < rules.redirects.used; start++) {
    uint32_t at = start;
    uint32_t before = 0;
    while (at != 0 && rules.redirects[at].seen == 0) {
      rules.redirects[at].seen = start;
      before = at;
      at = next(at);
    }
    if (at == 0 || rules.redirects[at].seen != start || at == before) continue;
    mistakes.add({.line = rules.redirects[at].line,
                  .other = rules.redirects[before].line,
                  .text = "rules that lead in a circle: change the target of one"sv,
                  .word = {}});
  }
}

} // namespace minhttp::rules
