#pragma once
// What a site gives for a path: an open file.

#include <cstdint>
#include <string_view>

#include "http/coding.h"
#include "http/response.h"
#include "sys/fd.h"

namespace minhttp::site {

struct Body {
  sys::Fd file; // a regular file, open for reading
  uint64_t length = 0;
};

// The name of a file beneath the root, in two pieces so that nobody has to join them: what was
// asked for, and what we put behind it (".html", "/index.html").
struct Name {
  std::string_view base;
  std::string_view suffix = {};
  http::Coding coding = http::Coding::identity; // of a sibling
};

// An answer to "what is at this path?".
struct Found {
  enum class Kind : uint8_t {
    file,      // body, type and validators are set
    directory, // where a file was asked for
    redirect,  // a directory, asked for without its slash
    error      // status says which
  };
  Kind kind = Kind::error;
  http::Status status = http::Status::not_found;
  Body body;
  Name name;             // of the file that is served; of its original, where a sibling is
  std::string_view type; // of the original
  http::Validators validators;

  bool missing() const { return kind == Kind::error && status == http::Status::not_found; }
};

} // namespace minhttp::site
