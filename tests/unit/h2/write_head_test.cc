// SPDX-License-Identifier: MIT
// Response heads as header blocks: the fields that HTTP/1 has, with the same values.

#include "h2/write_head.h"

#include <gtest/gtest.h>

#include "h1/write_head.h"
#include "http/listing.h"
#include "unit/h2/hpack.h"
#include "unit/panic.h"

namespace minhttp::test {
namespace {

using http::ResponseHead;
using http::Status;

std::string block_of(const ResponseHead& head) {
  std::string out(limits::answer_head_max, 0);
  out.resize(h2::write_head(out, head));
  return out;
}

// The fields of the block, which changes no table.
Fields fields_of(const std::string& block) {
  HpackPeer peer;
  Fields fields = peer.decode(block);
  EXPECT_EQ(peer.table.count(), 0U);
  return fields;
}

// The same from HTTP/1.
Fields lines_of(const ResponseHead& head) {
  std::string text(limits::answer_head_max, 0);
  text.resize(h1::write_head(text, head, h1::Persistence::keep, false));
  Fields fields = {{":status", text.substr(9, 3)}};
  size_t at = text.find("\r\n") + 2;
  while (text.compare(at, 2, "\r\n") != 0) {
    size_t end = text.find("\r\n", at);
    size_t colon = text.find(": ", at);
    std::string name = text.substr(at, colon - at);
    for (char& c : name) c = to_lower(c);
    fields.emplace_back(name, text.substr(colon + 2, end - colon - 2));
    at = end + 2;
  }
  EXPECT_EQ(at + 2, text.size());
  return fields;
}

ResponseHead head_of(Status status) {
  ResponseHead head;
  head.status = status;
  head.date = "Sun, 06 Nov 1994 08:49:37 GMT";
  head.now = 784'111'777;
  return head;
}

ResponseHead file_head() {
  ResponseHead head = head_of(Status::ok);
  head.type = "text/css; charset=utf-8";
  head.length = 4'294'967'296;
  head.validators = http::Validators{.seconds = 784'000'000, .hashed = true, .digest = {.high = 1}};
  head.ranges = true;
  head.cache = "no-cache";
  head.vary = "Accept-Encoding";
  return head;
}

TEST(H2WriteHead, AFile) {
  EXPECT_EQ(fields_of(block_of(file_head())), (Fields{{":status", "200"},
                                                      {"date", "Sun, 06 Nov 1994 08:49:37 GMT"},
                                                      {"content-type", "text/css; charset=utf-8"},
                                                      {"content-length", "4294967296"},
                                                      {"last-modified", "Sat, 05 Nov 1994 01:46:40 GMT"},
                                                      {"etag", "\"AAAAAAAAAAEAAAAAAAAAAA\""},
                                                      {"accept-ranges", "bytes"},
                                                      {"cache-control", "no-cache"},
                                                      {"vary", "Accept-Encoding"}}));
}

TEST(H2WriteHead, EveryStatus) {
#define STATUS(code, name, reason) EXPECT_EQ(fields_of(block_of(head_of(Status::name)))[0].second, #code);
#include "tables/status.def"
#undef STATUS
  ResponseHead head;
  EXPECT_EQ(block_of(head), "\x88") << "one byte";
  head.status = Status::internal_server_error;
  EXPECT_EQ(block_of(head), "\x8e");
}

TEST(H2WriteHead, TheFieldsOfHttp1) {
  std::vector<ResponseHead> heads(16, file_head());
  heads[0].validators->hashed = false;
  heads[1].status = Status::not_modified;
  heads[2].status = Status::partial_content;
  heads[2].part = http::Part{.first = 7, .length = 3};
  heads[2].size = 10;
  heads[3].boundary = "0123456789abcdef";
  heads[4].status = Status::range_not_satisfiable;
  heads[4].size = UINT64_MAX;
  heads[5].location_segment = "a:b";
  heads[5].location_query = "?c";
  heads[6] = heads[5];
  heads[6].location_up = true;
  heads[7].location = "/new";
  heads[8].location = "/new";
  heads[8].location_base = "base";
  heads[9].coding = "br";
  heads[9].policy = http::listing_policy();
  heads[10].allow = true;
  heads[11].challenge = "Basic realm=\"x\", charset=\"UTF-8\"";
  heads[12].retry_s = 120;
  heads[13].extra =
      "X-A: b\r\nStrict-Transport-Security: max-age=1\r\nSet-Cookie:c=d\r\nX-Empty: \r\nx-b: \xc3\xa4 {}\r\n";
  heads[14].tag = false;
  heads[14].modified = false;
  heads[14].length = {};
  heads[14].ranges = false;
  heads[15].type = {};
  heads[15].cache = {};
  heads[15].vary = {};
  heads[15].date = {};
  heads[15].validators->seconds = 1;
  for (const ResponseHead& head : heads) {
    Fields expected = lines_of(head);
    if (&head == &heads[13]) { // a line without a space behind its colon
      for (auto& [name, value] : expected) {
        if (name.starts_with("set-cookie:")) name = "set-cookie", value = "c=d";
      }
    }
    EXPECT_EQ(fields_of(block_of(head)), expected) << &head - heads.data();
  }
}

TEST(H2WriteHead, TheLongestFits) {
  // Values that Huffman's code does not shorten; names and values of sizes that take the most bytes to say.
  std::string extra;
  while (extra.size() + 2 * 255 + 4 <= limits::fields_bytes + limits::preflight_bytes) {
    extra += std::string(255, '!') + ": " + std::string(255, '!') + "\r\n";
  }
  ResponseHead head = file_head();
  head.status = Status::moved_permanently;
  std::string target(limits::target_max, '!');
  std::string base(limits::base_path_max, '!');
  std::string challenge(limits::realm_max + 31, '!');
  head.location = target;
  head.location_base = base;
  head.extra = extra;
  head.challenge = challenge;
  head.cache = "private, max-age=31536000, immutable";
  head.vary = "Accept, Sec-Fetch-Mode, Sec-Fetch-Dest, Accept-Encoding";
  head.coding = "zstd";
  head.policy = http::listing_policy();
  head.type = "application/vnd.openxmlformats-officedocument.presentationml.presentation";
  head.length = UINT64_MAX;
  head.allow = true;
  head.retry_s = UINT32_MAX;
  std::string block = block_of(head);
  EXPECT_LE(block.size(), limits::answer_head_max);
  EXPECT_EQ(fields_of(block), lines_of(head));
  char small[100];
  EXPECT_THROW((void)h2::write_head(small, head), Panic);
}

} // namespace
} // namespace minhttp::test
