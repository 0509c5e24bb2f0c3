// SPDX-License-Identifier: MIT
#include "h1/write_head.h"

#include "base/bytes.h"
#include "http/head_fields.h"

namespace minhttp::h1 {
namespace {

struct Lines {
  Writer out;
  bool chunked;

  template <size_t n, typename... Pieces>
  void line(const char (&name)[n], Pieces... pieces) {
    out.text(name);
    (out.text(pieces), ...);
    out.text("\r\n");
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
