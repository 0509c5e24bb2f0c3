// SPDX-License-Identifier: MIT
// The same verdict however the bytes are cut, and not one byte read behind them.

#include <gtest/gtest.h>

#include "unit/cases.h"
#include "unit/guard.h"
#include "unit/h1/heads.h"
#include "unit/h1/parsed.h"

namespace minhttp::test {
namespace {

std::vector<std::string> texts() {
  std::vector<std::string> all;
  for (const HeadCase& head : head_cases()) all.push_back(head.text);
  for (const Case& conformance : cases()) all.push_back(conformance.request);
  return all;
}

// parse_head looks no further than a head's limit: what lies behind only costs time here.
std::string beginning(const std::string& text) { return text.substr(0, 20'000); }

TEST(ParseEverywhere, EverySplitGivesTheSame) {
  for (const std::string& whole : texts()) {
    std::string text = beginning(whole);
    Parsed expected = parse_once(text);
    for (size_t place : split_places(text)) {
      ASSERT_EQ(parse_in_pieces(text, std::vector{place}), expected)
          << testing::PrintToString(text.substr(0, 200)) << " cut at " << place;
    }
  }
}

TEST(ParseEverywhere, ByteByByteGivesTheSame) {
  for (const std::string& whole : texts()) {
    std::string text = beginning(whole);
    std::vector<size_t> places(text.size());
    for (size_t i = 0; i < places.size(); i++) places[i] = i;
    ASSERT_EQ(parse_in_pieces(text, places), parse_once(text)) << testing::PrintToString(text.substr(0, 200));
  }
}

TEST(ParseEverywhere, NothingIsReadBehindTheEndOfAPrefix) {
  Guard guard(20'000);
  for (const std::string& whole : texts()) {
    std::string text = beginning(whole);
    for (size_t place : split_places(text)) {
      std::string_view prefix = std::string_view(text).substr(0, place);
      ASSERT_EQ(parse_once(guard.at_end(prefix)), parse_once(prefix));
    }
  }
}

// What the server relies on to answer at once: a head is done with its last byte, no sooner.
TEST(ParseEverywhere, AHeadIsDoneWithItsLastByteAndNotBefore) {
  for (const std::string& whole : texts()) {
    std::string text = beginning(whole);
    Parsed parsed = parse_once(text);
    if (parsed.outcome.kind != h1::Outcome::Kind::done) continue;
    size_t length = parsed.outcome.length;
    EXPECT_EQ(parse_once(text.substr(0, length)), parsed);
    for (size_t place : split_places(std::string_view(text).substr(0, length))) {
      if (place == length) continue;
      ASSERT_EQ(parse_once(text.substr(0, place)).outcome, h1::Outcome::more())
          << testing::PrintToString(text.substr(0, place));
    }
  }
}

// However slowly it comes, a head costs one look a byte: a look at all bytes so far with
// each new one would be 130 million here.
TEST(ParseEverywhere, ProgressNeverGoesBack) {
  std::string text = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(16'000, 'x');
  h1::Progress progress;
  http::Request request;
  for (size_t end = 0; end <= text.size(); end++) {
    ASSERT_EQ(h1::parse_head(std::string_view(text).substr(0, end), progress, request).kind, h1::Outcome::Kind::more);
    ASSERT_GE(progress.seen + 1, end) << "bytes that are never looked at again, but for a CR";
  }
}

} // namespace
} // namespace minhttp::test
