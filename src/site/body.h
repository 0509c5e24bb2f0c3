#pragma once
// What a site gives for a path: bytes in memory, or a part of an open file.

#include <cstdint>
#include <string_view>

#include "http/response.h"
#include "sys/fd.h"

namespace minhttp::site {

struct Body {
  std::string_view memory; // lives as long as the site
  sys::Fd file;            // or a regular file, open for reading
  uint64_t length = 0;
};

// An answer to "what is at this path?".
struct Found {
  enum class Kind : uint8_t {
    file,     // body, type and validators are set
    redirect, // a directory, asked for without its slash
    error     // status says which
  };
  Kind kind = Kind::error;
  http::Status status = http::Status::not_found;
  Body body;
  std::string_view type;
  http::Validators validators;
};

} // namespace minhttp::site
