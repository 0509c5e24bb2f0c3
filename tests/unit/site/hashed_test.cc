// Names with a hash of the content in them: a file that is wrongly taken for one stays in
// browsers for a year.

#include "site/hashed.h"

#include <gtest/gtest.h>

namespace minhttp::test {
namespace {

TEST(Hashed, AsBuildToolsWriteThem) {
  for (const char* name : {
           "assets/index-BkX3f9aQ.js",
           "assets/index-D1wrgTda.css", // Vite
           "assets/index-B_k-3f9Q.js",
           "assets/logo-Bm0fW1Zk.svg", //
           "assets/app.B2kF9x_Z.js",
           "assets/chunks/framework.DPuwY6B9.js", // VitePress
           "main.3f2a9c1b.js",
           "main.3f2a9c1b.js.map",
           "static/js/2.0a1b2c3d.chunk.js", // webpack, CRA
           "_next/static/chunks/4bd1b696-100b9d70ada4e49c.js",
           "_next/static/css/3f2a9c1b7d0e4a55.css", // Next
           "app-0d5ec1a2f3b4c5d6e7f8.js",
           "runtime~main.1a2b3c4d.js", // Gatsby, Docusaurus
           "chunk-2YNV3LZQ.js",
           "main-5FKJ3HTN.js", // esbuild, Angular
           "index.f7e42b1f.css",
           "a.DEADBEE1.png",                         // Parcel
           "_app/immutable/entry/start.Bx1y2z3Q.js", // SvelteKit
           "5f4dcc3b5aa765d61d8327deb882cf99.woff2",
       }) {
    EXPECT_TRUE(site::has_content_hash(name)) << name;
  }
}

TEST(Hashed, NotOthers) {
  for (const char* name : {
           "",
           "a",
           "index.html",
           "README.md",
           "jquery-3.7.1.min.js",
           "bootstrap.bundle.min.css",
           "v1.2.3.js",
           "20231231-report.pdf",
           "report-20231231.pdf",
           "IMG_20230101.jpg",
           "IMG_20230101_123456.jpg",
           "deadbeef.txt",
           "decade-facade.html",
           "iphone12pro.png",
           "x-a-b-c-de.js",
           "sha256.js",
           "some-my-thing.js",
           "Win32Api64.js",
           "0123456789.js",
           "3f2a9c1.js",
           "3f2A9c1B.js",
           "main.3f2a9c1b",
           "3f2a9c1b.d/plain.js",
           ".3f2a9c1b",
           "index-BkX3f9aQx.js",
           "index-BkX3f9a.js",
           "indexBkX3f9aQ.js",
           "photo-Portrait.jpg",
           "the-JavaDocs.zip",
           "index-DiwrgTda.css",
           "report-2024Q1v2.pdf",
           "icon-MyAppPic.png",
           "data-2024Q1v2.csv.txt",
           "a-1-2-3-4-5.js",
           "font-weight.css",
           "font-12345678.css",
           "font-ABCDEFGH.css",
       }) {
    EXPECT_FALSE(site::has_content_hash(name)) << name;
  }
}

TEST(Hashed, AnyBytes) {
  std::string name;
  for (unsigned i = 0; i < 100'000; i++) {
    name.push_back(static_cast<char>(i * 2654435761U >> 13));
    if (name.size() > 40) name.erase(0, 20);
    (void)site::has_content_hash(name);
  }
}

} // namespace
} // namespace minhttp::test
