// SPDX-License-Identifier: MIT
// The page and the JSON of a listing, and its order.

#include "http/listing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "tables/limits.h"

namespace minhttp::test {
namespace {

using http::ListingOrder;
using http::ListingPage;
using http::ListingRow;
using Key = ListingOrder::Key;

constexpr int64_t time = 1'704'164'645; // 2024-01-02 03:04:05

// All of a listing, each piece in a buffer of its own that is as large as was promised.
std::string page(ListingPage::Format format, std::string_view path, const std::vector<ListingRow>& rows,
                 ListingOrder order = {}, std::string_view root = {}) {
  ListingPage page(format, root, path, order);
  http::ListingCounts counts;
  for (const ListingRow& row : rows) row.directory ? counts.directories++ : counts.files++;
  std::string text;
  auto piece = [&](size_t room, auto write) {
    std::string out(room, 0);
    Writer writer(out);
    bool more = write(writer);
    text += writer.view();
    return more;
  };
  while (piece(limits::piece_max, [&](Writer& out) { return page.write_start(out, counts); })) {
  }
  for (const ListingRow& row : rows) {
    EXPECT_LE(ListingPage::row_bytes_max(row), limits::piece_max);
    piece(ListingPage::row_bytes_max(row), [&](Writer& out) {
      page.write_row(out, row);
      return false;
    });
  }
  piece(limits::piece_max, [&](Writer& out) {
    page.write_end(out);
    return false;
  });
  return text;
}

std::string html(std::string_view path, const std::vector<ListingRow>& rows, ListingOrder order = {},
                 std::string_view root = {}) {
  return page(ListingPage::Format::html, path, rows, order, root);
}

// What stands between two texts.
std::string between(const std::string& text, const std::string& from, const std::string& to) {
  size_t begin = text.find(from);
  size_t end = text.find(to, begin + from.size());
  EXPECT_TRUE(begin != text.npos && end != text.npos) << from << "..." << to << " in " << text;
  return text.substr(begin + from.size(), end - begin - from.size());
}

std::string row(const ListingRow& row) { return between(html("", {row}), "<tbody>\n", "\n</table>"); }

TEST(ListingPage, RowsAreExactlyThisHtml) {
  EXPECT_EQ(row({.name = "a.txt", .size = 1, .seconds = time}),
            "<tr><td><a href=\"./a.txt\"><bdi>a.txt</bdi></a><td title=\"1 byte\">1 B<td>"
            "<time datetime=\"2024-01-02T03:04:05Z\">2024-01-02<span> 03:04</span></time>");
  EXPECT_EQ(row({.name = "dir", .directory = true, .size = 4096, .seconds = 0}),
            "<tr class=\"d\"><td><a href=\"./dir/\"><bdi>dir</bdi>/</a><td><td>"
            "<time datetime=\"1970-01-01T00:00:00Z\">1970-01-01<span> 00:00</span></time>");
  EXPECT_EQ(row({.name = "to", .link = true, .size = 0, .seconds = -1}),
            "<tr><td><a href=\"./to\"><bdi>to</bdi></a> <i>link</i><td title=\"0 bytes\">0 B<td>");
  EXPECT_EQ(row({.name = "<img src=x>\xff&\"", .seconds = INT64_MAX}),
            "<tr><td><a href=\"./%3Cimg%20src%3Dx%3E%FF%26%22\"><bdi>&lt;img src=x&gt;\xef\xbf\xbd&amp;&quot;</bdi></a>"
            "<td title=\"0 bytes\">0 B<td>");
  EXPECT_NE(row({.name = "javascript:alert(1)"}).find("href=\"./javascript%3Aalert%281%29\""), std::string::npos);
  EXPECT_NE(row({.name = "//evil", .directory = true}).find("href=\"./%2F%2Fevil/\""), std::string::npos);
}

TEST(ListingPage, Sizes) {
  auto shown = [](uint64_t bytes) {
    std::string text = row({.name = "a", .size = bytes, .seconds = -1});
    return between(text, bytes == 1 ? "byte\">" : "bytes\">", "<td>");
  };
  constexpr uint64_t ki = 1024;
  EXPECT_EQ(shown(0), "0 B");
  EXPECT_EQ(shown(1), "1 B");
  EXPECT_EQ(shown(1023), "1023 B");
  EXPECT_EQ(shown(1024), "1.0 KiB");
  EXPECT_EQ(shown(1075), "1.0 KiB");
  EXPECT_EQ(shown(1076), "1.1 KiB");
  EXPECT_EQ(shown(10 * ki - 52), "9.9 KiB");
  EXPECT_EQ(shown(10 * ki - 51), "10 KiB");
  EXPECT_EQ(shown(ki * ki - 513), "1023 KiB");
  EXPECT_EQ(shown(ki * ki - 512), "1.0 MiB");
  EXPECT_EQ(shown(ki * ki), "1.0 MiB");
  EXPECT_EQ(shown(700 * ki * ki), "700 MiB");
  EXPECT_EQ(shown(5'000'000'000), "4.7 GiB");
  EXPECT_EQ(shown(ki * ki * ki * ki), "1.0 TiB");
  EXPECT_EQ(shown(UINT64_MAX), "16 EiB");
}

TEST(ListingPage, HasALinkToEachDirectoryAbove) {
  auto way = [](std::string_view path) { return between(html(path, {}), "<main>\n", "<p>"); };
  EXPECT_EQ(way(""), "<h1>Index</h1>\n");
  EXPECT_EQ(way("a"), "<nav><a href=\"../\">Index</a> / </nav>\n<h1>a</h1>\n");
  EXPECT_EQ(way("a<b/\xff/c&d"),
            "<nav><a href=\"../../../\">Index</a> / <a href=\"../../\">a&lt;b</a> / <a href=\"../\">\xef\xbf\xbd</a> / "
            "</nav>\n<h1>c&amp;d</h1>\n");
  std::string deep;
  for (int i = 0; i < 2000; i++) deep += "d" + std::to_string(i) + "/";
  std::string text = way(deep + "end");
  EXPECT_EQ(
      text.substr(0, text.find("</a>")), "<nav>\xe2\x80\xa6 / <a href=\"" + [] {
        std::string up;
        for (uint32_t i = 1; i < limits::crumbs_max; i++) up += "../";
        return up;
      }() + "\">d1985");
  EXPECT_NE(text.find("<a href=\"../\">d1999</a> / </nav>\n<h1>end</h1>"), std::string::npos);
}

TEST(ListingPage, CountsParentAndTitle) {
  EXPECT_NE(html("", {}).find("<p>Nothing here.</p>"), std::string::npos);
  EXPECT_EQ(html("", {}).find("../"), std::string::npos);
  EXPECT_NE(html("x", {}).find("<tbody>\n<tr class=\"d\"><td><a href=\"../\" "), std::string::npos);
  ListingRow file = {.name = "f"};
  ListingRow directory = {.name = "d", .directory = true};
  EXPECT_NE(html("", {file}).find("<p>1 file</p>"), std::string::npos);
  EXPECT_NE(html("", {directory, file, file}).find("<p>1 directory, 2 files</p>"), std::string::npos);
  EXPECT_NE(html("", {directory, directory}).find("<p>2 directories</p>"), std::string::npos);
}

TEST(ListingPage, TheTitleIsHostAndPath) {
  auto title = [](std::string_view root, std::string_view path) {
    return between(html(path, {}, {}, root), "<title>", "</title>");
  };
  EXPECT_EQ(title("", ""), "/");
  EXPECT_EQ(title("", "a/<b>"), "/a/&lt;b&gt;/");
  EXPECT_EQ(title("files.example:8080", ""), "files.example:8080/");
  EXPECT_EQ(title("files.example/app", "a/b"), "files.example/app/a/b/");
  EXPECT_EQ(title("a&b'\"<x>", "c"), "a&amp;b'&quot;&lt;x&gt;/c/");
  std::string long_name(limits::name_max, 'n');
  EXPECT_EQ(title("h", long_name), "h/" + long_name + "/");
  EXPECT_EQ(title("h", "a/" + long_name), "h/\xe2\x80\xa6/" + long_name + "/");
  EXPECT_EQ(title("h", "a/bc/" + long_name.substr(3)), "h/\xe2\x80\xa6/bc/" + long_name.substr(3) + "/");
}

TEST(ListingPage, TheRootHasTheHostAsItsName) {
  auto way = [](std::string_view path) { return between(html(path, {}, {}, "x&y.example:81"), "<main>\n", "<p>"); };
  EXPECT_EQ(way(""), "<h1>x&amp;y.example:81</h1>\n");
  EXPECT_EQ(way("a/b"),
            "<nav><a href=\"../../\">x&amp;y.example:81</a> / <a href=\"../\">a</a> / </nav>\n<h1>b</h1>\n");
}

TEST(ListingPage, ColumnsSortInBothDirections) {
  std::string by_name = html("", {});
  EXPECT_NE(by_name.find("aria-sort=\"ascending\"><a href=\"?sort=name&amp;order=desc\">Name<"), std::string::npos);
  EXPECT_NE(by_name.find("<th scope=\"col\"><a href=\"?sort=size&amp;order=desc\">Size<"), std::string::npos)
      << "the largest first";
  EXPECT_NE(by_name.find("<th scope=\"col\"><a href=\"?sort=time&amp;order=desc\">Modified<"), std::string::npos)
      << "the newest first";
  std::string by_time = html("", {}, {.key = Key::time, .descending = true});
  EXPECT_NE(by_time.find("<th scope=\"col\"><a href=\"?sort=name&amp;order=asc\">Name<"), std::string::npos);
  EXPECT_NE(by_time.find("aria-sort=\"descending\"><a href=\"?sort=time&amp;order=asc\">Modified<"), std::string::npos);
}

TEST(ListingPage, LongestNamesFit) {
  for (char c : {'"', '\x01', '\xff', 'a'}) {
    std::string name(limits::name_max, c);
    ListingRow longest = {.name = name, .directory = true, .link = true, .size = UINT64_MAX, .seconds = time};
    ListingRow file = {.name = name, .directory = false, .link = true, .size = UINT64_MAX, .seconds = time};
    std::string root(limits::listing_root_max, c);
    html(name + "/" + name + "/" + name, {longest, file}, {}, root);
    html("", {}, {}, root);
    page(ListingPage::Format::json, name, {longest, file});
  }
}

TEST(ListingPage, JsonIsReadBack) {
  EXPECT_EQ(page(ListingPage::Format::json, "", {}), "[\n]\n");
  std::string all;
  for (int c = 1; c < 256; c++) all += static_cast<char>(c);
  auto read = nlohmann::json::parse(page(ListingPage::Format::json, "",
                                         {{.name = "dir", .directory = true, .seconds = time},
                                          {.name = "a\"\\\n", .link = true, .size = UINT64_MAX, .seconds = -1},
                                          {.name = all}}));
  EXPECT_EQ(read[0], nlohmann::json::parse(R"({"name":"dir","href":"./dir/","type":"directory","size":null,
                                               "mtime":"2024-01-02T03:04:05Z","link":false})"));
  EXPECT_EQ(read[1], (nlohmann::json{{"name", "a\"\\\n"},
                                     {"href", "./a%22%5C%0A"},
                                     {"type", "file"},
                                     {"size", UINT64_MAX},
                                     {"mtime", nullptr},
                                     {"link", true}}));
  EXPECT_EQ(read.size(), 3U);
}

TEST(ListingOrder, Queries) {
  auto is = [](std::string_view query, Key key, bool descending) {
    ListingOrder order = http::parse_listing_order(query);
    return order.key == key && order.descending == descending;
  };
  for (const char* query : {"", "?", "?sort=name", "?sort=", "?sort", "?order=asc", "?sort=Size", "?xsort=size",
                            "?sort=sizes", "?&&", "?=", "?sort=name&sort=size", "?order=DESC"}) {
    EXPECT_TRUE(is(query, Key::name, false)) << query;
  }
  EXPECT_TRUE(is("?sort=size", Key::size, false));
  EXPECT_TRUE(is("?order=desc&x=1&sort=time", Key::time, true));
  EXPECT_TRUE(is("?order=desc", Key::name, true));
}

// A name as what it is sorted by: each number with its size in front, each other byte in lower case.
std::vector<std::tuple<int, size_t, std::string>> tokens(std::string_view name) {
  std::vector<std::tuple<int, size_t, std::string>> all;
  for (size_t i = 0; i < name.size();) {
    if (!is_digit(name[i])) {
      all.emplace_back(static_cast<unsigned char>(to_lower(name[i++])), 0, "");
      continue;
    }
    size_t end = i;
    while (end < name.size() && is_digit(name[end])) end++;
    while (i < end && name[i] == '0') i++;
    all.emplace_back('0', end - i, name.substr(i, end - i));
    i = end;
  }
  return all;
}

TEST(ListingOrder, NumbersInNamesAreSortedByValue) {
  auto before = [](std::string_view a, std::string_view b) {
    return http::stands_before({.name = a}, {.name = b}, {});
  };
  std::string nines(1000, '9');
  std::string large = "1" + std::string(1000, '0');
  const std::vector<std::string> names = {
      "!",         "0",  "00",    "1",     "01",     "1.5",      "2",        "10",        "10a", "a",
      "A",         "a0", "a00",   "a1",    "a01",    "a1b",      "A01b",     "a2",        "a10", "a" + nines,
      "a" + large, "aa", "file2", "File3", "file10", "file10-1", "file10-2", "file10-12", "z",   "~"};
  for (size_t i = 0; i < names.size(); i++) {
    for (size_t j = 0; j < names.size(); j++) {
      bool either = before(names[i], names[j]) || before(names[j], names[i]);
      EXPECT_EQ(either, i != j) << names[i] << " " << names[j] << ": of two names one is the first";
    }
  }
  EXPECT_TRUE(before("file2", "file10"));
  EXPECT_TRUE(before("file9.txt", "File10.txt"));
  EXPECT_TRUE(before("v1.9.1", "v1.10.0"));
  EXPECT_TRUE(before("2024-9-1", "2024-10-1"));
  EXPECT_TRUE(before("a01", "a1")) << "the same number: by their bytes";
  EXPECT_TRUE(before("a01", "a2"));
  EXPECT_TRUE(before("a" + nines, "a" + large));
  EXPECT_TRUE(before("a", "a0"));
  EXPECT_TRUE(before("0", "00"));
}

TEST(ListingOrder, AgreesWithAPlainSort) {
  std::mt19937 random(3);
  std::vector<std::string> names;
  for (int i = 0; i < 300; i++) {
    std::string name;
    for (size_t n = 1 + random() % 4; n > 0; n--)
      name +=
          "aAbB_\xff"
          "0129"[random() % 10];
    names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::vector<ListingRow> rows;
  for (const std::string& name : names) {
    rows.push_back({.name = name,
                    .directory = random() % 3 == 0,
                    .size = random() % 4,
                    .seconds = static_cast<int64_t>(random() % 4)});
  }
  for (Key key : {Key::name, Key::size, Key::time}) {
    for (bool descending : {false, true}) {
      auto by_name = [&](const ListingRow& a, const ListingRow& b) {
        auto x = tokens(a.name), y = tokens(b.name);
        return std::tie(x, a.name) < std::tie(y, b.name);
      };
      auto expected = rows;
      std::sort(expected.begin(), expected.end(), [&](const ListingRow& a, const ListingRow& b) {
        if (a.directory != b.directory) return a.directory;
        uint64_t x = key == Key::size ? a.size : static_cast<uint64_t>(a.seconds);
        uint64_t y = key == Key::size ? b.size : static_cast<uint64_t>(b.seconds);
        bool no_size = key == Key::size && a.directory;
        if (key != Key::name && !no_size && x != y) return (x < y) != descending;
        return key == Key::name && descending ? by_name(b, a) : by_name(a, b);
      });
      auto sorted = rows;
      std::shuffle(sorted.begin(), sorted.end(), random);
      std::sort(sorted.begin(), sorted.end(), [&](const ListingRow& a, const ListingRow& b) {
        return http::stands_before(a, b, {.key = key, .descending = descending});
      });
      for (size_t i = 0; i < rows.size(); i++) EXPECT_EQ(sorted[i].name, expected[i].name);
    }
  }
}

} // namespace
} // namespace minhttp::test
