// SPDX-License-Identifier: MIT
#include "h2/request.h"

#include <gtest/gtest.h>

#include <memory>

#include "http/values.h"
#include "unit/h2/hpack.h"
#include "unit/panic.h"
#include "unit/serve/cost_bound.h"

namespace minhttp::test {
namespace {

using h2::HeadOutcome;
using http::Framing;
using http::Method;
using http::Status;
using Kind = HeadOutcome::Kind;

constexpr HeadOutcome ok = {};
constexpr HeadOutcome malformed = {.kind = Kind::malformed};
constexpr HeadOutcome refused(Status status) { return {.kind = Kind::refused, .status = status}; }

// A request with its memory.
struct Read {
  std::vector<char> memory = std::vector<char>(limits::head_max);
  http::Request request = {};
  HeadOutcome outcome = {};
  std::string priority = {};

  std::string text() const { // with its blank line
    const char* begin = request.line.data();
    return {begin, static_cast<size_t>(request.fields.data() + request.fields.size() + 2 - begin)};
  }
};

std::unique_ptr<Read> read(const Fields& fields, bool ends = true) {
  auto made = std::make_unique<Read>();
  h2::RequestReader reader(made->memory, made->request);
  for (const auto& [name, value] : fields) (void)reader.field(name, value);
  made->outcome = reader.finish(ends);
  made->priority = reader.priority();
  return made;
}

Fields get(Fields more = {}) {
  Fields all = {{":method", "GET"}, {":scheme", "https"}, {":path", "/a?b"}, {":authority", "h:80"}};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

TEST(H2Request, IsWrittenAsText) {
  auto got = read(get({{"accept", "*/*"}, {"x-a", ""}, {"cookie", "a=b"}, {"cookie", "c=d"}}));
  ASSERT_EQ(got->outcome, ok);
  EXPECT_EQ(got->text(),
            "GET /a?b HTTP/2.0\r\nhost: h:80\r\naccept: */*\r\nx-a: \r\ncookie: a=b\r\ncookie: c=d\r\n\r\n");
  const http::Request& request = got->request;
  EXPECT_EQ(request.line, "GET /a?b HTTP/2.0");
  EXPECT_EQ(request.method, Method::get);
  EXPECT_EQ(request.path, "/a");
  EXPECT_EQ(request.query, "?b");
  EXPECT_EQ(request.host, "h:80");
  EXPECT_EQ(request.framing, Framing::none);
  EXPECT_EQ(request.minor, 1);
  EXPECT_TRUE(request.persistent());
  EXPECT_EQ(http::value_of(request, "x-a"), "");
  EXPECT_EQ(http::value_of(request, "cookie"), "a=b");
}

TEST(H2Request, PseudoFieldsInAnyOrder) {
  Fields fields = get();
  std::sort(fields.begin(), fields.end());
  do {
    auto got = read(fields);
    ASSERT_EQ(got->outcome, ok);
    ASSERT_EQ(got->text(), "GET /a?b HTTP/2.0\r\nhost: h:80\r\n\r\n");
  } while (std::next_permutation(fields.begin(), fields.end()));
}

TEST(H2Request, EveryMethod) {
#define METHOD(name, token)                                                                                \
  {                                                                                                        \
    Fields fields = {{":method", token}, {":authority", "a:1"}, {":scheme", "http"}, {":path", "/"}};      \
    if (Method::name == Method::connect) fields.resize(2);                                                 \
    auto got = read(fields);                                                                               \
    EXPECT_EQ(got->outcome, ok);                                                                           \
    EXPECT_EQ(got->request.method, Method::name);                                                          \
    EXPECT_EQ(got->request.line, std::string(token) + (fields.size() == 2 ? " a:1" : " /") + " HTTP/2.0"); \
  }
#include "tables/method.def"
#undef METHOD
  Fields fields = get();
  fields[0].second = "get";
  EXPECT_EQ(read(fields)->request.method, Method::unknown);
  fields[0].second = std::string(32, 'M');
  auto got = read(fields);
  EXPECT_EQ(got->outcome, ok);
  EXPECT_EQ(got->request.line, std::string(32, 'M') + " /a?b HTTP/2.0");
}

TEST(H2Request, TheFieldsThatAreKnown) {
  auto got = read(get({{"range", "bytes=0-1"},
                       {"if-range", "\"a\""},
                       {"if-modified-since", "x"},
                       {"if-unmodified-since", "y"},
                       {"accept-encoding", "gzip"},
                       {"accept-encoding", "br"},
                       {"expect", "100-continue"},
                       {"if-none-match", "\"b\""},
                       {"priority", "u=1, i"},
                       {"priority", "u=2"},
                       {"te", "Trailers"}}),
                  false);
  ASSERT_EQ(got->outcome, ok);
  const http::Request& request = got->request;
  EXPECT_EQ(request.range, "bytes=0-1");
  EXPECT_EQ(request.if_range, "\"a\"");
  EXPECT_EQ(request.if_modified_since, "x");
  EXPECT_EQ(request.if_unmodified_since, "y");
  EXPECT_EQ(request.accept_encoding, "gzip");
  EXPECT_TRUE(request.accept_encoding_again);
  EXPECT_TRUE(request.expect_continue);
  EXPECT_TRUE(request.has(http::Field::if_none_match));
  EXPECT_EQ(got->priority, "u=1, i");
  EXPECT_EQ(read(get({{"range", "a"}, {"range", "b"}}))->request.range, "") << "as in HTTP/1";
  EXPECT_TRUE(read(get({{"expect", "x"}}))->request.expect_unknown);
}

TEST(H2Request, Targets) {
  auto target = [](const char* method, std::string path) {
    return read({{":method", method}, {":scheme", "http"}, {":path", std::move(path)}, {":authority", "a"}});
  };
  auto star = target("OPTIONS", "*");
  EXPECT_EQ(star->outcome, ok);
  EXPECT_TRUE(star->request.asterisk);
  EXPECT_EQ(star->request.path, "");
  EXPECT_EQ(star->request.line, "OPTIONS * HTTP/2.0");
  EXPECT_EQ(target("GET", "*")->outcome, malformed);
  for (const char* path : {"", "a", "?", "http://a/", "//a", "/\x7f", "/\r", "/ ", " /"}) {
    HeadOutcome expected = std::string(path) == "//a" ? ok : malformed;
    EXPECT_EQ(target("GET", path)->outcome, expected) << path;
  }
  EXPECT_EQ(target("GET", "/" + std::string(limits::target_max - 1, 'a'))->outcome, ok);
  EXPECT_EQ(target("GET", "/" + std::string(limits::target_max, 'a'))->outcome, refused(Status::uri_too_long));
  for (const char* path : {"/\"", "/a#b", "/\xc3\xa4", "/a b", "/?\"", "/<", "/?a b"}) {
    auto got = target("GET", path);
    EXPECT_EQ(got->outcome, refused(Status::bad_request)) << path;
    EXPECT_EQ(got->request.line, "") << "it has no place in the log";
  }
}

TEST(H2Request, Connect) {
  auto got = read({{":method", "CONNECT"}, {":authority", "a:443"}, {"x", "y"}});
  EXPECT_EQ(got->outcome, ok);
  EXPECT_EQ(got->text(), "CONNECT a:443 HTTP/2.0\r\nhost: a:443\r\nx: y\r\n\r\n");
  EXPECT_EQ(got->request.path, "");
  EXPECT_EQ(read({{":method", "CONNECT"}, {":authority", "a"}})->outcome, malformed) << "RFC 9113 section 8.5";
  EXPECT_EQ(read({{":method", "CONNECT"}, {":authority", "a:"}})->outcome, malformed);
  EXPECT_EQ(read({{":method", "CONNECT"}, {":authority", "12"}})->outcome, malformed);
  EXPECT_EQ(read({{":method", "CONNECT"}, {":authority", "a.12"}})->outcome, malformed);
  EXPECT_EQ(read({{":method", "CONNECT"}})->outcome, malformed);
  EXPECT_EQ(read({{":method", "CONNECT"}, {":authority", "a:1"}, {":path", "/"}})->outcome, malformed);
  EXPECT_EQ(read({{":method", "CONNECT"}, {":authority", "a:1"}, {":scheme", "http"}})->outcome, malformed);
  EXPECT_EQ(read({{":method", "CONNECT"}, {":protocol", "websocket"}, {":authority", "a:1"}})->outcome, malformed);
}

TEST(H2Request, WithoutOneOfThem) {
  Fields fields = get({{"x", "y"}});
  for (size_t missing : {0U, 1U, 2U}) {
    Fields less = fields;
    less.erase(less.begin() + static_cast<ptrdiff_t>(missing));
    EXPECT_EQ(read(less)->outcome, malformed) << fields[missing].first;
  }
  EXPECT_EQ(read({})->outcome, malformed);
  EXPECT_EQ(read({{":method", "GET"}, {":scheme", "http"}, {":path", "/"}})->outcome, malformed) << "no host at all";
  auto host = read({{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {"host", "b"}});
  EXPECT_EQ(host->outcome, ok);
  EXPECT_EQ(host->text(), "GET / HTTP/2.0\r\nhost: b\r\n\r\n");
  EXPECT_EQ(host->request.host, "b");
}

TEST(H2Request, HostBesideAuthority) {
  auto same = read(get({{"host", "H:80"}, {"x", "y"}}));
  EXPECT_EQ(same->outcome, ok);
  EXPECT_EQ(same->text(), "GET /a?b HTTP/2.0\r\nhost: h:80\r\nx: y\r\n\r\n") << "once";
  EXPECT_EQ(read(get({{"host", "h"}}))->outcome, malformed);
  EXPECT_EQ(read(get({{"host", "g:80"}}))->outcome, malformed);
  EXPECT_EQ(read(get({{"host", ""}}))->outcome, malformed);
  EXPECT_EQ(read(get({{"host", "h:80"}, {"host", "h:80"}}))->outcome, malformed);
  Fields none = {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}};
  for (const char* host : {"", "a b", "a:b", "u@h"}) {
    Fields fields = none;
    fields.emplace_back("host", host);
    EXPECT_EQ(read(fields)->outcome, malformed) << host;
    fields.back().first = ":authority";
    EXPECT_EQ(read(fields)->outcome, malformed) << host;
  }
  none.emplace_back("host", "a");
  none.emplace_back("host", "a");
  EXPECT_EQ(read(none)->outcome, malformed);
}

TEST(H2Request, AuthoritiesHaveABound) {
  Fields fields = get();
  fields[3].second = "h:" + std::string(limits::host_max + 14 - 2, '0') + "80";
  EXPECT_EQ(read(fields)->outcome, ok);
  fields[3].second = "h:" + std::string(limits::host_max + 15 - 2, '0') + "80";
  EXPECT_EQ(read(fields)->outcome, malformed);
}

TEST(H2Request, MalformedFields) {
  const Fields cases = {
      {"", "a"},
      {"X", "a"},
      {"accepT", "a"},
      {"a b", "a"},
      {"a:", "a"},
      {"a\n", "a"},
      {"\xc3\xa4", "a"},
      {"a", " b"},
      {"a", "b "},
      {"a", "\tb"},
      {"a", "b\t"},
      {"a", " "},
      {"a", "b\rc"},
      {"a", "b\nc"},
      {"a", std::string("b\0c", 3)},
      {"a", "b\x7f"},
      {"a", "b\x01"},
      {"connection", "close"},
      {"connection", ""},
      {"keep-alive", "timeout=5"},
      {"proxy-connection", "keep-alive"},
      {"transfer-encoding", "chunked"},
      {"upgrade", "websocket"},
      {"te", "gzip"},
      {"te", "trailers, gzip"},
      {"te", ""},
      {"content-length", ""},
      {"content-length", "a"},
      {"content-length", "-1"},
      {"content-length", "5, 5"},
      {"content-length", "5"}, // and the stream ends
      {":status", "200"},
      {":", "a"},
      {":x", "a"},
      {":method", "GET"}, // twice
      {":scheme", "https"},
      {":path", "/a?b"},
      {":authority", "h:80"},
  };
  for (const auto& field : cases) {
    EXPECT_EQ(read(get({field}))->outcome, malformed) << field.first << ": " << field.second;
  }
  EXPECT_EQ(read(get({{"content-length", "5"}, {"content-length", "5"}}), false)->outcome, malformed);
  for (const Fields::value_type& field : Fields{{"a", ""},
                                                {"a", "b c"},
                                                {"a", "\xc3"},
                                                {"x-upgrade", "1"},
                                                {"tx", "1"},
                                                {"settings", "a"},
                                                {"connectiom", "a"},
                                                {"keep-alivf", "a"},
                                                {"proxy-connectiom", "a"},
                                                {"transfer-encodinh", "a"},
                                                {"!#$%", "a"}}) {
    EXPECT_EQ(read(get({field}))->outcome, ok) << field.first;
  }
}

TEST(H2Request, MalformedPseudoFields) {
  for (const auto& [at, value] : std::vector<std::pair<size_t, std::string>>{
           {0, ""}, {0, "G T"}, {0, "GET "}, {0, "G\"T"}, {1, "http:"}, {1, ""}, {1, "http x"}, {2, ""}, {3, ""}}) {
    Fields fields = get();
    fields[at].second = value;
    EXPECT_EQ(read(fields)->outcome, malformed) << at << " " << value;
  }
  EXPECT_EQ(read({{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {"x", "y"}, {":authority", "a"}})->outcome,
            malformed)
      << "too late";
  EXPECT_EQ(
      read({{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {"host", "a"}, {":authority", "a"}})->outcome,
      malformed);
  Fields fields = get();
  fields[1].second = "HTTP";
  EXPECT_EQ(read(fields)->outcome, ok);
  for (const char* other : {"ftp", "httpsx", "httpx"}) {
    fields[1].second = other;
    EXPECT_EQ(read(fields)->outcome, refused(Status::bad_request)) << "RFC 9113 section 8.3.1";
  }
  fields[1].second = "HTTP";
  fields[0].second = std::string(33, 'M');
  EXPECT_EQ(read(fields)->outcome, refused(Status::not_implemented));
}

TEST(H2Request, Bodies) {
  auto body = [](const char* length, bool ends) {
    auto got = read(get({{"content-length", length}}), ends);
    return std::pair(got->outcome, got->request.framing);
  };
  EXPECT_EQ(body("5", false), std::pair(ok, Framing::length));
  EXPECT_EQ(body("0", false), std::pair(ok, Framing::none));
  EXPECT_EQ(body("0", true), std::pair(ok, Framing::none));
  EXPECT_EQ(read(get(), false)->request.framing, Framing::chunked) << "to END_STREAM";
  EXPECT_EQ(read(get({{"content-length", "7"}}), false)->request.content_length, 7U);
}

TEST(H2Request, AHeadHasABound) {
  auto line = [](size_t size) { return Fields::value_type{"a", std::string(size - 5, 'v')}; };
  size_t first = read(get())->text().size();
  size_t unused = limits::method_max - 3; // of the place of the longest method
  size_t room = limits::head_max - first - unused;
  auto longest = read(get({line(room)}));
  EXPECT_EQ(longest->outcome, ok);
  EXPECT_EQ(longest->text().size(), limits::head_max - unused);
  auto over = read(get({line(room + 1)}));
  EXPECT_EQ(over->outcome, refused(Status::request_header_fields_too_large));
  EXPECT_EQ(over->request.line, "GET /a?b HTTP/2.0") << "the log has it";
  Fields many(5000, {"a", "b"});
  EXPECT_EQ(read(get(many))->outcome, refused(Status::request_header_fields_too_large));
  std::vector<char> small(limits::head_max - 1);
  http::Request request;
  EXPECT_THROW(h2::RequestReader(small, request), Panic);
}

TEST(H2Request, OversizedFields) {
  Read got;
  h2::RequestReader reader(got.memory, got.request);
  EXPECT_TRUE(reader.field(":method", "GET"));
  EXPECT_FALSE(reader.oversized(":path"));
  EXPECT_FALSE(reader.oversized("a"));
  EXPECT_FALSE(reader.field("A", "b"));
  EXPECT_EQ(reader.finish(true), refused(Status::uri_too_long)) << "the first reason counts";
  Read other;
  h2::RequestReader fields(other.memory, other.request);
  EXPECT_FALSE(fields.oversized(""));
  EXPECT_EQ(fields.finish(true), refused(Status::request_header_fields_too_large));
}

TEST(H2Request, OfABlock) {
  HpackPeer peer;
  Read got;
  h2::RequestReader reader(got.memory, got.request);
  std::vector<char> scratch(limits::head_max);
  Cost cost;
  std::string block = from_hex("828684418cf1e3c2e5f23a6ba0ab90f4ff");
  EXPECT_EQ(h2::Decoder(peer.table, scratch).decode(block, reader), h2::Error::no_error);
  EXPECT_EQ(reader.finish(true), ok);
  EXPECT_EQ(got.text(), "GET / HTTP/2.0\r\nhost: www.example.com\r\n\r\n");
  EXPECT_LE(Cost::all(), bound::h2_request(got.text().size()) + 8 * block.size());
}

TEST(H2Trailers, AreChecked) {
  auto outcome = [](const Fields& fields) {
    h2::TrailerReader reader;
    for (const auto& [name, value] : fields) {
      bool more = reader.field(name, value);
      EXPECT_EQ(more, reader.outcome() == ok);
    }
    return reader.outcome();
  };
  EXPECT_EQ(outcome({}), ok);
  EXPECT_EQ(outcome({{"x-checksum", "abc"}, {"a", ""}}), ok);
  EXPECT_EQ(outcome({{":path", "/"}}), malformed) << "RFC 9113 section 8.1";
  EXPECT_EQ(outcome({{"A", "b"}}), malformed);
  EXPECT_EQ(outcome({{"a", "b"}, {"connection", "close"}}), malformed);
  EXPECT_EQ(outcome({{"A", "b"}, {"a", std::string(limits::trailer_max, 'v')}}), malformed) << "the first reason";
  EXPECT_EQ(outcome({{"a", std::string(limits::trailer_max - 5, 'v')}}), ok);
  EXPECT_EQ(outcome({{"a", std::string(limits::trailer_max - 4, 'v')}}),
            refused(Status::request_header_fields_too_large));
  h2::TrailerReader reader;
  EXPECT_FALSE(reader.oversized("a"));
  EXPECT_EQ(reader.outcome(), refused(Status::request_header_fields_too_large));
  EXPECT_FALSE(reader.field("A", ""));
  EXPECT_FALSE(reader.oversized("b"));
  EXPECT_EQ(reader.outcome(), refused(Status::request_header_fields_too_large));
}

} // namespace
} // namespace minhttp::test
