// SPDX-License-Identifier: MIT
#include "h2/write_head.h"

#include "h2/hpack_encode.h"
#include "http/head_fields.h"

namespace minhttp::h2 {
namespace {

struct Block {
  BlockWriter out;

  template <size_t n, typename... Pieces>
  void line(const char (&name)[n], Pieces... pieces) {
    const std::string_view value[] = {pieces...};
    out.pieces({name, n - sizeof ": "}, value);
  }
  void lines(std::string_view text) {
    while (!text.empty()) {
      size_t colon = find(text, ':');
      size_t end = colon + find(drop(text, colon), '\r');
      out.field(take(text, colon), trim(drop(take(text, end), colon + 1)));
      text = drop(text, end + 2);
    }
  }
  void transfer_coding() {} // frames say where a body ends
};

} // namespace

size_t write_head(std::span<char> to, const http::ResponseHead& head) {
  Block block = {BlockWriter(to)};
  block.out.status(head.status);
  http::write_fields(block, head);
  return block.out.size();
}

} // namespace minhttp::h2
