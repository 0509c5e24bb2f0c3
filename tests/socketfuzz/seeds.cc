// SPDX-License-Identifier: MIT
#include "seeds.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

#include "unit/cases.h"

namespace minhttp::socketfuzz {
namespace {

using sim::Random;

// Words of the protocol, and of the site that the server has.
constexpr std::array<std::string_view, 64> words = {"\r\n",
                                                    "\n",
                                                    "\r",
                                                    "\r\n\r\n",
                                                    " ",
                                                    "\t",
                                                    ":",
                                                    ",",
                                                    ";",
                                                    "=",
                                                    "\"",
                                                    "%2e",
                                                    "%2f",
                                                    "%00",
                                                    "..",
                                                    "/",
                                                    "GET ",
                                                    "HEAD ",
                                                    "POST ",
                                                    "OPTIONS ",
                                                    "* HTTP/1.1\r\n",
                                                    " HTTP/1.0",
                                                    " HTTP/1.1",
                                                    " HTTP/2.0",
                                                    "Host: x\r\n",
                                                    "Host: one.example\r\n",
                                                    "Connection: close\r\n",
                                                    "Connection: keep-alive\r\n",
                                                    "Content-Length: 5\r\n",
                                                    "Content-Length: 18446744073709551615\r\n",
                                                    "Transfer-Encoding: chunked\r\n",
                                                    "0\r\n\r\n",
                                                    "5\r\nhello\r\n",
                                                    "ffffffffffffffff\r\n",
                                                    ";ext=\"a\"\r\n",
                                                    "Expect: 100-continue\r\n",
                                                    "Range: bytes=0-0,-1\r\n",
                                                    "Range: bytes=0-,1-,2-,3-\r\n",
                                                    "bytes=18446744073709551615-",
                                                    "If-Range: \"x\"\r\n",
                                                    "If-None-Match: *\r\n",
                                                    "If-Modified-Since: Tue, 02 Jan 2024 03:04:05 GMT\r\n",
                                                    "If-Match: W/\"a\"\r\n",
                                                    "Accept-Encoding: gzip;q=0.5, br, zstd\r\n",
                                                    "Accept-Encoding: *;q=0\r\n",
                                                    "Accept: application/json\r\n",
                                                    "Authorization: Basic dXNlcjpzZWNyZXQ=\r\n",
                                                    "Authorization: Basic ",
                                                    "Origin: http://a.example\r\n",
                                                    "Access-Control-Request-Method: GET\r\n",
                                                    "Cookie: nf_country=de; a=b\r\n",
                                                    "Accept-Language: de, en\r\n",
                                                    "/",
                                                    "/index.html",
                                                    "/letters.txt",
                                                    "/big.bin",
                                                    "/many/",
                                                    "/many/?format=json",
                                                    "/private/a.txt",
                                                    "/old/a/b?x=1&y=2",
                                                    "/there?id=1",
                                                    "/rewritten/a/b/c",
                                                    "/style.css",
                                                    "/link"};

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A corpus of a field's value or of a path, as a request.
std::string wrap(const std::string& target, const std::string& bytes) {
  std::string host = "HTTP/1.1\r\nHost: x\r\n";
  if (target == "path") return "GET /" + bytes + " " + host + "\r\n";
  if (target == "range") return "GET /letters.txt " + host + "Range: " + bytes + "\r\n\r\n";
  if (target == "date") return "GET /letters.txt " + host + "If-Modified-Since: " + bytes + "\r\n\r\n";
  if (target == "encoding") return "GET /style.css " + host + "Accept-Encoding: " + bytes + "\r\n\r\n";
  if (target == "authorization") return "GET /private/a.txt " + host + "Authorization: " + bytes + "\r\n\r\n";
  if (target == "conditional") return "GET /letters.txt " + host + "If-None-Match: " + bytes + "\r\n\r\n";
  if (target == "body") return "POST / " + host + "Transfer-Encoding: chunked\r\n\r\n" + bytes;
  constexpr size_t script_bytes = 12; // of tests/fuzz/connection.cc
  if (target == "connection") return bytes.size() > script_bytes ? bytes.substr(script_bytes) : "";
  return target == "parse" ? bytes : ""; // what remains is read from files, not from clients
}

// A request that is right, mostly: most seeds are wrong in some way, and end their connection.
std::string build(Random& random) {
  auto any = [&](std::string_view begin, std::string_view end) {
    std::string_view word;
    do word = words[random.below(words.size())];
    while (!word.starts_with(begin) || !word.ends_with(end));
    return std::string(word);
  };
  bool base = random.chance(200); // of a world
  std::string text = random.chance(150) ? "HEAD " : "GET ";
  text += (base ? "/base" : "") + any("/", "") + " HTTP/1.1\r\nHost: x\r\n";
  for (uint64_t fields = random.below(5); fields > 0; fields--) {
    std::string field = any("", "\r\n");
    if (field.find(": ") != field.npos && !field.starts_with("Host")) text += field;
  }
  return text + "\r\n";
}

size_t place(const std::string& text, Random& random) { return random.below(text.size() + 1); }

void mutate_once(std::string& text, const std::vector<std::string>& seeds, Random& random) {
  size_t at = place(text, random);
  size_t left = text.size() - at;
  size_t count = random.chance(800) ? random.between(1, 8) : random.between(1, 2000);
  switch (random.below(10)) {
    case 0: // a bit
      if (left > 0) text[at] = static_cast<char>(text[at] ^ 1 << random.below(8));
      break;
    case 1: // any byte
      if (left > 0) text[at] = static_cast<char>(random.next());
      break;
    case 2: text.erase(at, count); break;
    case 3: text.insert(at, text.substr(at, count)); break; // a piece twice
    case 4: text.insert(at, std::string(count, text.empty() ? 'a' : text[at % text.size()])); break;
    case 5:
    case 6: text.insert(at, words[random.below(words.size())]); break;
    case 7: { // a piece of another one
      const std::string& other = seeds[random.below(seeds.size())];
      size_t from = place(other, random);
      text.replace(at, random.below(count + 1), other.substr(from, random.between(1, 200)));
      break;
    }
    case 8: { // a digit
      auto digit = std::find_if(text.begin() + static_cast<ptrdiff_t>(at), text.end(),
                                [](unsigned char c) { return c >= '0' && c <= '9'; });
      if (digit != text.end()) *digit = static_cast<char>('0' + random.below(10));
      break;
    }
    case 9: { // a line to another place
      size_t line = text.find('\n', at);
      if (line == text.npos) break;
      std::string moved = text.substr(at, line + 1 - at);
      text.erase(at, moved.size());
      text.insert(place(text, random), moved);
      break;
    }
  }
  if (text.size() > request_bytes_max) text.resize(request_bytes_max);
}

} // namespace

std::vector<std::string> read_seeds(const std::string& corpus) {
  std::vector<std::string> seeds;
  for (const test::Case& one : test::cases()) seeds.push_back(one.request);
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end()); // a directory's order differs from machine to machine
  for (const auto& path : paths) seeds.push_back(wrap(path.parent_path().filename(), read_file(path)));
  std::erase_if(seeds, [](const std::string& seed) { return seed.empty() || seed.size() > request_bytes_max; });
  return seeds;
}

std::string mutate(const std::vector<std::string>& seeds, Random& random) {
  std::string text;
  for (uint64_t requests = random.chance(600) ? 1 : random.between(2, 20); requests > 0; requests--) {
    text += random.chance(500) ? build(random) : seeds[random.below(seeds.size())];
    if (text.size() > request_bytes_max) text.resize(request_bytes_max);
  }
  uint64_t changes = random.chance(400) ? 0 : random.below(9);
  for (; changes > 0; changes--) mutate_once(text, seeds, random);
  return text;
}

} // namespace minhttp::socketfuzz
