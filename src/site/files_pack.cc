// SPDX-License-Identifier: MIT
// Another part of site/files.cc: files that are found in a pack.

#include "base/bytes.h"
#include "base/check.h"
#include "site/files.h"
#include "site/pack.h"
#include "tables/limits.h"

namespace minhttp::site {

using http::Coding;
using http::Status;

namespace {

Found error(Status status) {
  Found found;
  found.status = status;
  return found;
}

} // namespace

std::string_view Files::name_in_pack(std::string_view name, std::span<char> to) const {
  if (pack_directory_.empty()) return name;
  if (name.empty()) return pack_directory_;
  if (pack_directory_.size() + 1 + name.size() > to.size()) return {};
  return Writer(to).text(pack_directory_).byte('/').text(name).view();
}

Pack::Lookup Files::find_in_pack(std::string_view name, Pack::Item& item) const {
  char memory[limits::path_max];
  std::string_view whole = name_in_pack(name, memory);
  return whole.empty() && !name.empty() ? Pack::Lookup::missing : pack_->find(whole, item);
}

bool Files::hides(const Pack::Item& item) const {
  if (item.is_hidden()) return true;
  const pack::Body* body = secrets_.empty() ? nullptr : pack_->body(item, Coding::identity);
  if (body == nullptr) return false;
  for (const Secret& secret : secrets_) {
    if (secret.digest == body->digest) return true;
  }
  return false;
}

// A body in a coding belongs to the entry of its original. What is stored compressed only is an entry of its own, as
// the sibling of a file that does not exist would be in a directory.
Found Files::open_in_pack(const Name& name) const {
  char memory[limits::path_max];
  std::string_view text = write_name({.base = name.base, .suffix = name.suffix}, memory);
  if (text.empty() && !name.base.empty()) return error(Status::not_found);
  Coding coding = name.coding;
  Pack::Item item;
  Pack::Lookup lookup = find_in_pack(text, item);
  if (lookup == Pack::Lookup::missing && coding != Coding::identity) {
    coding = Coding::identity;
    text = write_name(name, memory);
    if (text.empty()) return error(Status::not_found);
    lookup = find_in_pack(text, item);
  }
  if (lookup == Pack::Lookup::damaged) return error(Status::internal_server_error);
  if (lookup == Pack::Lookup::missing || hides(item)) return error(Status::not_found);
  Found found;
  if (item.is_directory()) {
    found.kind = Found::Kind::directory;
    return found;
  }
  const pack::Body* body = pack_->body(item, coding);
  if (body == nullptr) return found;
  found.kind = Found::Kind::file;
  found.status = Status::ok;
  found.body = {.source = Source(pack_->bytes_of(*body).data()), .length = body->size};
  found.name = name;
  found.type = type_of(text);
  found.validators.size = body->size;
  found.validators.digest = body->digest;
  found.validators.hashed = true;
  return found;
}

// The server reads rules once; then it can afford to compare all bytes with their digest. EIO: they differ.
Result<size_t> Files::read_in_pack(std::string_view name, std::span<char> to) const {
  Pack::Item item;
  Pack::Lookup lookup = find_in_pack(name, item);
  if (lookup == Pack::Lookup::missing) return Errno::ENOENT_;
  if (lookup == Pack::Lookup::damaged) return Errno::EIO_;
  if (item.is_directory()) return Errno::EISDIR_;
  const pack::Body& body = *pack_->body(item, Coding::identity);
  if (body.size >= to.size()) return Errno::EFBIG_;
  std::string_view bytes = pack_->bytes_of(body);
  if (!(digest_of(bytes) == body.digest)) return Errno::EIO_;
  __builtin_memcpy(to.data(), bytes.data(), bytes.size());
  return bytes.size();
}

} // namespace minhttp::site
