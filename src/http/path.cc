// SPDX-License-Identifier: MIT
#include "http/path.h"

#include "base/bytes.h"

namespace minhttp::http {
namespace {

constexpr int refused = -1;

// Decodes the byte at the start of text. used: the number of bytes that it took.
int decode_byte(std::string_view text, size_t& used) {
  used = 1;
  char c = text[0];
  if (c == '\\' || c == 0) return refused;
  if (c != '%') return static_cast<unsigned char>(c);
  if (text.size() < 3) return refused;
  int high = hex_value(text[1]);
  int low = hex_value(text[2]);
  if (high < 0 || low < 0) return refused;
  used = 3;
  int byte = high * 16 + low;
  return byte == 0 || byte == '/' || byte == '\\' ? refused : byte;
}

Status check_segment(std::string_view segment, bool first) {
  if (equal(segment, ".") || equal(segment, "..")) return Status::bad_request;
  if (segment.empty()) return Status::not_found;
  if (segment[0] == '.' && !(first && equal(segment, ".well-known"))) return Status::not_found;
  return Status::ok;
}

} // namespace

Path decode_path(std::string_view raw, std::span<char> out) {
  Path path;
  Writer name(out);
  size_t segment = 0; // start of the current segment in name
  bool first = true;
  auto end_segment = [&] {
    Status status = check_segment(drop(name.view(), segment), first);
    // The worst status counts: a 400 after a 404 is a 400.
    if (status == Status::bad_request || path.status == Status::ok) path.status = status;
    first = false;
  };
  raw = drop(raw, 1);
  while (!raw.empty()) {
    if (raw[0] == '/') {
      end_segment();
      if (raw.size() == 1) {
        path.directory = true;
        break;
      }
      name.byte('/');
      segment = name.size();
      raw = drop(raw, 1);
      continue;
    }
    size_t used = 0;
    int byte = decode_byte(raw, used);
    if (byte == refused) {
      path.status = Status::bad_request;
      return path;
    }
    name.byte(static_cast<char>(byte));
    raw = drop(raw, used);
  }
  if (path.directory || (first && name.size() == 0)) {
    path.directory = true; // "/" itself is a directory too
  } else {
    end_segment();
  }
  path.name = name.view();
  return path;
}

} // namespace minhttp::http
