// SPDX-License-Identifier: MIT
#pragma once
// The fields of a response, in the order in which they are sent: once, for the writers of both wires.

#include <string_view>

#include "base/bytes.h"
#include "http/date.h"
#include "http/range.h"
#include "http/response_head.h"
#include "http/validators.h"

namespace minhttp::http {

template <typename Out>
void write_last_modified(Out& out, const Validators& validators, int64_t now) {
  if (!has_last_modified(validators, now)) return;
  char date[date_bytes];
  write_date(validators.seconds, date);
  out.line("Last-Modified: ", std::string_view(date, date_bytes));
}

template <typename Out>
void write_validators(Out& out, const ResponseHead& head) {
  EntityTag tag(*head.validators);
  // RFC 9110 section 15.4.5: with an ETag, a 304 needs no Last-Modified.
  bool tagged = head.tag && !tag.text().empty();
  if (head.modified && !(tagged && head.status == Status::not_modified)) {
    write_last_modified(out, *head.validators, head.now);
  }
  if (tagged) out.line("ETag: ", tag.text());
}

// Out:
//   line("Name: ", std::string_view...)  a field; its value is all the pieces, one after the other
//   lines(std::string_view)              complete lines, "Name: value\r\n"
//   transfer_coding()                    the place of Transfer-Encoding, which HTTP/1 has
template <typename Out>
void write_fields(Out& out, const ResponseHead& head) {
  if (!head.date.empty()) out.line("Date: ", head.date);
  if (!head.boundary.empty()) {
    out.line("Content-Type: ", "multipart/byteranges; boundary="sv, head.boundary);
  } else if (!head.type.empty()) {
    out.line("Content-Type: ", head.type);
  }
  if (head.length) out.line("Content-Length: ", Decimal(*head.length).view());
  out.transfer_coding();
  if (head.validators) write_validators(out, head);
  if (head.ranges) out.line("Accept-Ranges: ", "bytes"sv);
  if (head.part) {
    char text[content_range_max];
    Writer range(text);
    write_content_range(range, *head.part, head.size);
    out.lines(range.view());
  }
  if (head.status == Status::range_not_satisfiable) {
    out.line("Content-Range: ", "bytes */"sv, Decimal(head.size).view());
  }
  if (!head.location_segment.empty()) {
    out.line("Location: ", head.location_up ? "../"sv : "./"sv, head.location_segment, head.location_up ? ""sv : "/"sv,
             head.location_query);
  }
  if (!head.location.empty()) {
    out.line("Location: ", head.location_base.empty() ? ""sv : "/"sv, head.location_base, head.location);
  }
  if (!head.cache.empty()) out.line("Cache-Control: ", head.cache);
  if (!head.coding.empty()) out.line("Content-Encoding: ", head.coding);
  if (!head.vary.empty()) out.line("Vary: ", head.vary);
  if (!head.policy.empty()) out.line("Content-Security-Policy: ", head.policy);
  if (head.allow) out.line("Allow: ", allowed_methods());
  if (!head.challenge.empty()) out.line("WWW-Authenticate: ", head.challenge);
  if (head.retry_s > 0) out.line("Retry-After: ", Decimal(head.retry_s).view());
  out.lines(head.extra);
}

} // namespace minhttp::http
