// SPDX-License-Identifier: MIT
#include "sim/log_lines.h"

#include <algorithm>
#include <cstdio>

namespace minhttp::sim {

std::string address_of(int client) {
  char text[24];
  snprintf(text, sizeof text, "10.0.%d.%d", client / 200, client % 200 + 1);
  return text;
}

namespace {

// Appends the statuses of the client's lines. What is wrong with the log; empty: nothing.
std::string read_log(const std::string& log, int client, std::vector<std::string>& statuses) {
  bool first = true;
  std::string own = address_of(client) + " - ";
  for (size_t at = 0; at < log.size();) {
    size_t end = log.find('\n', at);
    if (end == log.npos) return "the log ends within a line";
    std::string line = log.substr(at, end - at);
    at = end + 1;
    if (first) { // it follows the message at start, or a part of it
      line.erase(0, std::min(line.find("10.0."), line.size()));
      first = false;
      if (line.empty()) continue;
    }
    size_t quote = line.rfind("\" ");
    if (quote == line.npos || line.find("] \"") == line.npos) return "the log has the line '" + line + "'";
    if (line.starts_with(own)) statuses.push_back(line.substr(quote + 2, 3));
  }
  return {};
}

} // namespace

std::string judge_log(const std::string& log, int client, const std::vector<std::string>& answers) {
  if (log.find("log lines dropped") != log.npos) return {};
  std::vector<std::string> statuses;
  std::string fault = read_log(log, client, statuses);
  if (!fault.empty()) return fault;
  // The log may have more lines: for responses that did not reach the client.
  size_t next = 0;
  for (const std::string& answer : answers) {
    std::string status = answer.substr(9, 3);
    if (status == "503") continue; // may be sent without a slot, and without a log line
    while (next < statuses.size() && statuses[next] == "503") next++;
    if (next == statuses.size() || statuses[next] != status) {
      return "the log lacks an answer of " + address_of(client) + " with status " + status;
    }
    next++;
  }
  return {};
}

std::string judge_log_of_streams(const std::string& log, int client, const std::vector<std::string>& statuses) {
  if (log.find("log lines dropped") != log.npos) return {};
  std::vector<std::string> logged;
  std::string fault = read_log(log, client, logged);
  if (!fault.empty()) return fault;
  for (const std::string& status : statuses) {
    auto found = std::find(logged.begin(), logged.end(), status);
    if (found == logged.end()) return "the log lacks an answer of " + address_of(client) + " with status " + status;
    logged.erase(found);
  }
  return {};
}

} // namespace minhttp::sim
