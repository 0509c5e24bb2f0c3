// SPDX-License-Identifier: MIT
#pragma once
// The case study's fixed response, exact to the byte.

#include <string_view>

namespace minhttp::site {

constexpr char greeting_head_text[] =
    "HTTP/1.0 200 OK\r\n"
    "Content-Type: text/plain\r\n"
    "Connection: close\r\n"
    "\r\n";

constexpr char greeting_text[] =
    "HTTP/1.0 200 OK\r\n"
    "Content-Type: text/plain\r\n"
    "Connection: close\r\n"
    "\r\n"
    "Hello from assembly!\n";

// Functions, because a string_view in memory holds a pointer that somebody would have to relocate.
constexpr std::string_view greeting_head() { return {greeting_head_text, sizeof greeting_head_text - 1}; }
constexpr std::string_view greeting() { return {greeting_text, sizeof greeting_text - 1}; }

} // namespace minhttp::site
