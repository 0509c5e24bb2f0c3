// SPDX-License-Identifier: MIT
#include "site/pack.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "pack/writer.h"
#include "site/files.h"
#include "site/listing.h"
#include "unit/guard.h"

namespace minhttp::test {
namespace {

using http::Coding;
using http::Status;
using site::Found;
using site::Pack;

PackWriter small_site() {
  PackWriter writer;
  writer.add("index.html", "home", {{Coding::br, "HM"}, {Coding::gzip, "hm!"}});
  writer.add("about.html", "about").add("docs/index.html", "docs").add("docs/deep/page.txt", "home");
  writer.add("game.data.gz", "packed").add("empty.txt", "").add("_headers", "/*\n  X-A: b\n").add("404.html", "none");
  writer.add("name with spaces/\xc3\xa9.txt", "e");
  writer.add_directory("nothing");
  writer.options = {"--spa", "--health", "/healthz"};
  return writer;
}

std::string path_at(const Pack& pack, uint32_t number) {
  Pack::Item item;
  EXPECT_EQ(pack.at(number, item), Pack::Lookup::found);
  return std::string(item.path);
}

TEST(Pack, FindsEveryEntryAndNoOther) {
  auto memory = small_site().write();
  Pack pack;
  ASSERT_EQ(pack.open(memory.view()), "");
  std::set<std::string> paths;
  for (uint32_t i = 0; i < pack.entry_count(); i++) {
    std::string path = path_at(pack, i);
    EXPECT_TRUE(paths.insert(path).second);
    Pack::Item item;
    EXPECT_EQ(pack.find(path, item), Pack::Lookup::found) << path;
    EXPECT_EQ(item.path, path);
    for (const std::string& other : {path + "/", path + "x", "/" + path, path + '\0'}) {
      if (paths.count(other) == 0) {
        EXPECT_EQ(pack.find(other, item), Pack::Lookup::missing) << other;
      }
    }
  }
  EXPECT_EQ(path_at(pack, 0), "");
  EXPECT_TRUE(paths.count("docs/deep") == 1 && paths.count("nothing") == 1 && paths.size() == 14);
}

TEST(Pack, HasEachBodyWithItsDigest) {
  auto memory = small_site().write();
  Pack pack;
  ASSERT_EQ(pack.open(memory.view()), "");
  Pack::Item item;
  ASSERT_EQ(pack.find("index.html", item), Pack::Lookup::found);
  for (auto [coding, bytes] : {std::pair(Coding::identity, "home"), {Coding::br, "HM"}, {Coding::gzip, "hm!"}}) {
    const site::pack::Body* body = pack.body(item, coding);
    ASSERT_NE(body, nullptr);
    EXPECT_EQ(pack.bytes_of(*body), bytes);
    EXPECT_TRUE(body->digest == digest_of(bytes));
  }
  EXPECT_EQ(pack.body(item, Coding::zstd), nullptr);
  ASSERT_EQ(pack.find("docs", item), Pack::Lookup::found);
  EXPECT_EQ(pack.body(item, Coding::identity), nullptr);
}

TEST(Pack, HasTheEntriesOfADirectoryTogether) {
  auto memory = small_site().write();
  Pack pack;
  ASSERT_EQ(pack.open(memory.view()), "");
  Pack::Item docs;
  ASSERT_EQ(pack.find("docs", docs), Pack::Lookup::found);
  ASSERT_TRUE(docs.is_directory());
  std::vector<std::string> names;
  for (uint32_t i = 0; i < docs.entry->count; i++) {
    Pack::Item item;
    ASSERT_EQ(pack.at(docs.entry->first + i, item), Pack::Lookup::found);
    names.emplace_back(name_in(item, "docs"));
    EXPECT_EQ(name_in(item, "doc"), "");
    EXPECT_EQ(name_in(item, ""), "");
  }
  EXPECT_EQ(names, (std::vector<std::string>{"deep", "index.html"}));
}

TEST(Pack, HasItsOptions) {
  auto memory = small_site().write();
  Pack pack;
  ASSERT_EQ(pack.open(memory.view()), "");
  EXPECT_EQ(pack.options(), std::string_view("--spa\0--health\0/healthz\0", 24));
}

TEST(Pack, FindsEachOfManyInOneStep) {
  PackWriter writer;
  for (int i = 0; i < 5000; i++) writer.add("d" + std::to_string(i % 37) + "/f" + std::to_string(i), std::to_string(i));
  auto memory = writer.write();
  Pack pack;
  ASSERT_EQ(pack.open(memory.view()), "");
  for (int i = 0; i < 5000; i++) {
    Pack::Item item;
    cost::counts = {};
    ASSERT_EQ(pack.find("d" + std::to_string(i % 37) + "/f" + std::to_string(i), item), Pack::Lookup::found);
    EXPECT_EQ(cost::counts[static_cast<size_t>(cost::Kind::probes)], 1U);
    EXPECT_EQ(pack.bytes_of(*pack.body(item, Coding::identity)), std::to_string(i));
    EXPECT_EQ(pack.find("d" + std::to_string(i % 37) + "/g" + std::to_string(i), item), Pack::Lookup::missing);
  }
}

// What a look-up gives, as text.
std::string answer(const Pack& pack, const std::string& path) {
  Pack::Item item;
  Pack::Lookup lookup = pack.find(path, item);
  if (lookup == Pack::Lookup::damaged) return "damaged";
  if (lookup == Pack::Lookup::missing) return "missing";
  std::string text(item.path);
  if (item.is_directory())
    return text + "/" + std::to_string(item.entry->first) + "+" + std::to_string(item.entry->count);
  if (item.is_hidden()) text += " hidden";
  for (size_t i = 0; i < http::coding_count; i++) {
    const site::pack::Body* body = pack.body(item, static_cast<Coding>(i));
    if (body != nullptr) text += " " + std::string(pack.bytes_of(*body));
  }
  return text;
}

TEST(Pack, NoticesEveryChangedByteOfHeaderAndIndex) {
  auto good = small_site().write();
  Pack pack;
  ASSERT_EQ(pack.open(good.view()), "");
  std::vector<std::string> paths = {"nowhere", "docs/nothing"};
  for (uint32_t i = 0; i < pack.entry_count(); i++) paths.push_back(path_at(pack, i));
  std::vector<std::string> right;
  for (const auto& path : paths) right.push_back(answer(pack, path));
  const auto& header = *reinterpret_cast<const site::pack::Header*>(good.data());
  Guard guard(good.size);
  std::span<char> place = guard.last(good.size);
  size_t refused = 0;
  size_t answers = 0;
  for (size_t at = 0; at < header.options.offset + header.options.size; at++) {
    for (int flip : {1, 0x80, 0xff}) {
      std::memcpy(place.data(), good.data(), good.size);
      place[at] = static_cast<char>(place[at] ^ flip);
      Pack changed;
      if (!changed.open({place.data(), place.size()}).empty()) {
        refused++;
        EXPECT_FALSE(changed.is_open());
        continue;
      }
      for (size_t i = 0; i < paths.size(); i++) {
        std::string now = answer(changed, paths[i]);
        if (now != "damaged") {
          EXPECT_EQ(now, right[i]) << "byte " << at;
        }
        answers += now == "damaged" ? 1U : 0U;
      }
    }
  }
  EXPECT_GE(refused, 3 * sizeof header);
  EXPECT_GT(answers, 3 * header.entries.size);
}

TEST(Pack, RefusesWhatIsCutOff) {
  auto good = small_site().write();
  Guard guard(good.size);
  for (size_t size = 0; size < good.size; size += 8) {
    std::span<char> place = guard.last(size);
    if (size > 0) std::memcpy(place.data(), good.data(), size);
    Pack pack;
    EXPECT_NE(pack.open({place.data(), size}), "") << size;
  }
}

TEST(Pack, SaysWhatIsWrong) {
  auto good = small_site().write();
  auto& header = *reinterpret_cast<site::pack::Header*>(good.data());
  Pack pack;
  header.version = 2;
  EXPECT_EQ(pack.open(good.view()), "its header is damaged");
  header.check = site::pack::header_check(header);
  EXPECT_EQ(pack.open(good.view()), "it is of another version than this server");
  header.version = 1;
  header.slot_count = 1;
  header.check = site::pack::header_check(header);
  EXPECT_EQ(pack.open(good.view()), "its end is missing or damaged");
  std::memcpy(good.data() + good.size - 8, &header.check, 8);
  EXPECT_EQ(pack.open(good.view()), "its header has wrong numbers");
}

struct PackedFiles : testing::Test {
  PackedFiles() {
    EXPECT_EQ(pack.open(memory.view()), "");
    files.use_pack(pack, {});
  }
  std::string get(const std::string& raw, site::Files& from) {
    std::string out(raw.size(), 0);
    http::Path path = http::decode_path(raw, out);
    Found found = from.find(path);
    if (found.kind != Found::Kind::file) return std::to_string(static_cast<int>(found.status));
    EXPECT_TRUE(found.validators.hashed);
    EXPECT_TRUE(from.load(found) && from.tag(found, 1));
    return {found.body.source.memory(), found.body.length};
  }
  std::string get(const std::string& raw) { return get(raw, files); }

  PackWriter::Memory memory = small_site().write();
  Pack pack;
  site::Files files;
};

TEST_F(PackedFiles, AreFoundAsThoseOfADirectory) {
  EXPECT_EQ(get("/"), "home");
  EXPECT_EQ(get("/index.html"), "home");
  EXPECT_EQ(get("/about"), "about");
  EXPECT_EQ(get("/docs"), "301");
  EXPECT_EQ(get("/docs/"), "docs");
  EXPECT_EQ(get("/nothing/"), "404");
  EXPECT_EQ(get("/docs/deep/page.txt"), "home");
  EXPECT_EQ(get("/docs/deep/page.txt/"), "404");
  EXPECT_EQ(get("/empty.txt"), "");
  EXPECT_EQ(get("/_headers"), "404");
  EXPECT_EQ(get("/name%20with%20spaces/%C3%A9.txt"), "e");
  EXPECT_EQ(get("/INDEX.HTML"), "404");
}

TEST_F(PackedFiles, HaveTypeAndNoTime) {
  Found found = files.open({.base = "index.html"});
  EXPECT_EQ(found.type, "text/html; charset=utf-8");
  EXPECT_FALSE(http::has_last_modified(found.validators, 2'000'000'000));
  EXPECT_TRUE(found.validators.digest == digest_of("home"));
}

TEST_F(PackedFiles, AreReplacedByTheCodingThatTheClientPrefers) {
  Found found = files.open({.base = "index.html"});
  http::AcceptedCodings accepted = {.order = {Coding::zstd, Coding::br, Coding::identity}, .count = 3, .acceptable = 7};
  EXPECT_TRUE(files.use_sibling(found, accepted));
  EXPECT_EQ(std::string(found.body.source.memory(), found.body.length), "HM");
  EXPECT_EQ(found.validators.coding, Coding::br);
  EXPECT_EQ(found.type, "text/html; charset=utf-8");
  found = files.open({.base = "about.html"});
  EXPECT_FALSE(files.use_sibling(found, accepted));
  // Stored compressed only: an entry of its own.
  found = files.open({.base = "game.data", .coding = Coding::gzip});
  EXPECT_EQ(std::string(found.body.source.memory(), found.body.length), "packed");
  EXPECT_TRUE(files.open({.base = "about.html", .coding = Coding::gzip}).missing());
}

TEST_F(PackedFiles, AreReadAsRules) {
  std::vector<char> to(100);
  EXPECT_EQ(files.read("_headers", to).value(), 12U);
  EXPECT_TRUE(files.read("_headers", std::span(to).first(12)).is(Errno::EFBIG_));
  EXPECT_TRUE(files.read("_redirects", to).is(Errno::ENOENT_));
  EXPECT_TRUE(files.read("docs", to).is(Errno::EISDIR_));
  EXPECT_TRUE(files.has_entry("docs") && files.has_entry("index.html") && !files.has_entry("x"));
  Pack::Item item;
  ASSERT_EQ(pack.find("_headers", item), Pack::Lookup::found);
  memory.data()[pack.body(item, Coding::identity)->offset] ^= 1;
  EXPECT_TRUE(files.read("_headers", to).is(Errno::EIO_));
}

std::string listed(const site::Files& files, std::string_view path, http::ListingOrder order = {}) {
  auto listing = std::make_unique<site::Listing>();
  listing->begin(path, order);
  std::string text;
  while (true) {
    auto step = listing->next(files, -1);
    if (step == site::Listing::Step::pause) continue;
    if (step != site::Listing::Step::row) return text + (step == site::Listing::Step::end ? "." : "failed");
    text += std::string(listing->row().name) + (listing->row().directory ? "/ " : " ");
    listing->take_row();
  }
}

TEST_F(PackedFiles, AreHiddenIfTheyHaveTheBytesOfASecret) {
  std::array secrets = {site::Secret{.digest = digest_of("another")}, site::Secret{.digest = digest_of("docs")}};
  files.hide(secrets);
  EXPECT_EQ(get("/docs/index.html"), "404");
  EXPECT_EQ(get("/docs/"), "404");
  EXPECT_EQ(get("/docs/deep/page.txt"), "home");
  EXPECT_EQ(listed(files, "docs"), "deep/ .");
}

TEST_F(PackedFiles, AreListed) {
  EXPECT_EQ(listed(files, "docs"), "deep/ index.html .");
  EXPECT_EQ(listed(files, ""),
            "docs/ name with spaces/ nothing/ 404.html about.html empty.txt game.data.gz index.html .");
  EXPECT_EQ(listed(files, "docs", {.key = http::ListingOrder::Key::size, .descending = true}), "deep/ index.html .");
}

// Nothing in between: who gets a listing would not know that an entry is missing.
TEST_F(PackedFiles, AreListedAsTheyAreOrNotAtAll) {
  std::vector<std::string> right = {listed(files, ""), listed(files, "docs"), listed(files, "docs/deep")};
  auto& header = *reinterpret_cast<const site::pack::Header*>(memory.data());
  size_t failed = 0;
  for (size_t i = 0; i < header.entries.size; i++) {
    char& byte = memory.data()[header.entries.offset + i];
    byte = static_cast<char>(byte ^ 1);
    size_t which = 0;
    for (const char* path : {"", "docs", "docs/deep"}) {
      std::string now = listed(files, path);
      EXPECT_TRUE(now == right[which] || now == "failed") << "byte " << i << ": " << now;
      failed += now == right[which++] ? 0U : 1U;
    }
    byte = static_cast<char>(byte ^ 1);
  }
  EXPECT_GE(failed, header.entries.size);
}

TEST(PackedHosts, HaveDirectoriesOfTheirOwn) {
  PackWriter writer;
  writer.add("a.example/index.html", "A").add("b.example/index.html", "B").add("b.example/x/y.txt", "y");
  writer.hosts = true;
  auto memory = writer.write();
  Pack pack;
  ASSERT_EQ(pack.open(memory.view()), "");
  EXPECT_TRUE(pack.has_hosts());
  site::Files files;
  files.use_pack(pack, "b.example");
  EXPECT_EQ(std::string(files.open({.base = "index.html"}).body.source.memory(), 1), "B");
  EXPECT_EQ(files.open({.base = ""}).kind, Found::Kind::directory);
  EXPECT_EQ(listed(files, ""), "x/ index.html .");
  EXPECT_EQ(listed(files, "x"), "y.txt .");
  EXPECT_TRUE(files.open({.base = std::string(4090, 'a')}).missing());
}

} // namespace
} // namespace minhttp::test
