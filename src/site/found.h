// SPDX-License-Identifier: MIT
#pragma once
// What a site has at a path: a file that can be sent, a directory, a redirect or an error.

#include <cstdint>
#include <string_view>

#include "http/coding.h"
#include "http/status.h"
#include "http/validators.h"
#include "site/source.h"

namespace minhttp::site {

struct Body {
  Source source; // of a regular file
  uint64_t length = 0;
};

// The name of a file beneath the root, in two pieces so that nobody has to join them: the requested path, and the
// suffix that we append (".html", "/index.html").
struct Name {
  std::string_view base;
  std::string_view suffix = {};
  http::Coding coding = http::Coding::identity; // content coding of a compressed sibling
};

// Identifies a file under any name.
struct FileId {
  uint64_t inode = 0;
  uint32_t device_major = 0;
  uint32_t device_minor = 0;

  bool operator==(const FileId&) const = default;
};

// The time of the last change (ctime). Unlike the modification time, it cannot be set back.
struct Change {
  FileId identity = {};
  int64_t seconds = 0;
  uint32_t nanoseconds = 0;

  bool operator==(const Change&) const = default;
};

// The result of a look-up of a path.
struct Found {
  enum class Kind : uint8_t {
    file,      // body, type and validators are set
    directory, // a directory, where a file was asked for
    redirect,  // a directory that was requested without its slash
    error      // see status
  };
  Kind kind = Kind::error;
  http::Status status = http::Status::not_found;
  Body body;
  Name name;             // of the file that is served; if a sibling is served, of its original
  std::string_view type; // of the original
  http::Validators validators;
  Change change; // of the file

  bool missing() const { return kind == Kind::error && status == http::Status::not_found; }
};

// What the file system said about a name. Two equal values mean the same file, unchanged.
struct FileInfo {
  Found::Kind kind = Found::Kind::error; // file, directory, or error with its status
  http::Status status = http::Status::not_found;
  uint16_t type_size = 0;
  const char* type_text =
      nullptr; // a string_view in two pieces: the cache has many of these, and this packs them closer
  http::Validators validators = {};
  Change change = {};

  std::string_view type() const { return {type_text, type_size}; }
  void set_type(std::string_view type) {
    type_text = type.data();
    type_size = static_cast<uint16_t>(type.size());
  }

  bool same(const FileInfo& other) const {
    return kind == other.kind && status == other.status && validators.same_state(other.validators) &&
           change == other.change;
  }
};

} // namespace minhttp::site
