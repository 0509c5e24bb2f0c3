// SPDX-License-Identifier: MIT
// Which part of the site a name belongs to.

#include "auth/access.h"

#include <gtest/gtest.h>

namespace minhttp::test {
namespace {

using auth::Access;
using auth::ProtectedPath;

TEST(Access, WithoutProtectedPathsNothingIsProtected) { EXPECT_EQ(Access().protection_of("private"), nullptr); }

TEST(Access, ProtectsEveryNameOfAFile) {
  ProtectedPath part = {.prefix = "private", .passwords = {}};
  Access access = {.protected_paths = {&part, 1}};
  for (const char* name : {"private", "private/", "private/a", "private/a/b.css", "private.html", "private.html.gz",
                           "private.br", "private.zst", "private.html.br"}) {
    EXPECT_EQ(access.protection_of(name), &part) << name;
  }
  for (const char* name : {"", "privat", "privatex", "private2/a", "a/private", "private.htm", "private.css",
                           "private.html.css", "private.html/a", "priv ate"}) {
    EXPECT_EQ(access.protection_of(name), nullptr) << name;
  }
}

// FAT, NTFS, SMB and casefold take these for the same. It is asked everywhere.
TEST(Access, ProtectsEveryAliasOnAFoldingFileSystem) {
  ProtectedPath parts[] = {{.prefix = "private", .passwords = {}}, {.prefix = "A/b.", .passwords = {}}};
  Access access = {.protected_paths = parts};
  for (const char* name : {"PRIVATE", "Private/a", "private.", "private ", "private. . /a", "PRIVATE.HTML",
                           "private.html.", "Private.Html.GZ", "private.html.gz .", "private.BR"}) {
    EXPECT_EQ(access.protection_of(name), &parts[0]) << name;
  }
  for (const char* name : {"a/b", "a./B ", "A/B/c", "a/b.html"})
    EXPECT_EQ(access.protection_of(name), &parts[1]) << name;
  for (const char* name : {"a", "a/", "a/bc", "a/.b", " private", "", ".", "privat\xc3\xa9"}) {
    EXPECT_EQ(access.protection_of(name), nullptr) << name;
  }
}

TEST(Access, AProtectedPathMayBeAFile) {
  ProtectedPath part = {.prefix = "a/notes.html", .passwords = {}};
  Access access = {.protected_paths = {&part, 1}};
  for (const char* name : {"a/notes.html", "a/notes.html/x"}) EXPECT_EQ(access.protection_of(name), &part) << name;
  for (const char* name : {"a/notes", "a/notes.htmlx", "a/notes2.html"}) EXPECT_EQ(access.protection_of(name), nullptr);
}

TEST(Access, TheLongestPrefixDecides) {
  ProtectedPath parts[] = {{.prefix = "a", .passwords = {}},
                           {.prefix = "a/b/c", .passwords = {}},
                           {.prefix = "", .passwords = {}},
                           {.prefix = "a/b", .passwords = {}}};
  Access access = {.protected_paths = parts};
  EXPECT_EQ(access.protection_of("a/b/c/d"), &parts[1]);
  EXPECT_EQ(access.protection_of("a/b/x"), &parts[3]);
  EXPECT_EQ(access.protection_of("a/x"), &parts[0]);
  EXPECT_EQ(access.protection_of("x"), &parts[2]);
  EXPECT_EQ(access.protection_of(""), &parts[2]);
}

} // namespace
} // namespace minhttp::test
