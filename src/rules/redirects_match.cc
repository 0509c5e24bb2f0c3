// SPDX-License-Identifier: MIT
#include "rules/lines.h"
#include "rules/query.h"
#include "rules/rules.h"

namespace minhttp::rules {
namespace {

// captures: receives the values that conditions capture; may be null.
bool holds(const Rules& rules, const RedirectRule& rule, Query& query, Captures* captures) {
  size_t number = captures == nullptr ? 0 : captures->path_count;
  for (uint32_t i = 0; i < rule.condition_count; i++) {
    const Condition& condition = rules.conditions[rule.conditions + i];
    const Parameter* found = query.find(condition.name);
    if (found == nullptr || (condition.value != 0 && condition.value != found->value)) return false;
    if (condition.value == 0 && captures != nullptr) captures->texts[number++] = found->sent;
  }
  return true;
}

// Updates best to the first rule of a group that is after `after`, before `best`, and whose conditions hold.
void first_that_holds(const Rules& rules, uint32_t group, Query& query, uint32_t after, uint32_t& best) {
  for (uint32_t rule = rules.groups[group].first; rule != 0; rule = rules.redirects[rule].next) {
    cost::add(cost::Kind::rules);
    if (best != 0 && rule >= best) return;
    if (rule > after && holds(rules, rules.redirects[rule], query, nullptr)) {
      best = rule;
      return;
    }
  }
}

void try_conditional(const Rules& rules, uint32_t node, Query& query, uint32_t after, uint32_t& best) {
  for (const Parameter& parameter : query.known()) {
    Condition condition = {.name = parameter.name, .value = 0};
    first_that_holds(rules, find_group(rules, node, condition), query, after, best);
    condition.value = parameter.value;
    if (condition.value != 0) first_that_holds(rules, find_group(rules, node, condition), query, after, best);
  }
}

// The query without the parameters that the rule's conditions consumed.
std::string_view remaining_query(const Rules& rules, const RedirectRule& rule, std::string_view query,
                                 std::span<char> out) {
  if (rule.condition_count == 0 || query.empty()) return query;
  Bounded rest(out);
  std::string_view parts = drop(query, 1);
  while (!parts.empty()) {
    std::string_view part = take_until(parts, '&');
    bool taken = part.empty();
    for (uint32_t i = 0; i < rule.condition_count; i++) {
      const Condition& condition = rules.conditions[rule.conditions + i];
      taken = taken || equal_decoded(take(part, find(part, '=')), rules.text.view(rules.terms[condition.name].text));
    }
    if (taken) continue;
    rest.byte(rest.view().empty() ? '?' : '&');
    rest.text(part);
  }
  return rest.view();
}

// Whether a client that follows location would ask the same question again.
bool leads_back(std::string_view location, bool absolute, const Question& question, const Subject& subject) {
  if (absolute) {
    location = drop(location, find(location, '/') + 2);
    size_t host_end = find(location, '/');
    std::string_view host = take(location, host_end);
    host = take(host, find(host, ':'));
    if (subject.host_size == 0 || !equal_ignoring_case(host, take(subject.text, subject.host_size))) return false;
    location = drop(location, host_end);
  }
  location = take(location, find(location, '#'));
  size_t path = find(location, '?');
  if (!equal(drop(location, path), question.query)) return false;
  char decoded[limits::target_max];
  if (path > sizeof decoded) return false;
  http::Path same = http::decode_path(take(location, path), decoded);
  return same.status == http::Status::ok && equal(same.name, question.path.name) &&
         same.directory == question.path.directory;
}

void write_redirect(const Rules& rules, const RedirectRule& rule, const Subject& subject, std::string_view text,
                    std::string_view sent, Query& asked, Bounded& out) {
  Captures captures;
  captures.path_count = capture(rules.text.view(rule.pattern), text, subject.slash_added, captures.texts);
  holds(rules, rule, asked, &captures);
  char rest[limits::target_max];
  std::string_view query;
  if (!rule.target.has_query) query = remaining_query(rules, rule, sent, rest);
  write_target(out, rules.text.view(rule.target.text), captures, !rule.redirects(), query);
}

// Writes the requested path, encoded anew.
void write_same(const Question& question, Bounded& out) {
  Captures captures;
  captures.texts[0] = question.path.name;
  captures.path_count = 1;
  write_target(out, {"/\0\1", 3}, captures, true, {});
  if (question.path.directory && !question.path.name.empty()) out.byte('/');
}

} // namespace

RedirectFound find_redirect(const Rules& rules, const Subject& subject, Query& query, uint32_t after) {
  RedirectFound found;
  auto visit = [&](uint32_t index) {
    const Trie::Node& node = rules.redirect_paths.node(index);
    if (node.first > after && (found.rule == 0 || node.first < found.rule)) found.rule = node.first;
    if (node.last != 0) try_conditional(rules, index, query, after, found.rule);
  };
  rules.redirect_paths.find(rules.text, drop(subject.text, subject.host_size), 0, found.visits, visit);
  if (subject.host_size > 0)
    rules.redirect_paths.find(rules.text, subject.text, subject.host_size, found.visits, visit);
  return found;
}

std::optional<Redirect> match_redirect(const Rules& rules, const Question& question, std::span<char> out) {
  if (rules.redirects.used <= 1) return {};
  CHECK(question.path.status == http::Status::ok);
  char memory[subject_max];
  Subject subject = write_subject(question.host, question.path, memory);
  Query query(rules, question.query);
  RedirectFound found;
  uint32_t visits = 0;
  for (int tries = 0; tries < limits::rules_tries_max; tries++) {
    found = find_redirect(rules, subject, query, found.rule);
    visits += found.visits;
    if (found.rule == 0) return {};
    const RedirectRule& rule = rules.redirects[found.rule];
    // Only a rule with a host was compared with the host.
    std::string_view text = subject.text;
    if (rules.text.view(rule.pattern)[0] == '/') text = drop(text, subject.host_size);
    Bounded target(out);
    if (rule.same) {
      write_same(question, target);
    } else {
      write_redirect(rules, rule, subject, text, question.query, query, target);
    }
    Redirect redirect = {
        .status = rule.status, .force = rule.force, .target = target.view(), .line = rule.line, .visits = visits};
    if (target.full()) {
      redirect.status = http::Status::uri_too_long;
      redirect.target = {};
      return redirect;
    }
    if (!rule.redirects() || !leads_back(redirect.target, rule.target.absolute, question, subject)) {
      return redirect;
    }
  }
  return {};
}

} // namespace minhttp::rules
