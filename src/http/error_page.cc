// SPDX-License-Identifier: MIT
#include "http/error_page.h"

namespace minhttp::http {
namespace {

std::string_view explanation(Status status) {
  switch (status) {
    case Status::unauthorized: return "This page needs a user name and a password."sv;
    case Status::forbidden: return "You may not see this page."sv;
    case Status::not_found: return "There is no page at this address."sv;
    case Status::misdirected_request: return "No site of this name is served here."sv;
    case Status::too_many_requests: return "There were too many requests. Wait a moment, then try again."sv;
    case Status::internal_server_error: return "Something is wrong at the server. Please tell its operator."sv;
    case Status::service_unavailable: return "The server is busy. Please try again in a moment."sv;
    default: return "The server cannot answer this request."sv;
  }
}

} // namespace

void write_error_page(Writer& out, Status status) {
  std::string_view text = status_text(status);
  out.text(
      "<!doctype html>\n"sv
      "<html lang=\"en\">\n"sv
      "<meta charset=\"utf-8\">\n"sv
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"sv
      "<title>"sv);
  out.text(text);
  out.text(
      "</title>\n"sv
      "<style>:root{color-scheme:light dark}body{max-width:32rem;margin:20vh auto 0;padding:0 1.5rem;"sv
      "font:1.125rem/1.5 system-ui,sans-serif}h1{font-size:1.75rem;line-height:1.2;margin:0 0 .5rem}"sv
      "p{margin:0;opacity:.75}</style>\n"sv
      "<h1>"sv);
  out.text(text).text("</h1>\n<p>").text(explanation(status)).text("</p>\n");
}

} // namespace minhttp::http
