// SPDX-License-Identifier: MIT
#include "acme/renewal.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "acme/limits.h"
#include "acme/report.h"

namespace minhttp::acme {
namespace {

using Json = nlohmann::json;

constexpr int64_t due_share = 3; // of a life: the last third is for renewing
// The last sixth, in which the authority's window does not count any more: it may have been forgotten.
constexpr int64_t latest_share = 6;

// Members of a JSON object that must have a type; once one has not, good is false.
class Members {
 public:
  explicit Members(const Json& object) : object_(object) {}
  void text(const char* name, std::string& to) {
    if (const Json* found = find(name, [](const Json& one) { return one.is_string(); })) to = found->get<std::string>();
  }
  void number(const char* name, int64_t& to) {
    auto is_time = [](const Json& one) {
      return one.is_number_integer() && one >= 0 && one < INT32_MAX * int64_t{100};
    };
    if (const Json* found = find(name, is_time)) to = found->get<int64_t>();
  }
  void flag(const char* name, bool& to) {
    if (const Json* found = find(name, [](const Json& one) { return one.is_boolean(); })) to = found->get<bool>();
  }
  bool good() const { return good_; }

 private:
  template <typename Is>
  const Json* find(const char* name, const Is& is) {
    auto found = object_.find(name);
    good_ = good_ && found != object_.end() && is(*found);
    return good_ ? &*found : nullptr;
  }
  const Json& object_;
  bool good_ = true;
};

int64_t share_s(const Validity& validity, int64_t of) { return (validity.ends_s - validity.begins_s) / of; }

} // namespace

std::string write_renewal(const Renewal& renewal) {
  const Window& window = renewal.window;
  Json json = {{"directory", renewal.directory},
               {"failures", renewal.failures},
               {"failed", renewal.failed_s},
               {"until", renewal.until_s},
               {"ordered", renewal.told_to_wait},
               {"failed_directory", renewal.failed_directory},
               {"reason", renewal.reason},
               {"window",
                {{"id", window.id},
                 {"start", window.start_s},
                 {"end", window.end_s},
                 {"chosen", window.chosen_s},
                 {"asked", window.asked_s},
                 {"next", window.next_s}}}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::optional<Renewal> parse_renewal(std::string_view text) {
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("window") || !json["window"].is_object()) return {};
  Renewal renewal;
  Members members(json);
  members.text("directory", renewal.directory);
  members.number("failures", renewal.failures);
  members.number("failed", renewal.failed_s);
  members.number("until", renewal.until_s);
  members.flag("ordered", renewal.told_to_wait);
  // Earlier versions did not write it.
  if (json.contains("failed_directory")) members.text("failed_directory", renewal.failed_directory);
  members.text("reason", renewal.reason);
  Window& window = renewal.window;
  Members of_window(json["window"]);
  of_window.text("id", window.id);
  of_window.number("start", window.start_s);
  of_window.number("end", window.end_s);
  of_window.number("chosen", window.chosen_s);
  of_window.number("asked", window.asked_s);
  of_window.number("next", window.next_s);
  if (!members.good() || !of_window.good()) return {};
  return renewal;
}

int64_t renewed_from_s(const Validity& validity, const Window& window, int64_t within_s) {
  int64_t earliest_s = validity.begins_s + share_s(validity, due_share);
  if (within_s > 0) return std::max(validity.ends_s - within_s, earliest_s);
  int64_t due_s = validity.ends_s - share_s(validity, due_share);
  if (window.known()) due_s = std::min(window.chosen_s, validity.ends_s - share_s(validity, latest_share));
  // A third of a day is less than the time between two runs.
  return std::min(due_s, std::max(validity.ends_s - limits::due_least_s, earliest_s));
}

std::string why_now(const Validity& validity, const Window& window, int64_t within_s, int64_t now_s) {
  if (now_s >= validity.ends_s) return "it has expired on " + utc(validity.ends_s);
  if (now_s < renewed_from_s(validity, window, within_s)) return {};
  if (within_s == 0 && window.known() && now_s >= window.chosen_s) return "the authority suggests it";
  return "it ends on " + utc(validity.ends_s);
}

bool is_asked_for(const Window& window, std::string_view id, int64_t now_s) {
  if (id.empty()) return false;
  return window.id != id || now_s >= window.next_s || now_s < window.asked_s;
}

bool is_usable(int64_t start_s, int64_t end_s, const Validity& validity) {
  return start_s > 0 && start_s <= end_s && end_s <= validity.ends_s;
}

int64_t waits_until_s(const Renewal& renewal, std::string_view directory, int64_t now_s) {
  bool same = renewal.failed_directory.empty() || renewal.failed_directory == directory;
  bool counts = same && renewal.failures > 0 && now_s >= renewal.failed_s && now_s < renewal.until_s;
  return counts ? renewal.until_s : 0;
}

void note_failure(Renewal& renewal, const Attempt& failed) {
  if (renewal.failed_directory != failed.directory) renewal.failures = 0;
  int64_t wait_s = limits::backoff_first_s;
  for (int64_t i = 0; i < renewal.failures && wait_s < limits::backoff_most_s; i++) wait_s *= 2;
  wait_s = std::min(wait_s, limits::backoff_most_s);
  renewal.told_to_wait = failed.told_s.has_value();
  if (failed.told_s) wait_s = std::clamp(*failed.told_s, limits::backoff_first_s, limits::wait_most_s);
  // The certificate shall not end while nobody asks for the next one.
  int64_t left_s = failed.ends_s - failed.now_s;
  if (left_s > 0) wait_s = std::min(wait_s, std::max(limits::backoff_first_s, left_s / 2));
  renewal.failures++;
  renewal.failed_directory = failed.directory;
  renewal.failed_s = failed.now_s;
  renewal.until_s = failed.now_s + wait_s;
  renewal.reason = failed.reason;
}

void note_success(Renewal& renewal) {
  renewal.failures = renewal.failed_s = renewal.until_s = 0;
  renewal.failed_directory.clear();
  renewal.told_to_wait = false;
  renewal.reason.clear();
}

} // namespace minhttp::acme
