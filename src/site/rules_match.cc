#include "site/rule_lines.h"
#include "site/rules.h"

namespace minhttp::site {
namespace {

struct Parameter {
  std::string_view key; // as sent
  std::string_view value;
};

// The parameters of a query, one by one: the first limits::rules_params_max.
class Parameters {
 public:
  explicit Parameters(std::string_view query) : rest_(query.empty() ? query : drop(query, 1)) {}
  bool next(Parameter& out) {
    if (rest_.empty() || seen_++ == limits::rules_params_max) return false;
    size_t end = find(rest_, '&');
    std::string_view part = take(rest_, end);
    rest_ = drop(rest_, end < rest_.size() ? end + 1 : end);
    size_t equals = find(part, '=');
    out = {.key = take(part, equals), .value = drop(part, equals < part.size() ? equals + 1 : equals)};
    return true;
  }

 private:
  std::string_view rest_;
  size_t seen_ = 0;
};

// Of FNV-1a.
constexpr uint32_t hash_start = 2166136261U;
constexpr uint32_t hash_step(uint32_t hash, char c) { return (hash ^ static_cast<unsigned char>(c)) * 16777619U; }

uint32_t hash_number(uint32_t node) {
  uint32_t hash = hash_start;
  for (int shift = 0; shift < 32; shift += 8) hash = hash_step(hash, static_cast<char>(node >> shift));
  return hash;
}

template <typename Step>
void decode(std::string_view text, const Step& step) {
  while (!text.empty()) {
    size_t used = 0;
    step(decode_query(text, used));
    text = drop(text, used);
  }
}

bool equal_decoded(std::string_view sent, std::string_view known) {
  size_t at = 0;
  bool same = true;
  decode(sent, [&](char c) {
    same = same && at < known.size() && known[at] == c;
    at++;
  });
  return same && at == known.size();
}

// The first parameter of that name; false where there is none.
bool find_parameter(std::string_view query, std::string_view key, Parameter& out) {
  Parameters parameters(query);
  while (parameters.next(out)) {
    if (equal_decoded(out.key, key)) return true;
  }
  return false;
}

// captures: null, or where values go that a condition captures.
bool holds(const Rules& rules, const RedirectRule& rule, std::string_view query, Captures* captures) {
  size_t number = captures == nullptr ? 0 : captures->path_count;
  for (uint32_t i = 0; i < rule.condition_count; i++) {
    const Condition& condition = rules.conditions[rule.conditions + i];
    Parameter found;
    if (!find_parameter(query, rules.text.view(condition.key), found)) return false;
    if (!condition.any && !equal_decoded(found.value, rules.text.view(condition.value))) return false;
    if (condition.any && captures != nullptr) captures->texts[number++] = found.value;
  }
  return true;
}

// The first of rules that begin with `number`, lie behind after, before `before`, and hold.
void first_that_holds(const Rules& rules, const ConditionSlot* slot, std::string_view query, uint32_t after,
                      uint32_t& best) {
  if (slot == nullptr) return;
  for (uint32_t rule = slot->first; rule != 0; rule = rules.redirects[rule].next) {
    if (best != 0 && rule >= best) return;
    if (rule > after && holds(rules, rules.redirects[rule], query, nullptr)) {
      best = rule;
      return;
    }
  }
}

const ConditionSlot* used_slot(const Rules& rules, uint32_t node, uint32_t hash) {
  const ConditionSlot* slot = find_conditions(rules, node, hash);
  return slot->first == 0 ? nullptr : slot;
}

void try_conditional(const Rules& rules, uint32_t node, std::string_view query, uint32_t after, uint32_t& best) {
  Parameters parameters(query);
  Parameter parameter;
  while (parameters.next(parameter)) {
    uint32_t hash = hash_number(node);
    decode(parameter.key, [&](char c) { hash = hash_step(hash, c); });
    first_that_holds(rules, used_slot(rules, node, hash), query, after, best);
    hash = hash_step(hash, '\0');
    decode(parameter.value, [&](char c) { hash = hash_step(hash, c); });
    first_that_holds(rules, used_slot(rules, node, hash), query, after, best);
  }
}

// The query without the parameters that the rule's conditions took.
std::string_view remaining_query(const Rules& rules, const RedirectRule& rule, std::string_view query,
                                 std::span<char> out) {
  if (rule.condition_count == 0 || query.empty()) return query;
  Bounded rest(out);
  std::string_view parts = drop(query, 1);
  while (!parts.empty()) {
    size_t end = find(parts, '&');
    std::string_view part = take(parts, end);
    parts = drop(parts, end < parts.size() ? end + 1 : end);
    bool taken = part.empty();
    for (uint32_t i = 0; i < rule.condition_count; i++) {
      const Condition& condition = rules.conditions[rule.conditions + i];
      taken = taken || equal_decoded(take(part, find(part, '=')), rules.text.view(condition.key));
    }
    if (taken) continue;
    rest.byte(rest.view().empty() ? '?' : '&');
    rest.text(part);
  }
  return rest.view();
}

// Whether a client that follows location asks the same question again.
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

void write_redirect(const Rules& rules, const RedirectRule& rule, const Question& question, const Subject& subject,
                    std::string_view text, Bounded& out) {
  Captures captures;
  captures.path_count = capture(rules.text.view(rule.pattern), text, subject.slash_added, captures.texts);
  holds(rules, rule, question.query, &captures);
  char rest[limits::target_max];
  std::string_view query;
  if (!rule.target.has_query) query = remaining_query(rules, rule, question.query, rest);
  write_target(out, rules.text.view(rule.target.text), captures, !rule.redirects(), query);
}

// The path that was asked for, encoded anew.
void write_same(const Question& question, Bounded& out) {
  Captures captures;
  captures.texts[0] = question.path.name;
  captures.path_count = 1;
  write_target(out, {"/\0\1", 3}, captures, true, {});
  if (question.path.directory && !question.path.name.empty()) out.byte('/');
}

} // namespace

uint32_t condition_hash(uint32_t node, std::string_view key, std::optional<std::string_view> value) {
  uint32_t hash = hash_number(node);
  for (char c : key) hash = hash_step(hash, c);
  if (!value) return hash;
  hash = hash_step(hash, '\0');
  for (char c : *value) hash = hash_step(hash, c);
  return hash;
}

const ConditionSlot* find_conditions(const Rules& rules, uint32_t node, uint32_t hash) {
  size_t all = rules.condition_slots.size();
  size_t i = hash & (all - 1);
  while (rules.condition_slots[i].first != 0 &&
         (rules.condition_slots[i].node != node || rules.condition_slots[i].hash != hash)) {
    i = (i + 1) & (all - 1);
  }
  return &rules.condition_slots[i];
}

RedirectFound find_redirect(const Rules& rules, const Subject& subject, std::string_view query, uint32_t after) {
  RedirectFound found;
  auto visit = [&](uint32_t index) {
    const Trie::Node& node = rules.redirect_paths.node(index);
    if (node.first > after && (found.rule == 0 || node.first < found.rule)) found.rule = node.first;
    if (node.last != 0) try_conditional(rules, index, query, after, found.rule);
  };
  rules.redirect_paths.find(rules.text, drop(subject.text, subject.host_size), found.visits, visit);
  if (subject.host_size > 0) rules.redirect_paths.find(rules.text, subject.text, found.visits, visit);
  return found;
}

std::optional<Redirect> match_redirect(const Rules& rules, const Question& question, std::span<char> out) {
  if (rules.redirects.used <= 1) return {};
  CHECK(question.path.status == http::Status::ok);
  char memory[subject_max];
  Subject subject = write_subject(question.host, question.path, memory);
  RedirectFound found;
  uint32_t visits = 0;
  for (int tries = 0; tries < limits::rules_tries_max; tries++) {
    found = find_redirect(rules, subject, question.query, found.rule);
    visits += found.visits;
    if (found.rule == 0) return {};
    const RedirectRule& rule = rules.redirects[found.rule];
    // A rule with a host was found by the text with the host.
    std::string_view text = subject.text;
    if (rules.text.view(rule.pattern)[0] == '/') text = drop(text, subject.host_size);
    Bounded target(out);
    if (rule.same) {
      write_same(question, target);
    } else {
      write_redirect(rules, rule, question, subject, text, target);
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

} // namespace minhttp::site
