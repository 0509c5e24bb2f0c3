// SPDX-License-Identifier: MIT
#include "h1/write_head.h"

#include "base/bytes.h"
#include "http/head_fields.h"

namespace minhttp::h1 {
namespace {

struct Lines {
  Writer out;
  bool chunked;

  // Reserves the whole line at once: the head is written for every request, and a call of Writer::text for each piece
  // costs more than the copying.
  template <size_t n, typename... Pieces>
  void line(const char (&name)[n], Pieces... pieces) {
    size_t size = n - 1 + (pieces.size() + ...) + 2;
    char* at = out.reserve(size).data();
    at = copy(at, {name, n - 1});
    ((at = copy(at, pieces)), ...);
    copy(at, "\r\n"sv);
    cost::add(cost::Kind::bytes, size);
  }
  static char* copy(char* at, std::string_view piece) {
    if (!piece.empty()) __builtin_memcpy(at, piece.data(), piece.size());
    return at + piece.size();
  }
  void lines(std::string_view text) { out.text(text); }
  void transfer_coding() {
    if (chunked) out.text("Transfer-Encoding: chunked\r\n");
  }
};

} // namespace

size_t write_head(std::span<char> to, const http::ResponseHead& head, Persistence persistence, bool chunked) {
  Lines lines = {.out = Writer(to), .chunked = chunked};
  Writer& out = lines.out;
  out.text("HTTP/1.1 ").text(http::status_text(head.status)).text("\r\n");
  http::write_fields(lines, head);
  if (persistence == Persistence::keep_10) out.text("Connection: keep-alive\r\n");
  if (persistence == Persistence::close) out.text("Connection: close\r\n");
  out.text("\r\n");
  return out.size();
}

} // namespace minhttp::h1
