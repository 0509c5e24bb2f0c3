// SPDX-License-Identifier: MIT
#pragma once
// What a site gives for a path: a file that can be sent.

#include <cstdint>
#include <string_view>

#include "http/coding.h"
#include "http/response.h"
#include "site/source.h"

namespace minhttp::site {

struct Body {
  Source source; // of a regular file
  uint64_t length = 0;
};

// The name of a file beneath the root, in two pieces so that nobody has to join them: what was
// asked for, and what we put behind it (".html", "/index.html").
struct Name {
  std::string_view base;
  std::string_view suffix = {};
  http::Coding coding = http::Coding::identity; // of a sibling
};

// Which file it is, whatever it is called.
struct Identity {
  uint64_t inode = 0;
  uint32_t device_major = 0;
  uint32_t device_minor = 0;

  bool operator==(const Identity&) const = default;
};

// When it was last changed: a time of modification can be set back, this cannot.
struct Change {
  Identity identity = {};
  int64_t seconds = 0;
  uint32_t nanoseconds = 0;

  bool operator==(const Change&) const = default;
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
  Change change; // of the file

  bool missing() const { return kind == Kind::error && status == http::Status::not_found; }
};

// What a name has led to. Two that are equal tell of the same file, unchanged.
struct Facts {
  Found::Kind kind = Found::Kind::error; // file, directory, or error with its status
  http::Status status = http::Status::not_found;
  uint16_t type_size = 0;
  const char* type_text = nullptr; // a string_view in two pieces: the cache has many of these, and this packs them closer
  http::Validators validators = {};
  Change change = {};

  std::string_view type() const { return {type_text, type_size}; }
  void set_type(std::string_view type) {
    type_text = type.data();
    type_size = static_cast<uint16_t>(type.size());
  }

  bool same(const Facts& other) const {
    return kind == other.kind && status == other.status && validators.same_state(other.validators) &&
           change == other.change;
  }
};

} // namespace minhttp::site
