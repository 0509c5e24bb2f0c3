// SPDX-License-Identifier: MIT
// The fast way of finding a run's end against the plain one, and not one byte read behind
// the text or before it.

#include "http/scan.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "unit/guard.h"

namespace minhttp::test {
namespace {

using http::Class;

template <Class kind>
class Scan {
 public:
  // From every place of the text.
  void compare(std::string_view text) {
    for (std::string_view placed : {guard_.at_end(text), at_begin(text)}) {
      for (size_t from = 0; from <= placed.size(); from++) {
        ASSERT_EQ(http::skip<kind>(placed, from), http::skip_plain<kind>(placed, from))
            << testing::PrintToString(text) << " from " << from;
        bool only = http::skip_plain<kind>(placed, from) == placed.size();
        ASSERT_EQ(http::only<kind>(placed.substr(from)), only) << testing::PrintToString(text) << " from " << from;
      }
    }
  }

  // Every byte at every place of runs of some lengths, in company of each filler.
  void every_byte(std::string_view fillers) {
    for (char filler : fillers) {
      for (size_t size : {0U, 1U, 2U, 7U, 8U, 15U, 16U, 17U, 31U, 32U, 33U, 37U}) {
        std::string text(size, filler);
        compare(text);
        for (size_t place = 0; place < size; place++) {
          for (int byte = 0; byte < 256; byte++) {
            text[place] = static_cast<char>(byte);
            compare(text);
          }
          text[place] = filler;
        }
      }
    }
  }

  // Mostly of the class, so that runs go on for a while.
  void random(std::string_view alphabet) {
    std::mt19937 random(1);
    for (int i = 0; i < 20'000; i++) {
      std::string text(random() % 100, 0);
      for (char& c : text) {
        c = alphabet[random() % alphabet.size()];
        if (random() % 40 == 0) c = static_cast<char>(random() % 256);
      }
      compare(text);
    }
  }

 private:
  std::string_view at_begin(std::string_view text) {
    std::span<char> place = first_.first(text.size());
    std::copy(text.begin(), text.end(), place.begin());
    return {place.data(), place.size()};
  }

  Guard guard_{128};
  Guard first_{128};
};

TEST(Scan, Token) {
  Scan<Class::token>().every_byte("a_");
  Scan<Class::token>().random("abzAZ09-.-_!~");
}

TEST(Scan, Field) {
  Scan<Class::field>().every_byte("a\t\xff");
  Scan<Class::field>().random("ab \t~\x80\xff\"");
}

TEST(Scan, Target) {
  Scan<Class::target>().every_byte("a?");
  Scan<Class::target>().random("abz/AZ09?%~!;=@[]`{}|");
}

TEST(Scan, Path) {
  Scan<Class::path>().every_byte("a~");
  Scan<Class::path>().random("abz/AZ09%~!;=@[]`{}|");
}

TEST(Scan, Host) {
  Scan<Class::host>().every_byte("a~");
  Scan<Class::host>().random("abzAZ09.-~_!$&'()*+,;=");
}

} // namespace
} // namespace minhttp::test
