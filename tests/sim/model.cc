// SPDX-License-Identifier: MIT
#include "sim/model.h"

#include <algorithm>
#include <cstdlib>
#include <map>

namespace minhttp::sim {
namespace {

// Targets that lead to a file, without a rule or an error.
const std::map<std::string, std::string> file_of = {{"/", "index.html"},
                                                    {"/tiny.txt", "tiny.txt"},
                                                    {"/small.txt", "small.txt"},
                                                    {"/page", "page.html"},
                                                    {"/mid.bin", "mid.bin"},
                                                    {"/big.bin", "big.bin"},
                                                    {"/link.txt", "tiny.txt"},
                                                    {"/dir/", "dir/index.html"},
                                                    {"/empty.txt", "empty.txt"},
                                                    {"/replaced.txt", "replaced.txt"},
                                                    {"/shrinks.bin", "shrinks.bin"},
                                                    {"/vanishes.txt", "vanishes.txt"}};

struct Part {
  size_t first = 0;
  size_t last = 0;
};

std::string content_range(const Part& part, size_t size) {
  return "Content-Range: bytes " + std::to_string(part.first) + "-" + std::to_string(part.last) + "/" +
         std::to_string(size) + "\r\n";
}

std::string field(const std::string& head, const std::string& name) {
  size_t at = head.find("\r\n" + name + ": ");
  if (at == head.npos) return {};
  at += name.size() + 4;
  return head.substr(at, head.find("\r\n", at) - at);
}

std::vector<std::string> requests_of(const std::string& bytes) {
  std::vector<std::string> all;
  for (size_t at = 0; at < bytes.size();) {
    size_t end = bytes.find("\r\n\r\n", at) + 4;
    all.push_back(bytes.substr(at, end - at));
    at = end + static_cast<size_t>(atoi(field(all.back(), "Content-Length").c_str()));
  }
  return all;
}

// The minimum size of a boundary with its dashes and line ends, a Content-Type and a Content-Range.
constexpr size_t part_frame_least = 90;

// RFC 9110 section 14.1.2, for the two forms that scripts use: "first-last", and three parts.
std::vector<Part> parts_of(const std::string& range, size_t size) {
  if (size == 0) return {};
  if (range == "bytes=0-4,10-19,-5") {
    Part last = {.first = size - 5, .last = size - 1};
    if (last.first <= 20)
      return {{.first = 0, .last = 4}, {.first = std::min<size_t>(10, last.first), .last = last.last}};
    return {{.first = 0, .last = 4}, {.first = 10, .last = 19}, last};
  }
  size_t first = strtoul(range.c_str() + range.find('=') + 1, nullptr, 10);
  size_t last = strtoul(range.c_str() + range.find('-') + 1, nullptr, 10);
  if (first >= size) return {};
  return {{.first = first, .last = std::min(last, size - 1)}};
}

bool is_good(const std::string& request, const std::string& answer, const Files& site, const std::string& file) {
  size_t end = answer.find("\r\n\r\n") + 4;
  std::string head = answer.substr(0, end);
  std::string body = answer.substr(end);
  auto says = [&](const char* status) { return head.compare(9, 3, status) == 0; };
  bool is_head = request.compare(0, 5, "HEAD ") == 0;
  if (request.find("If-") != request.npos) return says("304") && body.empty();
  bool compressed = file == "page.html" && request.find("gzip") != request.npos;
  if ((field(head, "Content-Encoding") == "gzip") != compressed) return false;
  const std::string& content = site.at("/site/" + file + (compressed ? ".gz" : ""))->content;
  std::string range = field(request, "Range");
  // RFC 9110 section 14.2: Range may be ignored if its parts would take more bytes than the file.
  std::vector<Part> parts = range.empty() ? std::vector<Part>() : parts_of(range, content.size());
  size_t sent = 0;
  for (const Part& part : parts) sent += part.last - part.first + 1;
  bool larger = parts.size() > 1 && sent + parts.size() * part_frame_least > content.size();
  if (range.empty() || is_head || content.empty() || (larger && says("200"))) {
    return says("200") && field(head, "Content-Length") == std::to_string(content.size()) &&
           body == (is_head ? "" : content);
  }
  if (parts.empty()) return says("416") && field(head, "Content-Range") == "bytes */" + std::to_string(content.size());
  if (!says("206") || field(head, "Content-Length") != std::to_string(body.size())) return false;
  auto piece = [&](const Part& part) { return content.substr(part.first, part.last - part.first + 1); };
  if (parts.size() == 1)
    return body == piece(parts[0]) && head.find(content_range(parts[0], content.size())) != head.npos;
  size_t at = 0;
  for (const Part& part : parts) {
    at = body.find(content_range(part, content.size()) + "\r\n" + piece(part) + "\r\n--", at);
    if (at == body.npos) return false;
  }
  return true;
}

} // namespace

std::string disagrees(const Script& script, const std::vector<std::string>& answers, const Files& site) {
  std::vector<std::string> requests = requests_of(script.bytes);
  // A refused target closes the connection.
  bool ends = !answers.empty() && field(answers.back(), "Connection") == "close";
  if (!ends || answers.size() > requests.size()) return "not each request has an answer";
  for (size_t i = 0; i < answers.size(); i++) {
    size_t begin = requests[i].find(' ') + 1;
    std::string target = requests[i].substr(begin, requests[i].find(' ', begin) - begin);
    auto file = file_of.find(target);
    if (file == file_of.end()) continue;
    if (!is_good(requests[i], answers[i], site, file->second)) {
      return "'" + requests[i].substr(0, 200) + "' has the answer '" + answers[i].substr(0, 300) + "'";
    }
  }
  return {};
}

} // namespace minhttp::sim
