// SPDX-License-Identifier: MIT
#include "unit/h1/heads.h"

#include <string_view>

#include "tables/limits.h"

namespace minhttp::test {
namespace {

using Cases = std::vector<HeadCase>;

std::string repeat(size_t count, std::string_view piece) {
  std::string text;
  while (count-- > 0) text += piece;
  return text;
}

// With one Host field, nothing else.
std::string with_line(const std::string& line) { return line + "\r\nHost: a\r\n\r\n"; }
// With one more field line.
std::string with_field(const std::string& field) { return "GET / HTTP/1.1\r\nHost: a\r\n" + field + "\r\n\r\n"; }
std::string with_host(const std::string& host) { return "GET / HTTP/1.1\r\nHost:" + host + "\r\n\r\n"; }

void add_request_lines(Cases& cases) {
  auto add = [&](const char* rule, const std::string& line, int verdict) {
    cases.push_back({rule, with_line(line), verdict});
  };
  add("the simplest", "GET / HTTP/1.1", done);
  add("1.0", "GET / HTTP/1.0", done);
  add("a higher minor version is 1.1", "GET / HTTP/1.9", done);
  add("every method has an answer later", "BREW /pot HTTP/1.1", done);
  add("methods are tokens", "G!#$%&'*+-.^_`|~9 / HTTP/1.1", done);
  add("a method in another case is another method", "get / HTTP/1.1", done);
  add("the longest method", repeat(limits::method_max, "M") + " / HTTP/1.1", done);
  add("a method that is too long", repeat(limits::method_max + 1, "M") + " / HTTP/1.1", 501);
  add("a method that fills the buffer", repeat(limits::head_max, "M"), 501);
  add("no method", " / HTTP/1.1", 400);
  add("a method with a separator", "GE:T / HTTP/1.1", 400);
  add("a method with a byte above ASCII", "G\xc9T / HTTP/1.1", 400);
  add("a quote in the method", "G\"T / HTTP/1.1", 400);
  add("HTTP/0.9", "GET /", 400);
  add("one word", "GET", 400);
  add("no target", "GET  HTTP/1.1", 400);
  add("two spaces before the target", "GET  / HTTP/1.1", 400);
  add("two spaces before the version", "GET /  HTTP/1.1", 400);
  add("a space behind the version", "GET / HTTP/1.1 ", 400);
  add("a space before the method", " GET / HTTP/1.1", 400);
  add("a tab for a space", "GET\t/ HTTP/1.1", 400);
  add("a tab before the version", "GET /\tHTTP/1.1", 400);
  add("a space in the target", "GET /a b HTTP/1.1", 400);
  add("lower case version", "GET / http/1.1", 400);
  add("another protocol", "GET / HTTQ/1.1", 400);
  add("two digits", "GET / HTTP/1.10", 400);
  add("two digits in front", "GET / HTTP/01.1", 400);
  add("no digit", "GET / HTTP/1.", 400);
  add("a letter", "GET / HTTP/1.x", 400);
  add("a letter in front", "GET / HTTP/x.1", 400);
  add("a comma", "GET / HTTP/1,1", 400);
  add("signs", "GET / HTTP/+1.1", 400);
  add("version 2", "GET / HTTP/2.0", 505);
  add("version 0", "GET / HTTP/0.9", 505);
  add("the preface of HTTP/2", "PRI * HTTP/2.0", 505);
  add("version 3", "GET / HTTP/3.0", 505);
  cases.push_back({"empty lines in front", "\r\n\r\n" + with_line("GET / HTTP/1.1"), done});
  cases.push_back({"a bare LF in front", "\n" + with_line("GET / HTTP/1.1"), 400});
  cases.push_back({"a line with a space in front", " \r\n" + with_line("GET / HTTP/1.1"), 400});
}

void add_targets(Cases& cases) {
  auto add = [&](const char* rule, const std::string& target, int verdict, const char* method = "GET") {
    cases.push_back({rule, with_line(std::string(method) + " " + target + " HTTP/1.1"), verdict});
  };
  std::string visible; // RFC 3986, and what browsers send as it stands in a link
  for (char c = 0x21; c < 0x7f; c++) {
    if (std::string_view("\"<>#").find(c) == std::string_view::npos) visible += c;
  }
  add("all bytes of a target", "/" + visible, done);
  for (const char* c : {"\"", "<", ">", "#", "\x80", "\xff", "\x7f", "\x01", "\t"}) {
    add("a byte that no target has", std::string("/a") + c + "b", 400);
    add("a byte that no query has", std::string("/?a") + c + "b", 400);
  }
  add("the longest", "/" + repeat(limits::target_max - 1, "a"), done);
  add("one byte more", "/" + repeat(limits::target_max, "a"), 414);
  add("the longest with its query", "/?" + repeat(limits::target_max - 2, "a"), done);
  add("no slash in front", "a", 400);
  add("a question mark in front", "?a", 400);
  add("only OPTIONS may ask for *", "*", 400);
  add("OPTIONS *", "*", done, "OPTIONS");
  add("OPTIONS of something behind *", "*a", 400, "OPTIONS");
  add("absolute", "http://a/", done);
  add("absolute in capitals", "HTTP://A/b?c", done);
  add("absolute without a path", "http://a", done);
  add("absolute with a query alone", "http://a?b", done);
  add("absolute with a port", "http://a:80/", done);
  add("absolute with an address", "http://[::1]:80/", done);
  add("absolute without a host", "http:///a", 400);
  add("absolute with a user", "http://u@a/", 400);
  add("absolute with a bad port", "http://a:b/", 400);
  add("absolute, not ours", "https://a/", 400);
  add("absolute, not ours at all", "ftp://a/", 400);
  add("one slash", "http:/a", 400);
  add("an empty scheme", "://a/", 400);
  add("OPTIONS of a server by its name", "http://a", done, "OPTIONS");
  add("CONNECT", "a:443", done, "CONNECT");
  add("CONNECT to an address", "[::1]:443", done, "CONNECT");
  add("CONNECT without a port", "a", 400, "CONNECT");
  add("CONNECT with an empty port", "a:", 400, "CONNECT");
  add("CONNECT without a host", ":443", 400, "CONNECT");
  add("CONNECT to a path", "/", 400, "CONNECT");
  add("CONNECT with a path behind", "a:443/", 400, "CONNECT");
  add("an authority for another method", "a:443", 400);
}

void add_hosts(Cases& cases) {
  auto add = [&](const char* rule, const std::string& host, int verdict) {
    cases.push_back({rule, with_host(host), verdict});
  };
  add("no space", "a", done);
  add("spaces and tabs around", " \t a.example \t", done);
  add("with a port", "a:8080", done);
  add("an empty port", "a:", done);
  add("an address", "192.0.2.1", done);
  add("IPv6", "[2001:db8::1]:8080", done);
  add("an escape", "a%20b", done);
  add("the longest", repeat(limits::host_max, "a"), done);
  add("too long", repeat(limits::host_max + 1, "a"), 400);
  add("empty", "", 400);
  add("only spaces", "  ", 400);
  add("only a port", ":80", 400);
  add("a port that is too large", "a:65536", 400);
  add("a port of many digits", "a:" + repeat(30, "9"), 400);
  add("a port with a sign", "a:+80", 400);
  add("two ports", "a:80:80", 400);
  add("a path", "a/b", 400);
  add("a query", "a?b", 400);
  add("a user", "u@a", 400);
  add("two names", "a, b", 400);
  add("a space", "a b", 400);
  add("a broken escape", "a%2", 400);
  add("a broken escape that goes on", "a%2gb", 400);
  add("IPv6 without its end", "[::1", 400);
  add("IPv6 with something behind", "[::1]a", 400);
  add("IPv6 with a zone", "[fe80::1%25eth0]", 400);
  add("IPv6 without brackets", "::1", 400);
  add("no IPv6 in brackets", "[a]", 400);
  add("a byte above ASCII", "\xc3\xa9", 400);
  add("a backslash", "a\\b", 400);
  cases.push_back({"1.1 without", "GET / HTTP/1.1\r\n\r\n", 400});
  cases.push_back({"1.1 without, absolute", "GET http://a/ HTTP/1.1\r\n\r\n", 400});
  cases.push_back({"1.0 without", "GET / HTTP/1.0\r\n\r\n", done});
  cases.push_back({"1.0 with a bad one", "GET / HTTP/1.0\r\nHost: a b\r\n\r\n", 400});
  cases.push_back({"twice", with_field("Host: a"), 400});
  cases.push_back({"twice in another case", with_field("hOST: b"), 400});
}

void add_fields(Cases& cases) {
  auto add = [&](const char* rule, const std::string& field, int verdict) {
    cases.push_back({rule, with_field(field), verdict});
  };
  add("any name and value", "X-A_b.c~1: some value, \"quoted\" (and) more;", done);
  add("all bytes of a name", "!#$%&'*+-.^_`|~09AZaz: x", done);
  add("an empty value", "X:", done);
  add("a value of bytes above ASCII", "X: \x80\xff", done);
  add("a tab in the value", "X: a\tb", done);
  add("a colon in the value", "X: a:b", done);
  add("an empty name", ": x", 400);
  add("no colon", "X", 400);
  add("a space before the colon", "X : x", 400);
  add("a tab before the colon", "X\t: x", 400);
  add("a space in the name", "X Y: x", 400);
  add("a space in front", " X: x", 400);
  add("a folded line", "X: a\r\n b", 400);
  add("a line folded with a tab", "X: a\r\n\tb", 400);
  add("a separator in the name", "X(Y): x", 400);
  add("a byte above ASCII in the name", "\xc9: x", 400);
  for (char c = 1; c < 0x20; c++) {
    if (c == '\t' || c == '\r' || c == '\n') continue;
    add("a control byte in a value", std::string("X: a") + c + "b", 400);
    add("a control byte in a name", std::string("X") + c + ": b", 400);
  }
  add("NUL in a value", std::string("X: a\0b", 6), 400);
  add("NUL in a name", std::string("X\0: b", 5), 400);
  add("DEL in a value", "X: a\x7f", 400);
  add("a bare CR in a value", "X: a\rb", 400);
  add("CR CR LF", "X: a\r", 400);
  cases.push_back({"a bare LF ends no line", "GET / HTTP/1.1\nHost: a\n\n", 400});
  cases.push_back({"a bare LF ends no field", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400});
  cases.push_back({"a bare LF ends no head", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400});
  cases.push_back({"a bare CR ends no line", "GET / HTTP/1.1\rHost: a\r\r", 400});
  cases.push_back({"space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400});
}

void add_framing(Cases& cases) {
  auto add = [&](const char* rule, const std::string& field, int verdict) {
    cases.push_back({rule, with_field(field), verdict});
  };
  add("a length", "Content-Length: 5", done);
  add("no bytes", "Content-Length: 0", done);
  add("leading zeros", "Content-Length: 0005", done);
  add("more than 64 bits", "Content-Length: 99999999999999999999999", done);
  for (const char* value :
       {"", "+5", "-5", "0x5", "5 5", "5,5", "5, 5", "5a", "1e3", "5.0", "\"5\"", "5;q=1", "\xb2"}) {
    add("no length", std::string("Content-Length: ") + value, 400);
  }
  add("the same length twice", "Content-Length: 5\r\nContent-Length: 5", 400);
  add("two lengths", "Content-Length: 5\r\nContent-Length: 6", 400);
  add("two lengths in another case", "content-length: 5\r\nCONTENT-LENGTH: 5", 400);
  add("chunked", "Transfer-Encoding: chunked", done);
  add("chunked in capitals", "TRANSFER-ENCODING: CHUNKED", done);
  add("chunked with space around", "Transfer-Encoding: \t chunked \t", done);
  for (const char* value : {"gzip", "identity", "chunkedx", "xchunked", "gzip, br", "chunked, gzip"}) {
    add("chunked is not the last coding", std::string("Transfer-Encoding: ") + value, 400);
  }
  for (const char* value : {"gzip, chunked", "gzip,br , chunked", "gzip\r\nTransfer-Encoding: chunked"}) {
    add("a coding that we do not have, in chunks", std::string("Transfer-Encoding: ") + value, 501);
  }
  for (const char* value :
       {"", "chunked, chunked", "gzip, chunked, chunked", "chunked,", ",chunked", "gzip,, chunked", "chunked;q=1",
        "chunked\v", "\"chunked\"", "chunked .", "chunked\r\nTransfer-Encoding: gzip"}) {
    add("no list of codings that ends with chunked", std::string("Transfer-Encoding: ") + value, 400);
  }
  add("chunked twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400);
  add("a length, then a coding", "Content-Length: 5\r\nTransfer-Encoding: chunked", 400);
  add("a coding, then a length", "Transfer-Encoding: chunked\r\nContent-Length: 5", 400);
  add("a coding and a length of 0", "Transfer-Encoding: chunked\r\nContent-Length: 0", 400);
  add("no space may hide it", "Transfer-Encoding : chunked", 400);
  cases.push_back({"HTTP/1.0 has no codings", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400});
}

void add_sizes(Cases& cases) {
  std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  std::string end = "\r\n\r\n";
  size_t room = limits::head_max - start.size() - end.size();
  cases.push_back({"the longest head", start + repeat(room, "x") + end, done});
  cases.push_back({"the longest head, and a body", start + repeat(room, "x") + end + "body", done});
  cases.push_back({"one byte more", start + repeat(room + 1, "x") + end, 431});
  cases.push_back({"many fields", "GET / HTTP/1.1\r\nHost: a\r\n" + repeat(4000, "X: y\r\n") + "\r\n", 431});
  cases.push_back({"a request line without end", "GET /" + repeat(limits::head_max, "a"), 414});
  cases.push_back({"a method without end", repeat(limits::head_max, "a"), 501});
  cases.push_back({"empty lines are no part of it", repeat(limits::head_max / 2, "\r\n"), more});
  cases.push_back({"nor is what fills up behind one", "\r\nGET /" + repeat(limits::head_max, "a"), more});
  cases.push_back({"what follows is not looked at", with_line("GET / HTTP/1.1") + std::string("\0\n\r", 3), done});
}

void add_unfinished(Cases& cases) {
  for (const char* text : {"", "G", "GET", "GET ", "GET /", "GET / HTTP/1.1", "GET / HTTP/1.1\r", "GET / HTTP/1.1\r\n",
                           "GET / HTTP/1.1\r\nHost", "GET / HTTP/1.1\r\nHost: a\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r",
                           "\r", "\r\n", "\r\n\r\n"}) {
    cases.push_back({"not over yet", text, more});
  }
}

} // namespace

const std::vector<HeadCase>& head_cases() {
  static const Cases all = [] {
    Cases cases;
    add_request_lines(cases);
    add_targets(cases);
    add_hosts(cases);
    add_fields(cases);
    add_framing(cases);
    add_sizes(cases);
    add_unfinished(cases);
    return cases;
  }();
  return all;
}

} // namespace minhttp::test
