// SPDX-License-Identifier: MIT
#include "h1/write_head.h"

#include "base/bytes.h"
#include "http/date.h"

namespace minhttp::h1 {
namespace {

// Writes one field, unless its value is empty.
void line(Writer& out, std::string_view name, std::string_view value) {
  if (!value.empty()) out.text(name).text(value).text("\r\n");
}

void write_last_modified(Writer& out, const http::Validators& v, int64_t now) {
  if (!http::has_last_modified(v, now)) return;
  char date[http::date_bytes];
  http::write_date(v.seconds, date);
  out.text("Last-Modified: ").text({date, http::date_bytes}).text("\r\n");
}

} // namespace

size_t write_head(std::span<char> to, const http::ResponseHead& head, Persistence persistence, bool chunked) {
  Writer out(to);
  out.text("HTTP/1.1 ").text(http::status_text(head.status)).text("\r\n");
  line(out, "Date: ", head.date);
  if (!head.boundary.empty()) {
    out.text("Content-Type: multipart/byteranges; boundary=").text(head.boundary).text("\r\n");
  } else {
    line(out, "Content-Type: ", head.type);
  }
  if (head.length) out.text("Content-Length: ").decimal(*head.length).text("\r\n");
  if (chunked) out.text("Transfer-Encoding: chunked\r\n");
  if (head.validators) {
    http::EntityTag tag(*head.validators);
    // RFC 9110 section 15.4.5: with an ETag, a 304 needs no Last-Modified.
    bool tagged = head.tag && !tag.text().empty();
    if (head.modified && !(tagged && head.status == http::Status::not_modified)) {
      write_last_modified(out, *head.validators, head.now);
    }
    if (tagged) line(out, "ETag: ", tag.text());
  }
  if (head.ranges) out.text("Accept-Ranges: bytes\r\n");
  if (head.part) http::write_content_range(out, *head.part, head.size);
  if (head.status == http::Status::range_not_satisfiable) {
    out.text("Content-Range: bytes */").decimal(head.size).text("\r\n");
  }
  if (!head.location_segment.empty()) {
    out.text(head.location_up ? "Location: ../" : "Location: ./").text(head.location_segment);
    out.text(head.location_up ? "" : "/").text(head.location_query).text("\r\n");
  }
  if (!head.location.empty()) {
    out.text("Location: ");
    if (!head.location_base.empty()) out.byte('/').text(head.location_base);
    out.text(head.location).text("\r\n");
  }
  line(out, "Cache-Control: ", head.cache);
  line(out, "Content-Encoding: ", head.coding);
  line(out, "Vary: ", head.vary);
  line(out, "Content-Security-Policy: ", head.policy);
  if (head.allow) out.text("Allow: ").text(http::allowed_methods()).text("\r\n");
  line(out, "WWW-Authenticate: ", head.challenge);
  if (head.retry_s > 0) out.text("Retry-After: ").decimal(head.retry_s).text("\r\n");
  out.text(head.extra);
  if (persistence == Persistence::keep_10) out.text("Connection: keep-alive\r\n");
  if (persistence == Persistence::close) out.text("Connection: close\r\n");
  out.text("\r\n");
  return out.size();
}

} // namespace minhttp::h1
