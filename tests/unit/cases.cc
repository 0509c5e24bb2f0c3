// SPDX-License-Identifier: MIT
#include "unit/cases.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace minhttp::test {
namespace {

// Every character of the file's requests is one byte, U+0000 to U+00FF.
std::string to_latin1(const std::string& utf8) {
  std::string bytes;
  for (size_t i = 0; i < utf8.size(); i++) {
    auto lead = static_cast<unsigned char>(utf8[i]);
    if (lead >= 0x80) {
      if ((lead & 0xfc) != 0xc0) throw std::runtime_error("a character above U+00FF");
      lead = static_cast<unsigned char>(lead << 6 | (static_cast<unsigned char>(utf8[++i]) & 0x3f));
    }
    bytes.push_back(static_cast<char>(lead));
  }
  return bytes;
}

// «X*N» is X repeated N times, innermost first.
std::string expand(std::string text) {
  constexpr char opens = '\xab';
  constexpr char closes = '\xbb';
  for (size_t end = text.find(closes); end != text.npos; end = text.find(closes)) {
    size_t begin = text.rfind(opens, end);
    size_t star = text.rfind('*', end);
    if (begin == text.npos || star == text.npos || star < begin) break;
    std::string piece = text.substr(begin + 1, star - begin - 1);
    std::string all;
    for (auto count = std::stoul(text.substr(star + 1, end - star - 1)); count > 0; count--) all += piece;
    text = text.substr(0, begin) + all + text.substr(end + 1);
  }
  return text;
}

std::string bytes_of(const nlohmann::json& request) {
  std::string text = expand(to_latin1(request.get<std::string>()));
  const std::pair<std::string, std::string> names[] = {{"{{H}}", "127.0.0.1:8080"},
                                                       {"{{ETAG}}", "\"cBsvwT1GzReNkMePdgk8MA\""},
                                                       {"{{LM}}", "Tue, 02 Jan 2024 03:04:05 GMT"}};
  for (const auto& [name, value] : names) {
    for (size_t at = text.find(name); at != text.npos; at = text.find(name, at)) text.replace(at, name.size(), value);
  }
  return text;
}

Case read_case(const nlohmann::json& line) {
  Case result;
  result.id = line["id"];
  result.group = line["group"];
  result.connection = line["expect"]["conn"];
  for (int status : line["expect"]["status"]) result.statuses.push_back(status);
  if (!line.contains("steps")) {
    result.request = bytes_of(line["request"]);
    return result;
  }
  for (const auto& step : line["steps"]) {
    int count = step.value("repeat", 1);
    std::string send = step.contains("send") ? bytes_of(step["send"]) : "";
    while (count-- > 0) result.request += send;
    if (step.value("half_close", false)) result.half_close = true;
    if (step.value("rst", false)) result.resets = true;
  }
  return result;
}

std::vector<Case> read_cases() {
  std::vector<Case> all;
  std::ifstream file(MINHTTP_CASES);
  for (std::string line; std::getline(file, line);) all.push_back(read_case(nlohmann::json::parse(line)));
  if (all.empty()) throw std::runtime_error("no cases in " MINHTTP_CASES);
  return all;
}

} // namespace

const std::vector<Case>& cases() {
  static const std::vector<Case> all = read_cases();
  return all;
}

} // namespace minhttp::test
