// SPDX-License-Identifier: MIT
// A tour: write_start() is called until the rows can begin. It writes the head of the page, then links to the
// directories above, one segment each call, then the head of the table. All links are relative, with "./" before a
// name, so that no name is taken for a scheme, and the page works behind a proxy that adds a prefix.

#include "http/listing.h"

#include "http/date.h"
#include "http/escape.h"
#include "http/listing_style.h"
#include "tables/limits.h"

namespace minhttp::http {
namespace {

using Key = ListingOrder::Key;

constexpr size_t row_frame_bytes = 512; // a row without its name

static_assert(limits::piece_max >= limits::name_max * limits::escaped_byte_max + sizeof listing_style + 1024,
              "the end of the longest title, and the style sheet");
static_assert(limits::piece_max >= limits::name_max * (limits::escaped_byte_max + 3) + row_frame_bytes,
              "a row of the longest name, as text and as a link");
static_assert(limits::piece_max >= (limits::name_max + limits::listing_root_max) * limits::escaped_byte_max +
                                       3 * limits::crumbs_max + row_frame_bytes,
              "the site's root and a directory on the way");

int compare_numbers(auto a, auto b) { return a < b ? -1 : a > b ? 1 : 0; }

int compare_bytes(std::string_view a, std::string_view b) {
  for (size_t i = 0; i < a.size() && i < b.size(); i++) {
    if (a[i] != b[i]) return compare_numbers(static_cast<unsigned char>(a[i]), static_cast<unsigned char>(b[i]));
  }
  return compare_numbers(a.size(), b.size());
}

// Takes the digits off the start of text and returns them without leading zeros.
std::string_view take_number(std::string_view& text) {
  size_t zeros = 0;
  while (zeros < text.size() && text[zeros] == '0') zeros++;
  size_t end = zeros;
  while (end < text.size() && is_digit(text[end])) end++;
  std::string_view digits(text.data() + zeros, end - zeros);
  text.remove_prefix(end);
  return digits;
}

// Natural order: digits compare as a number of any length, letters compare without case. Names that are equal so
// compare by their bytes. Each byte is read a few times at most.
int compare_names(std::string_view a, std::string_view b) {
  std::string_view x = a;
  std::string_view y = b;
  while (!x.empty() && !y.empty()) {
    int order = 0;
    if (is_digit(x[0]) && is_digit(y[0])) {
      std::string_view m = take_number(x);
      std::string_view n = take_number(y);
      order = compare_numbers(m.size(), n.size());
      if (order == 0) order = compare_bytes(m, n);
    } else {
      order = compare_numbers(static_cast<unsigned char>(to_lower(x[0])), static_cast<unsigned char>(to_lower(y[0])));
      x.remove_prefix(1);
      y.remove_prefix(1);
    }
    if (order != 0) return order;
  }
  if (x.size() != y.size()) return x.empty() ? -1 : 1;
  return compare_bytes(a, b);
}

std::string_view key_name(Key key) { return take(drop("namesizetime"sv, static_cast<size_t>(key) * 4), 4); }

// The value of a query parameter; empty: there is none.
std::string_view parameter(std::string_view query, std::string_view name) {
  query = drop(query, query.empty() ? 0 : 1);
  while (!query.empty()) {
    std::string_view pair = take_until(query, '&');
    size_t sign = find(pair, '=');
    if (sign < pair.size() && equal(take(pair, sign), name)) return drop(pair, sign + 1);
  }
  return {};
}

std::string_view last_segment(std::string_view path) {
  size_t start = path.size();
  while (start > 0 && path[start - 1] != '/') start--;
  return drop(path, start);
}

uint32_t segments(std::string_view path) {
  uint32_t count = path.empty() ? 0 : 1;
  for (char c : path) count += c == '/' ? 1 : 0;
  return count;
}

// At most three digits, or four below 1 KiB: 0 B, 1023 B, 1.5 KiB, 23 MiB. Rounded to nearest.
void write_size(Writer& out, uint64_t size) {
  constexpr std::string_view units = "KMGTPE"sv;
  if (size < 1024) {
    out.decimal(size).text(" B");
    return;
  }
  size_t unit = 0;
  uint64_t rest = size;                         // in 1/1024 of the unit
  while (rest >= uint64_t{1024} * 1024 - 512) { // so that it is not rounded to 1024
    rest = (rest >> 10) + (rest >> 9 & 1);
    unit++;
  }
  uint64_t tenths = (rest * 10 + 512) >> 10;
  if (tenths < 100) {
    out.decimal(tenths / 10).byte('.').decimal(tenths % 10);
  } else {
    out.decimal((rest + 512) >> 10);
  }
  out.byte(' ').byte(units[unit]).text("iB");
}

void write_day(Writer& out, const Civil& time) {
  out.two_digits(time.year / 100).two_digits(time.year % 100);
  out.byte('-').two_digits(time.month).byte('-').two_digits(time.day);
}

// RFC 3339.
void write_timestamp(Writer& out, const Civil& time) {
  write_day(out, time);
  out.byte('T').two_digits(time.hour).byte(':').two_digits(time.minute).byte(':').two_digits(time.second).byte('Z');
}

// to_civil() handles years of four digits, not before 1970.
bool has_timestamp(int64_t seconds) { return seconds >= 0 && seconds <= last_second; }

void write_time(Writer& out, int64_t seconds) {
  if (!has_timestamp(seconds)) return;
  Civil time = to_civil(seconds);
  out.text("<time datetime=\"");
  write_timestamp(out, time);
  out.text("\">");
  write_day(out, time);
  out.text("<span> ").two_digits(time.hour).byte(':').two_digits(time.minute).text("</span></time>");
}

void write_link(Writer& out, const ListingRow& row) {
  out.text("./");
  write_segment(out, row.name);
  if (row.directory) out.byte('/');
}

void write_html_row(Writer& out, const ListingRow& row) {
  out.text(row.directory ? "<tr class=\"d\"><td><a href=\""sv : "<tr><td><a href=\""sv);
  write_link(out, row);
  out.text("\"><bdi>");
  write_html(out, row.name);
  out.text(row.directory ? "</bdi>/</a>"sv : "</bdi></a>"sv);
  if (row.link) out.text(" <i>link</i>");
  if (row.directory) {
    out.text("<td>");
  } else {
    out.text("<td title=\"").decimal(row.size).text(row.size == 1 ? " byte\">"sv : " bytes\">"sv);
    write_size(out, row.size);
  }
  out.text("<td>");
  write_time(out, row.seconds);
  out.byte('\n');
}

void write_json_row(Writer& out, const ListingRow& row) {
  out.text("{\"name\":\"");
  write_json(out, row.name);
  out.text("\",\"href\":\"");
  write_link(out, row);
  out.text(row.directory ? "\",\"type\":\"directory\",\"size\":null"sv : "\",\"type\":\"file\",\"size\":"sv);
  if (!row.directory) out.decimal(row.size);
  out.text(",\"mtime\":");
  if (has_timestamp(row.seconds)) {
    out.byte('"');
    write_timestamp(out, to_civil(row.seconds));
    out.byte('"');
  } else {
    out.text("null");
  }
  out.text(row.link ? ",\"link\":true}"sv : ",\"link\":false}"sv);
}

void write_count(Writer& out, uint64_t count, std::string_view one, std::string_view many) {
  out.decimal(count).byte(' ').text(count == 1 ? one : many);
}

// Writes a column's head: a link that sorts by this column, or reverses the order if it is sorted so already. Size and
// time begin with the largest and newest.
void write_column(Writer& out, std::string_view title, Key key, ListingOrder now) {
  bool active = now.key == key;
  bool descending = active ? !now.descending : key != Key::name;
  out.text("<th scope=\"col\"");
  if (active) out.text(now.descending ? " aria-sort=\"descending\""sv : " aria-sort=\"ascending\""sv);
  out.text("><a href=\"?sort=").text(key_name(key)).text("&amp;order=").text(descending ? "desc"sv : "asc"sv);
  out.text("\">").text(title).text("</a>");
}

void write_page_head(Writer& out, std::string_view root) {
  out.text(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"sv
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>"sv);
  write_html(out, root);
}

// Continues the title with the path; of a long path only the end is shown.
void write_title_end(Writer& out, std::string_view path) {
  out.byte('/');
  if (path.size() > limits::name_max) out.text("\xe2\x80\xa6/");
  while (path.size() > limits::name_max) path = drop(path, find(path, '/') + 1);
  write_html(out, path);
  out.text(path.empty() ? "</title>\n<style>"sv : "/</title>\n<style>"sv)
      .text({listing_style, sizeof listing_style - 1})
      .text("</style>\n</head>\n<body>\n<main>\n");
}

// Begins a link to the directory so many levels above.
void write_way_up(Writer& out, uint32_t steps) {
  out.text("<a href=\"");
  while (steps-- > 0) out.text("../");
  out.text("\">");
}

void write_table_head(Writer& out, std::string_view path, const ListingCounts& counts, ListingOrder order) {
  out.text("<p>");
  if (counts.directories + counts.files == 0) {
    out.text("Nothing here.");
  } else {
    if (counts.directories > 0) write_count(out, counts.directories, "directory"sv, "directories"sv);
    if (counts.directories > 0 && counts.files > 0) out.text(", ");
    if (counts.files > 0) write_count(out, counts.files, "file"sv, "files"sv);
  }
  out.text("</p>\n<table>\n<thead><tr>");
  write_column(out, "Name"sv, Key::name, order);
  write_column(out, "Size"sv, Key::size, order);
  write_column(out, "Modified<span> (UTC)</span>"sv, Key::time, order);
  out.text("\n<tbody>\n");
  if (!path.empty()) out.text("<tr class=\"d\"><td><a href=\"../\" aria-label=\"Parent directory\">../</a><td><td>\n");
}

} // namespace

ListingOrder parse_listing_order(std::string_view query) {
  ListingOrder order;
  std::string_view key = parameter(query, "sort"sv);
  if (equal(key, "size")) order.key = Key::size;
  if (equal(key, "time")) order.key = Key::time;
  order.descending = equal(parameter(query, "order"), "desc"sv);
  return order;
}

bool stands_before(const ListingRow& a, const ListingRow& b, ListingOrder order) {
  if (a.directory != b.directory) return a.directory;
  int by_key = 0;
  if (order.key == Key::size && !a.directory) by_key = compare_numbers(a.size, b.size);
  if (order.key == Key::time) by_key = compare_numbers(a.seconds, b.seconds);
  if (order.key == Key::name) by_key = compare_names(a.name, b.name);
  if (by_key != 0) return (by_key < 0) != order.descending;
  return compare_names(a.name, b.name) < 0;
}

std::string_view listing_policy() {
  return "default-src 'none'; style-src '"sv LISTING_STYLE_HASH "'; base-uri 'none'; form-action 'none'"sv;
}

bool ListingPage::write_start(Writer& out, const ListingCounts& counts) {
  if (format_ == Format::json) {
    out.byte('[');
    return false;
  }
  switch (part_) {
    case Part::head: write_page_head(out, root_); break;
    case Part::style: write_title_end(out, path_); break;
    case Part::way:
      if (write_crumb(out)) return true;
      break;
    case Part::title:
      out.text("<h1>");
      write_html(out, path_.empty() ? root_name() : last_segment(path_));
      out.text("</h1>\n");
      break;
    case Part::table: write_table_head(out, path_, counts, order_); return false;
  }
  part_ = static_cast<Part>(static_cast<uint8_t>(part_) + 1);
  return true;
}

// Writes a link to one of the directories above; of very many only the last ones. False: that was the last one.
bool ListingPage::write_crumb(Writer& out) {
  if (path_.empty()) return false;
  std::string_view rest = drop(path_, crumb_at_);
  uint32_t left = segments(rest);
  if (crumb_at_ == 0) {
    out.text("<nav>");
    if (left > limits::crumbs_max) {
      out.text("\xe2\x80\xa6 / ");
      for (; left > limits::crumbs_max; left--) rest = drop(rest, find(rest, '/') + 1);
    } else {
      write_way_up(out, left);
      write_html(out, root_name());
      out.text("</a> / ");
    }
  }
  if (left > 1) {
    size_t end = find(rest, '/');
    write_way_up(out, left - 1);
    write_html(out, take(rest, end));
    out.text("</a> / ");
    rest = drop(rest, end + 1);
  }
  crumb_at_ = path_.size() - rest.size();
  if (left > 2) return true;
  out.text("</nav>\n");
  return false;
}

void ListingPage::write_row(Writer& out, const ListingRow& row) {
  if (format_ == Format::html) return write_html_row(out, row);
  out.text(has_rows_ ? ",\n"sv : "\n"sv);
  has_rows_ = true;
  write_json_row(out, row);
}

size_t ListingPage::row_bytes_max(const ListingRow& row) {
  return row.name.size() * (limits::escaped_byte_max + 3) + row_frame_bytes;
}

void ListingPage::write_end(Writer& out) {
  out.text(format_ == Format::html ? "</table>\n</main>\n</body>\n</html>\n"sv : "\n]\n"sv);
}

} // namespace minhttp::http
