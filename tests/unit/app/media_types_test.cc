// SPDX-License-Identifier: MIT
// --type: what is taken, with which charset, and what is refused.

#include "app/media_types.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace minhttp::test {
namespace {

struct Made {
  bool good = false;
  std::array<http::OwnType, limits::types_max> types;
  std::array<char, limits::types_max * app::type_text_bytes> text;
};

Made make(std::initializer_list<std::string_view> options) {
  Made made;
  app::Config config;
  for (std::string_view option : options) config.types.texts[config.types.count++] = option;
  testing::internal::CaptureStderr();
  made.good =
      app::make_media_types(config, made.types, std::span(made.text).first(options.size() * app::type_text_bytes));
  testing::internal::GetCapturedStderr();
  return made;
}

TEST(MediaTypes, CharsetsAreThoseOfTheTable) {
  struct Case {
    const char* option;
    const char* type;
  };
  for (const Case& c : std::initializer_list<Case>{
           {".foo=text/x-foo", "text/x-foo; charset=utf-8"},
           {".foo=TEXT/x-foo", "TEXT/x-foo; charset=utf-8"},
           {".foo=text/x-foo; charset=iso-8859-1", "text/x-foo; charset=iso-8859-1"},
           {".foo=text/x-foo;", "text/x-foo;"},
           {".foo=application/x-foo", "application/x-foo"},
           {".rels=application/xml", "application/xml; charset=utf-8"},
           {".geojson=application/json", "application/json"},
           {".foo=text/", ""},
       }) {
    Made made = make({c.option});
    EXPECT_EQ(made.good, *c.type != '\0') << c.option;
    EXPECT_EQ(made.good ? made.types[0].type : "", c.type);
  }
  EXPECT_EQ(make({".FoO_1=a/b"}).types[0].extension, "FoO_1");
}

TEST(MediaTypes, TheMaximumNumberAndLengthIsTaken) {
  std::string longest = ".x=text/";
  longest += std::string(limits::type_max - longest.size(), 'y');
  Made made;
  app::Config config;
  config.types.count = limits::types_max;
  for (auto& text : config.types.texts) text = longest;
  ASSERT_TRUE(app::make_media_types(config, made.types, made.text));
  for (const http::OwnType& type : made.types) EXPECT_EQ(type.type, longest.substr(3) + "; charset=utf-8");
}

TEST(MediaTypes, MalformedOptionsAreRefused) {
  for (const char* option :
       {"foo=text/x", ".foo", ".foo=", "=text/x", ".=text/x", ".tar.gz=application/gzip", ".a/b=text/x", ".foo=text",
        ".foo=/x", ".foo=text/x/y", ".foo=te xt/x", ".foo=text/x\r\nA: b", ".foo=text/x; a=\n", ".f o=text/x"}) {
    EXPECT_FALSE(make({option}).good) << option;
    EXPECT_FALSE(make({".good=text/x", option}).good) << option;
  }
}

} // namespace
} // namespace minhttp::test
