// SPDX-License-Identifier: MIT
#include "unit/gzip/inputs.h"

#include <cstdint>
#include <fstream>
#include <iterator>

namespace minhttp::test {

namespace {

class Random { // xorshift32 of Marsaglia
 public:
  explicit Random(uint32_t seed) : state_(seed * 2654435761U | 1) {}
  uint32_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return state_;
  }

 private:
  uint32_t state_;
};

std::string repeated(std::string_view unit, size_t size) {
  std::string text;
  while (text.size() < size) text += unit;
  text.resize(size);
  return text;
}

// Every text of four of these sixteen letters once: nothing of five bytes comes again, and chains are long.
std::string de_bruijn(size_t size) {
  constexpr uint32_t letters = 16;
  constexpr uint32_t length = 4;
  std::string text;
  std::vector<uint32_t> word(letters * length);
  std::function<void(uint32_t, uint32_t)> extend = [&](uint32_t at, uint32_t period) { // Fredricksen, Kessler, Maiorana
    if (text.size() >= size) return;
    if (at > length) {
      if (length % period == 0) {
        for (uint32_t i = 1; i <= period; i++) text.push_back(static_cast<char>('a' + word[i]));
      }
      return;
    }
    word[at] = word[at - period];
    extend(at + 1, period);
    for (uint32_t letter = word[at - period] + 1; letter < letters; letter++) {
      word[at] = letter;
      extend(at + 1, at);
    }
  };
  extend(1, 1);
  return repeated(text, size);
}

// The same 16 bytes with another byte behind them each time: many candidates that are long, none that is longest.
std::string near_misses(size_t size) {
  std::string text;
  for (uint32_t i = 0; text.size() < size; i++) {
    text += "0123456789abcdef";
    text.push_back(static_cast<char>(i * 7));
    text.push_back(static_cast<char>(i >> 5));
  }
  text.resize(size);
  return text;
}

// Long stretches that differ in their last bytes: each candidate is compared to its end.
std::string long_misses(size_t size) {
  Random random(5);
  std::string text;
  while (text.size() < size) text += std::string(100 + random.next() % 27, 'x') + static_cast<char>(random.next());
  text.resize(size);
  return text;
}

// Each next byte makes the hash of the last four one of a few, where one does: long chains of words that differ.
std::string colliding(size_t size) {
  Random random(9);
  std::string text = "abc";
  while (text.size() < size) {
    uint32_t before = 0; // three bytes
    for (size_t i = 0; i < 3; i++)
      before |= uint32_t{static_cast<uint8_t>(text.end()[static_cast<long>(i) - 3])} << 8 * i;
    uint32_t byte = random.next();
    for (int tries = 0; tries < 256; tries++, byte++) {
      uint32_t hash = (before | (byte & 255) << 24) * 0x9e3779b1U >> 17; // as gzip/matches.h has it
      if (hash < 256) break; // of 32768; the last byte decides on the upper bits only
    }
    text.push_back(static_cast<char>(byte));
  }
  text.resize(size);
  return text;
}

std::string two_letters(size_t size) {
  Random random(3);
  std::string text;
  for (size_t i = 0; i < size; i++) text.push_back(random.next() >> 16 & 1 ? 'a' : 'b');
  return text;
}

// Random bytes and text by turns: blocks of several kinds.
std::string mixed(size_t size) {
  std::string text;
  for (uint32_t i = 0; text.size() < size; i++) text += i % 2 == 0 ? prose(20'000, i) : random_bytes(20'000, i);
  text.resize(size);
  return text;
}

// Below end, and mostly far below. In two statements: the order of two calls in one is the compiler's choice.
uint32_t rarely_large(Random& random, uint32_t end) {
  uint32_t limit = 1 + (random.next() >> 8) % end;
  return (random.next() >> 8) % limit;
}

// Literals only, and counts that grow as Fibonacci's: codes would be longer than 15 bits.
std::string fibonacci(size_t size) {
  std::string text;
  for (uint32_t a = 1, b = 1, letter = 0; text.size() < size; letter++, b += a, a = b - a)
    text.append(a, static_cast<char>(letter));
  text.resize(size);
  Random random(7);
  for (size_t i = size; i > 1; i--) std::swap(text[i - 1], text[random.next() % i]);
  return text;
}

} // namespace

std::string random_bytes(size_t size, uint32_t seed) {
  Random random(seed + 1);
  std::string text;
  for (size_t i = 0; i < size; i++) text.push_back(static_cast<char>(random.next() >> 11));
  return text;
}

std::string prose(size_t size, uint32_t seed) {
  Random random(seed + 1);
  std::vector<std::string> words;
  for (int i = 0; i < 2000; i++) {
    std::string word;
    for (uint32_t letters = 2 + random.next() % 8; letters > 0; letters--) {
      word.push_back("etaoinshrdlucmfwypvbgkjqxz"[rarely_large(random, 26)]);
    }
    words.push_back(word);
  }
  std::string text;
  while (text.size() < size) {
    const std::string& word = words[rarely_large(random, 2000)];
    text += random.next() >> 8 & 15 ? word + " " : "<a href=\"" + word + ".html\">" + word + "</a>\n";
  }
  text.resize(size);
  return text;
}

std::string real_file() {
  std::ifstream file(MINHTTP_CASES, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

const std::vector<Input>& inputs() {
  static const std::vector<Input> all = {
      {"zeros", [](size_t size) { return std::string(size, '\0'); }},
      {"period 3", [](size_t size) { return repeated("abc", size); }},
      {"period 259", [](size_t size) { return repeated(random_bytes(259), size); }},
      {"period 32000", [](size_t size) { return repeated(random_bytes(32'000), size); }},
      {"period 32768", [](size_t size) { return repeated(random_bytes(32'768), size); }},
      {"random", [](size_t size) { return random_bytes(size); }},
      {"two letters", two_letters},
      {"de Bruijn", de_bruijn},
      {"near misses", near_misses},
      {"long misses", long_misses},
      {"colliding", colliding},
      {"Fibonacci", fibonacci},
      {"prose", [](size_t size) { return prose(size); }},
      {"mixed", mixed},
  };
  return all;
}

} // namespace minhttp::test
