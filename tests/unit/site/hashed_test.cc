// SPDX-License-Identifier: MIT
#include "site/hashed.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace minhttp::test {
namespace {

TEST(HasContentHash, HexadecimalHashesOfWebpackAndOthers) {
  for (const char* name : {
           "main.3f2a9c1b.js", // create-react-app
           "static/js/main.e6c13ad2.js",
           "static/js/787.c4e7f8f9.chunk.js",
           "static/css/main.073c9b0a.css",
           "static/css/main.073c9b0a.css.map",
           "static/js/main.e6c13ad2.js.LICENSE.txt",
           "static/media/logo.6ce24c58023cc2f8fd88fe9d219db6c6.svg",
           "_next/static/chunks/4bd1b696-100b9d70ada4e49c.js", // Next
           "_next/static/chunks/main-app-5ddeb6f0a6d8b8c4.js",
           "_next/static/chunks/app/page-0bf6f5cb0e1e1e85.js",
           "_next/static/css/7e7d96b1e6991756.css",
           "_next/static/media/a34f9d1faa5f3315-s.p.woff2",
           "runtime~main.1a2b3c4d.js", // Docusaurus
           "assets/js/935f2afb.8f2a1b0c.js",
           "assets/css/styles.0e3c2a1b.css",
           "app-0d5ec1a2f3b4c5d6e7f8.js", // Gatsby
           "webpack-runtime-9b1c9d1e6f4a2b3c4d5e.js",
           "component---src-pages-index-js-5a4b1c2d3e4f5a6b7c8d.js",
           "index.2f70fb34.js", // Parcel, Vite 2 and 3
           "logo.8c5d7bd5.svg",
           "runtime.5f1b5a2c3d4e5f60.js", // Angular with webpack
           "polyfills.b6b3b0d5f5e6a7c8.js",
           "styles.ef46db3751d8e999.css",
           "3f2a9c1b7d.woff2",
           "application-5d41402abc4b2a76b9719d911017c592.css",                         // Rails
           "app.2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824.css", // SHA-256
           "MAIN.3F2A9C1B.JS",
           "base.9f86d081884c.css", // Django
           "a_3f2a9c1b_b.png",
           "3f2a9c1b.x",
           "\xff\x80-3f2a9c1b.\xff",
           "a.html/b.3f2a9c1b.js",
       }) {
    EXPECT_TRUE(site::has_content_hash(name)) << name;
  }
}

TEST(HasContentHash, MixedHashesOfRollupAndEsbuild) {
  for (const char* name : {
           "index-BkX3f9aQ.js", // Vite
           "assets/index-BkX3f9aQ.js",
           "assets/index-DiwRgTda.css",
           "_nuxt/entry-CabcdE1f.js",
           "assets/index-C2nB5xYk.css",
           "assets/index-B7Hq4mZ2.js.map",
           "assets/vendor-D_8kPw2Q.js",
           "assets/inter-x3K-f9Qb.woff2",
           "app.B2kF9x_Z.js", // VitePress
           "assets/guide_index.md.C4dE5fG6.js",
           "assets/guide_index.md.C4dE5fG6.lean.js",
           "assets/chunks/theme.D7eX2aQ9.js",
           "_app/immutable/entry/start.Bq8Zk3Wd.js", // SvelteKit
           "_app/immutable/nodes/0.C9tR1vXm.js",
           "_app/immutable/assets/0.Bz4Xk7Wd.css",
           "_astro/index.BkX3f9aQ.css", // Astro
           "_astro/hoisted.Dk2bX8wQ.js",
           "_nuxt/entry.C5wN8rQz.css", // Nuxt
           "_nuxt/error-404.B6xT2kWq.css",
           "chunk-2YNV3LZQ.js", // esbuild
           "main-5QWX7TBA.js",  // Angular with esbuild
           "polyfills-B6TNHZQ6.js",
           "media/inter-X2K4V6BA.woff2",
           "a.BkX3f9aQ.min.js",
           "index-aBcDeFgH.js", // five words without a digit
       }) {
    EXPECT_TRUE(site::has_content_hash(name)) << name;
  }
}

TEST(HasContentHash, NamesThatPeopleWriteHaveNone) {
  for (const char* name : {
           "jquery-3.7.1.min.js",
           "20231231-report.pdf",
           "IMG_20230101.jpg",
           "deadbeef.txt",
           "iphone12pro.png",
           "x-a-b-c-de.js",
           "bootstrap.bundle.min.css",
           "v1.2.3.js",
           "sha256.js",
           "README.md",
           "index.html",
           "jquery.DataGrid.js", // eight letters of CamelCase
           "component-MyWidget.js",
           "photo-iPhone12.png",
           "logo-YouTube1.png",
           "icon-GitHubV2.svg",
           "app-i18nUtil.js",
           "app-e2eTests.js",
           "lib.AppLogUi.js",
           "lib-TopNavUi.js",
           "lib-AppLogV2.js",
           "a-Html5App.js",
           "setup-Win10Pro.exe",
           "jquery.JQueryUi.js",
           "lib-Base64Js.js",
           "paper-A4-A5-B5.pdf",
           "report-Q4FY2023.pdf",
           "report-COVID192.pdf",
           "part-X100A20B.pdf", // has digits that base 32 has not
           "DSC-00012345.jpg",
           "video-1080p60f.mp4",
           "resume-JohnDoe2.pdf",
           "report-20231231a.pdf",
           "20231231ab.csv",
           "20231231-235959.log",
           "1700000000000.json",
           "550e8400-e29b-41d4-a716-446655440000.png", // a UUID names a thing, not a content
           "avatar-550e8400-e29b-41d4-a716-44665544000f.png",
           "avatar_550E8400-E29B-41D4-A716-4466554400FF.large.png",
           "facade-decade-defaced.js",
           "effaced1.gif/readme.txt",
           "0x3f2a9c1b.bin",
           "ubuntu-24.04.1-desktop-amd64.iso",
           "roboto-v30-latin-700italic.woff2",
           "Inter-SemiBold.ttf",
           "apple-touch-icon-180x180.png",
           "android-chrome-512x512.png",
           "fontawesome-webfont.woff2",
           "node-v20.11.1-linux-x64.tar.xz",
           "react-dom.production.min.js",
           "lodash-4.17.21.js",
           "three.r128.min.js",
           "site.webmanifest",
           "sitemap-0.xml",
           "manifest.json",
           "sw.js",
           "service-worker.js",
           "workbox-v6.5.4.js",
           "app.es2015.js",
           "2024-01-31-hello-world.md",
       }) {
    EXPECT_FALSE(site::has_content_hash(name)) << name;
  }
}

TEST(HasContentHash, AtTheEdgesOfTheRules) {
  for (const char* name : {
           "main.3f2a9c1.js",    // seven
           "main.3F2a9c1b0d.js", // two cases
           "main.3f2a9c1g.js",   // no hexadecimal digit
           "main.12345678.js",   // no letter
           "main.abcdefab.js",   // no digit
           "main3f2a9c1b.js",    // no separator
           "main.3f2a9c1b+.js",
           "main.2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824a.css", // 65
           "index-BkX3f9a.js",                                                           // seven
           "index-BkX3f9aQq.js",                                                         // nine
           "index_BkX3f9aQ.js",
           "indexBkX3f9aQ.js",
           "BkX3f9aQ.js",
           "index-BkX3f9aQ-more.js",
           "index-BkX3f9aQ.es.js", // an extension that we do not know to be one
           "index-BkX3f+aQ.js",
           "index-BkX3f9a\xc3.js",
           "index-bk23f9aq.js", // base 64 has capitals
           "index-BK03F9AQ.js", // and small letters
           "chunk-2YNV3LZ8.js", // 8 is not in base 32
           "chunk-2YNVLZQA.js",
           "notes-README2X.txt",
           "a-19000101ab.js",
           "a-20991231ab.js",
       }) {
    EXPECT_FALSE(site::has_content_hash(name)) << name;
  }
  for (const char* name : {
           "550e8400-e29b-41d4-a716-4466554400001.js", // a digit more than a UUID has
           "550e8400-e29b-41d4-a716-446655440000.3f2a9c1b.js",
           "a-20231331ab.js", // no such month, day; not this age
           "a-20230031ab.js",
           "a-20231200ab.js",
           "a-20231232ab.js",
           "a-18991231ab.js",
           "a-21000101ab.js",
           "main~3f2a9c1b.js",
           "index-DAx7WDcK.js", // four words, a digit among the letters
           "index-DA_7WDcK.js",
       }) {
    EXPECT_TRUE(site::has_content_hash(name)) << name;
  }
}

TEST(HasContentHash, NamesWithoutExtensionOrHidden) {
  for (const char* name : {"",
                           "/",
                           ".",
                           "..",
                           "...",
                           "-",
                           "3f2a9c1b7d",
                           "main.3f2a9c1b",
                           "main-3f2a9c1b",
                           "main.3f2a9c1b.",
                           ".3f2a9c1b.js",
                           ".git/3f2a9c1b",
                           ".BkX3f9aQ.js",
                           "a/.x-3f2a9c1b.js",
                           "3f2a9c1b.js/",
                           "main.3f2a9c1b.js/index",
                           "3f2a9c1b7d.map",
                           ".map",
                           "a.map",
                           "main.3f2a9c1b.map",
                           "index-BkX3f9aQ",
                           "index-BkX3f9aQ.map",
                           "a/3f2a9c1b.js/b.js",
                           ".3f2a9c1b",
                           "a.min.js",
                           ".min.js",
                           "-.js"}) {
    EXPECT_FALSE(site::has_content_hash(name)) << name;
  }
}

// A view into the middle of a text: nothing around it is read.
TEST(HasContentHash, EveryPieceOfAName) {
  std::string text = "a/x~550e8400-e29b-41d4-a716-446655440000_3f2a9c1b-BkX3f9aQ.min.js.map";
  for (size_t from = 0; from <= text.size(); from++) {
    for (size_t to = from; to <= text.size(); to++) {
      std::string exact = text.substr(from, to - from);
      std::string_view view = std::string_view(text).substr(from, to - from);
      EXPECT_EQ(site::has_content_hash(view), site::has_content_hash(exact)) << exact;
    }
  }
}

} // namespace
} // namespace minhttp::test
