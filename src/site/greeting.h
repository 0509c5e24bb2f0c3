#pragma once
// The case study's fixed response, to the byte.

#include <string_view>

namespace minhttp::site {

constexpr std::string_view greeting_head =
    "HTTP/1.0 200 OK\r\n"
    "Content-Type: text/plain\r\n"
    "Connection: close\r\n"
    "\r\n";

constexpr std::string_view greeting =
    "HTTP/1.0 200 OK\r\n"
    "Content-Type: text/plain\r\n"
    "Connection: close\r\n"
    "\r\n"
    "Hello from assembly!\n";

} // namespace minhttp::site
