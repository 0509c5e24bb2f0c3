#include "http/response.h"

#include "base/bytes.h"
#include "http/date.h"

namespace minhttp::http {
namespace {

// Size and time in hexadecimal: two versions of a file that differ in neither are the same
// to us. Strong, because the time has nanoseconds.
void write_etag(Writer& out, const Validators& v) {
  out.text("ETag: \"").hex(v.size).byte('-').hex(static_cast<uint64_t>(v.seconds)).byte('-').hex(v.nanoseconds);
  out.text("\"\r\n");
}

// Left out where the time says nothing: at or before the epoch (an image build that cleared
// it), or in the future, which RFC 9110 section 8.8.2.1 forbids to send.
void write_last_modified(Writer& out, const Validators& v, int64_t now) {
  if (v.seconds <= 0 || v.seconds > now) return;
  char date[date_bytes];
  write_date(v.seconds, date);
  out.text("Last-Modified: ").text({date, date_bytes}).text("\r\n");
}

void write_content_range(Writer& out, const Head& head) {
  out.text("Content-Range: bytes ");
  if (head.status == Status::partial_content) {
    out.decimal(head.range_first).byte('-').decimal(head.range_first + *head.length - 1);
  } else {
    out.byte('*');
  }
  out.byte('/').decimal(head.range_size).text("\r\n");
}

} // namespace

size_t write_head(std::span<char> to, const Head& head) {
  Writer out(to);
  out.text("HTTP/1.1 ").text(status_text(head.status)).text("\r\n");
  out.text("Date: ").text(head.date).text("\r\n");
  if (!head.type.empty()) out.text("Content-Type: ").text(head.type).text("\r\n");
  if (head.length) out.text("Content-Length: ").decimal(*head.length).text("\r\n");
  if (head.chunked) out.text("Transfer-Encoding: chunked\r\n");
  if (head.validators) {
    write_last_modified(out, *head.validators, head.now);
    write_etag(out, *head.validators);
  }
  if (head.ranges) out.text("Accept-Ranges: bytes\r\n");
  if (head.status == Status::partial_content || head.status == Status::range_not_satisfiable) {
    write_content_range(out, head);
  }
  if (!head.location_segment.empty()) {
    out.text("Location: ./").text(head.location_segment).byte('/').text(head.location_query).text("\r\n");
  }
  if (!head.vary.empty()) out.text("Vary: ").text(head.vary).text("\r\n");
  if (!head.policy.empty()) out.text("Content-Security-Policy: ").text(head.policy).text("\r\n");
  if (head.allow) out.text("Allow: ").text(allowed_methods).text("\r\n");
  if (head.retry) out.text("Retry-After: 1\r\n");
  if (head.persistence == Persistence::keep_10) out.text("Connection: keep-alive\r\n");
  if (head.persistence == Persistence::close) out.text("Connection: close\r\n");
  out.text("\r\n");
  return out.size();
}

} // namespace minhttp::http
