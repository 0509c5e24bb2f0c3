// SPDX-License-Identifier: MIT
// The pure parts of minhttp-pack. What it does with files is in test_packer.py.
#include <elf.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

#include "pack/contents.h"
#include "pack/elf.h"
#include "pack/encode.h"
#include "pack/figures.h"
#include "pack/index.h"
#include "pack/nesting.h"
#include "pack/parallel.h"
#include "pack/tree.h"
#include "pack/urls.h"
#include "pack/words.h"

namespace minhttp::packer {
namespace {

using http::Coding;

std::string resolved(std::string_view link, std::string_view base) {
  auto target = resolve(link, base);
  return target ? target->path + target->query : "-";
}

TEST(Urls, LinksAreResolvedAsInABrowser) {
  EXPECT_EQ(resolved("b.html", "/a/"), "/a/b.html");
  EXPECT_EQ(resolved("../b.html", "/a/c/"), "/a/b.html");
  EXPECT_EQ(resolved("../../../b", "/a/"), "/b") << "above the root is the root";
  EXPECT_EQ(resolved("/x/./y/..", "/a/"), "/x/");
  EXPECT_EQ(resolved("%2e%2E/b", "/a/c/"), "/a/b");
  EXPECT_EQ(resolved(" b\n.html ", "/"), "/b.html");
  EXPECT_EQ(resolved("b?x=1#y", "/"), "/b?x=1");
  EXPECT_EQ(resolved("a\\b", "/"), "/a/b");
  EXPECT_EQ(resolved("b:c/d", "/"), "-") << "a scheme";
  EXPECT_EQ(resolved("./b:c", "/"), "/b:c");
  for (const char* other :
       {"", "#top", "?q", "//host/x", "https://host/x", "mailto:a@b", "data:,x", "javascript:go()"}) {
    EXPECT_EQ(resolved(other, "/a/"), "-") << other;
  }
}

TEST(Urls, AnImageSetHasSeveral) {
  EXPECT_EQ(srcset_urls("a.png, b.png 2x,c.png 100w"), (std::vector<std::string_view>{"a.png", "b.png", "c.png"}));
  EXPECT_EQ(srcset_urls("data:,a%20b 1x, d,e.png"), (std::vector<std::string_view>{"data:,a%20b", "d,e.png"}));
  EXPECT_EQ(srcset_urls("a (x, y) 2x, b"), (std::vector<std::string_view>{"a", "b"}));
  EXPECT_TRUE(srcset_urls(" , ").empty());
}

TEST(Urls, ARefreshMayName) {
  EXPECT_EQ(refresh_url("5; url=next.html"), "next.html");
  EXPECT_EQ(refresh_url("0;URL='a b'"), "a b");
  EXPECT_EQ(refresh_url("5"), "");
  EXPECT_EQ(refresh_url("5; next"), "");
}

TEST(Nesting, IsThatOfElementsThatAreOpenAtOnce) {
  EXPECT_EQ(nesting_of(""), 0U);
  EXPECT_EQ(nesting_of("<!doctype html><div><b>x</b><B class='>'>y</B ></DIV><div>"), 2U);
  EXPECT_EQ(nesting_of("<ul><li>a<li>b<p>c<p>d<br><img src=x>"), 1U) << "their end tags may be left out";
  EXPECT_EQ(nesting_of("</a></a><a>"), 1U) << "nothing is open that these could close";
  EXPECT_EQ(nesting_of("<a href=\"></a>\"><b title='></a>' x=y'><i>"), 3U);
  EXPECT_EQ(nesting_of("a < b <3 <"), 0U);
}

TEST(Nesting, KnowsWhatIsNoTag) {
  EXPECT_EQ(
      nesting_of("<!-- <a><a><a> --><?x <b><script>'<a><a></b>'</SCRIPT ><style><a><a></style><title><a></title><i>"),
      1U);
  EXPECT_EQ(nesting_of("<script><a><a>"), 0U);
  EXPECT_EQ(nesting_of("<!-- <a>"), 0U);
  EXPECT_EQ(nesting_of("<svg><g/><g/><g><style><g></style></g></svg><div/><div/>"), 4U) << "a slash closes in SVG only";
}

TEST(Nesting, EveryPrefixOfAPageHasOne) {
  std::string_view page = "<!doctype html><!--x--><p a=\"b\" c='d'><script>1<2</script><svg><g/></svg></p>";
  for (size_t size = 0; size <= page.size(); size++) EXPECT_LE(nesting_of(page.substr(0, size)), 2U) << size;
}

TEST(Words, AreSplitAsByAShell) {
  EXPECT_EQ(split_words("--spa  --header 'A: b c' --x=\"d\\\"e\" f\\ g ''"),
            (std::vector<std::string>{"--spa", "--header", "A: b c", "--x=d\"e", "f g", ""}));
  EXPECT_TRUE(split_words(" \t").empty());
  EXPECT_THROW((void)split_words("--header 'x"), Failure);
}

TEST(Words, TheLinkCheckKnowsWhatTheServerAnswers) {
  LinkOptions options = link_options(split_words("--spa --base-path=/app/ --health /up --env-js /env.js=P_"));
  EXPECT_TRUE(options.spa);
  EXPECT_FALSE(options.listing);
  EXPECT_EQ(options.base_path, "/app");
  EXPECT_EQ(options.paths, (std::vector<std::string>{"/up", "/env.js"}));
}

TEST(Encode, EachCodingComesBackAndNothingElseDoes) {
  std::string text;
  for (int i = 0; i < 5000; i++) text += "line " + std::to_string(i * 7919 % 1000) + "\n";
  for (Coding coding : {Coding::br, Coding::zstd, Coding::gzip}) {
    for (const std::string& original : {text, std::string(), std::string("a")}) {
      std::string encoded = encode(coding, original);
      EXPECT_EQ(encode(coding, original), encoded) << "the same bytes each time";
      EXPECT_EQ(decode(coding, encoded, original.size()), original);
      EXPECT_FALSE(decode(coding, encoded, original.size() + 1));
      EXPECT_FALSE(decode(coding, encoded.substr(0, encoded.size() - 1), original.size()));
      EXPECT_FALSE(decode(coding, encoded + "x", original.size()));
    }
    EXPECT_FALSE(decode(coding, text, text.size()));
  }
  EXPECT_EQ(decode(Coding::gzip, encode(Coding::gzip, "ab") + encode(Coding::gzip, "c"), 3), "abc") << "two members";
}

Encoded sizes(size_t br, size_t zstd, size_t gzip) {
  Encoded encoded;
  encoded.bodies = {"", std::string(br, 'b'), std::string(zstd, 'z'), std::string(gzip, 'g')};
  return encoded;
}

std::string kept(uint64_t size, Encoded encoded) {
  keep_what_saves(size, encoded);
  std::string names;
  for (size_t c = 1; c < http::coding_count; c++) {
    if (!encoded.bodies[c].empty()) names += std::string(http::coding_token(static_cast<Coding>(c))) + " ";
  }
  return names;
}

TEST(Contents, ACodingIsKeptWhereItSaves) {
  EXPECT_EQ(kept(1000, sizes(300, 400, 500)), "br zstd gzip ");
  EXPECT_EQ(kept(1000, sizes(300, 600, 500)), "br gzip ") << "who takes zstd takes gzip";
  EXPECT_EQ(kept(1000, sizes(500, 400, 400)), "gzip ");
  EXPECT_EQ(kept(1000, sizes(937, 938, 939)), "") << "63 bytes less";
  EXPECT_EQ(kept(1000, sizes(936, 0, 0)), "br ");
  EXPECT_EQ(kept(10, sizes(1, 1, 1)), "");
}

TEST(Parallel, ResultsComeInOrderAndBounded) {
  std::vector<size_t> seen;
  std::atomic<size_t> used = 0;
  std::atomic<size_t> furthest = 0;
  in_order(
      1000, 4, 8,
      [&](size_t i) {
        size_t ahead = i - std::min(i, used.load());
        if (ahead > furthest) furthest = ahead;
        return i * i;
      },
      [&](size_t i, size_t square) {
        EXPECT_EQ(square, i * i);
        seen.push_back(i);
        used = i + 1;
      });
  EXPECT_EQ(seen.size(), 1000U);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_LE(furthest, 9U);
}

TEST(Parallel, TheFirstFailureEndsAll) {
  auto fail = [](size_t i) -> int { return i == 5 ? throw Failure("five") : 0; };
  EXPECT_THROW(in_order(100, 3, 4, fail, [](size_t, int) {}), Failure);
  auto good = [](size_t) { return 0; };
  EXPECT_THROW(in_order(100, 3, 4, good,
                        [](size_t i, int) {
                          if (i == 7) throw Failure("seven");
                        }),
               Failure);
}

// A directory at the path, as long as this lives.
struct Folder {
  explicit Folder(std::string name) : path(std::filesystem::temp_directory_path() / (name + std::to_string(getpid()))) {
    std::filesystem::create_directory(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

TEST(Tree, IsBoundedThoughLinksDoubleIt) {
  Folder folder("packer-test-");
  for (int i = 0; i < 30; i++) {
    auto level = folder.path / std::to_string(i);
    std::filesystem::create_directory(level);
    std::ofstream(level / "page.html") << "x";
    if (i == 29) continue;
    for (const char* name : {"a", "b"}) {
      std::filesystem::create_directory_symlink("../" + std::to_string(i + 1), level / name);
    }
  }
  Report report(folder.path);
  EXPECT_THROW((void)read_tree(folder.path, {}, report, 1000), Failure);
  Folder small("packer-test-small-");
  std::ofstream(small.path / "page.html") << "x";
  EXPECT_EQ(read_tree(small.path, {}, report, 2).files.size(), 1U);
  EXPECT_THROW((void)read_tree(small.path, {}, report, 1), Failure);
}

TEST(Index, EntriesOfADirectoryStandTogetherAndEachIsFound) {
  Tree tree;
  tree.directories = {"", "a", "a/b", "a-b", "empty"};
  for (int i = 0; i < 3000; i++) tree.files.push_back({.name = "a/b/" + std::to_string(i)});
  for (const char* name : {"a.html", "a/x", "a/y", "a-b/z", "_headers"}) tree.files.push_back({.name = name});
  tree.files.back().rules = true;
  Index index = make_entries(tree);
  ASSERT_EQ(index.entries.size(), 3010U);
  auto name = [&](size_t i) { return index.names.substr(index.entries[i].name, index.entries[i].name_size); };
  std::set<std::string> found;
  for (size_t i = 0; i < index.entries.size(); i++) {
    const site::pack::Entry& entry = index.entries[i];
    if ((entry.flags & site::pack::directory) == 0) continue;
    for (uint32_t k = entry.first; k < entry.first + entry.count; k++) {
      std::string path = name(k);
      std::string parent = path.find('/') == std::string::npos ? "" : path.substr(0, path.rfind('/'));
      EXPECT_EQ(parent, name(i));
      found.insert(path);
    }
  }
  EXPECT_EQ(found.size(), 3009U);
  HashTables tables = make_hash(index.paths);
  for (uint32_t i = 0; i < index.paths.size(); i++) {
    uint32_t bucket = site::pack::bucket_of(index.paths[i], static_cast<uint32_t>(tables.seeds.size()));
    uint32_t slot =
        site::pack::slot_of(index.paths[i], tables.seeds[bucket], static_cast<uint32_t>(tables.slots.size()));
    EXPECT_EQ(tables.slots[slot], i);
  }
}

// An executable with these program headers, and nothing else.
std::string elf(const std::vector<Elf64_Phdr>& segments) {
  Elf64_Ehdr head = {};
  std::memcpy(head.e_ident, ELFMAG, SELFMAG);
  head.e_ident[EI_CLASS] = ELFCLASS64;
  head.e_ident[EI_DATA] = ELFDATA2LSB;
  head.e_type = ET_DYN;
  head.e_machine = EM_X86_64;
  head.e_phoff = sizeof head;
  head.e_phentsize = sizeof(Elf64_Phdr);
  head.e_phnum = static_cast<Elf64_Half>(segments.size());
  std::string bytes(reinterpret_cast<const char*>(&head), sizeof head);
  return bytes.append(reinterpret_cast<const char*>(segments.data()), segments.size() * sizeof(Elf64_Phdr));
}

std::vector<Elf64_Phdr> segments_of(const Attachment& made, size_t count) {
  std::vector<Elf64_Phdr> segments(count);
  std::memcpy(segments.data(), made.head.data() + sizeof(Elf64_Ehdr), count * sizeof(Elf64_Phdr));
  return segments;
}

TEST(Elf, ThePackIsMappedBehindEverythingElse) {
  Elf64_Phdr code = {.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_memsz = 0x5000};
  Elf64_Phdr data = {.p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_vaddr = 0x12345, .p_memsz = 0x10000};
  Elf64_Phdr stack = {.p_type = PT_GNU_STACK};
  Elf64_Phdr spare = {.p_type = PT_NULL};
  Elf64_Phdr note = {.p_type = PT_NOTE};
  for (const auto& before : {std::vector{code, data, spare, stack}, std::vector{spare, code, data, stack},
                             std::vector{code, note, data, stack}, std::vector{code, data, stack, note}}) {
    Attachment made = attach(elf(before), 1000);
    EXPECT_EQ(made.offset % site::pack::content_align, 0U);
    auto after = segments_of(made, before.size());
    uint64_t end = 0;
    size_t loads = 0;
    for (const Elf64_Phdr& segment : after) {
      if (segment.p_type != PT_LOAD) continue;
      EXPECT_GE(segment.p_vaddr, end) << "in order";
      end = segment.p_vaddr + segment.p_memsz;
      if (++loads < 3) continue;
      EXPECT_EQ(segment.p_flags, unsigned{PF_R});
      EXPECT_EQ(segment.p_filesz, 1000U);
      EXPECT_EQ(segment.p_offset, made.offset);
      EXPECT_EQ(segment.p_vaddr % site::pack::segment_align, made.offset % site::pack::segment_align);
      EXPECT_GE(segment.p_vaddr, 0x30000U) << "on a page of 64 KiB of its own";
    }
    EXPECT_EQ(loads, 3U);
  }
  EXPECT_THROW((void)attach(elf({code, data, stack}), 1), Failure) << "no header to spare";
  EXPECT_THROW((void)attach("#!/bin/sh", 1), Failure);
  EXPECT_THROW((void)attach(elf({code, spare}).substr(0, 100), 1), Failure);
}

TEST(Figures, AreWrittenForPeople) {
  EXPECT_EQ(in_units(999), "999 B");
  EXPECT_EQ(in_units(12'345), "12.3 kB");
  EXPECT_EQ(in_units(999'999), "1.00 MB");
  EXPECT_EQ(in_units(4'560'000'000), "4.56 GB");
  EXPECT_EQ(with_commas(1234567), "1,234,567");
  EXPECT_EQ(with_commas(12), "12");
}

} // namespace
} // namespace minhttp::packer

void minhttp::panic(const char* file, int line) {
  throw packer::Failure(std::string("CHECK failed at ") + file + ":" + std::to_string(line));
}
