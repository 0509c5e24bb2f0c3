// SPDX-License-Identifier: MIT
#include "serve/content_coding.h"

#include "base/bytes.h"
#include "http/conditional.h"

namespace minhttp::serve {
namespace {

using http::Coding;
using site::Copy;

// Whether a password guards the compressed file and not the name that is asked for, or another one.
bool is_guarded_apart(const Reply& reply, const site::Name& name) {
  if (reply.context.access.protected_paths.empty()) return false;
  char text[limits::path_max]; // as it was opened
  Writer out(text);
  out.text(name.base).text(http::coding_suffix(name.coding));
  return reply.context.access.protection_of(out.view()) != reply.context.access.protection_of(name.base);
}

bool has_file(const site::Files& files, std::string_view name) {
  return files.open({.base = name}).kind == site::Found::Kind::file;
}

} // namespace

bool is_coded_by_rule(const Reply& reply) {
  return reply.fields != nullptr && reply.fields->mentions("content-encoding"sv);
}

// Beside its original it is a sibling, and who asks for it by its own name wants to have it as it is.
bool choose_stored(Reply& reply, site::Found& found) {
  if (!found.name.suffix.empty()) return false;
  http::CompressedName name = http::compressed_name(found.name.base);
  if (name.coding == Coding::identity) return false;
  bool by_rule = is_coded_by_rule(reply);
  if (!by_rule && (!http::is_stored_compressed(name.inner) || has_file(reply.files(), name.inner))) {
    return false;
  }
  if (!by_rule && !http::accepted_codings(reply.request()).prefers(name.coding)) {
    reply.explain("stored compressed, which the client does not take: as it is"sv);
    return true;
  }
  if (by_rule && !reply.fields->sets("content-encoding"sv)) return false;
  reply.explain("stored compressed:"sv, http::coding_token(name.coding));
  found.type = reply.files().type_of(name.inner);
  if (!by_rule) found.validators.coding = name.coding;
  return !by_rule;
}

site::Found find_stored(const Reply& reply, const site::Files& files, const http::Path& path) {
  site::Found found;
  if (path.directory || !http::is_stored_compressed(path.name) || is_coded_by_rule(reply)) return found;
  auto accepted = http::accepted_codings(reply.request());
  auto choose = [&](Coding coding) {
    site::Found file = files.open({.base = path.name, .coding = coding});
    if (file.kind != site::Found::Kind::file || is_guarded_apart(reply, file.name)) return false;
    found.status = http::Status::not_acceptable; // it is there
    if (!accepted.takes(coding)) return false;
    found = static_cast<site::Found&&>(file);
    found.validators.coding = coding;
    found.type = files.type_of(path.name);
    return true;
  };
  for (uint8_t i = 0; i < accepted.count; i++) {
    if (accepted.order[i] != Coding::identity && choose(accepted.order[i])) return found;
  }
  for (size_t i = 1; i < http::coding_count; i++) { // what it likes less than identity, which is not there
    auto coding = static_cast<Coding>(i);
    if (!accepted.prefers(coding) && choose(coding)) return found;
  }
  return found;
}

bool choose_sibling(Reply& reply, site::Found& found, http::AcceptedCodings& accepted) {
  accepted = http::accepted_codings(reply.request());
  if (accepted.count > 0 && accepted.order[0] == Coding::identity) return true;
  if (!reply.files().use_sibling(found, accepted)) return false;
  reply.explain("compressed: its sibling"sv, http::coding_suffix(found.validators.coding));
  return true;
}

// Our copy, which is made when a file is asked for the second time. A range is always one of the file itself: what a
// client has begun is then never a mixture, whether or not there is a copy by now.
bool choose_copy(Reply& reply, site::Found& found, const http::AcceptedCodings& accepted, bool conditional) {
  Context& context = reply.context;
  site::CacheEntry* file = found.body.source.cached();
  if (context.compressor == nullptr || file == nullptr || file->copy == Copy::none) return false;
  if (reply.request().has(http::Field::range) || !accepted.prefers(Coding::gzip)) return false;
  http::Validators validators = found.validators;
  validators.coding = Coding::gzip;
  validators.made = true;
  if (file->copy == Copy::untried && !(found.body.length >= limits::compress_min &&
                                       found.body.length <= limits::compress_max && http::is_text(found.type))) {
    file->copy = Copy::none;
    return false;
  }
  if (file->copy != Copy::made && !context.compressor->ask(*file, reply.exchange.client)) {
    // Who has the copy that would be made is told so: it would be the same.
    if (conditional && reply.request().has(http::Field::if_none_match) &&
        http::evaluate(reply.request(), validators, context.clock.seconds()) == http::Status::not_modified) {
      found.validators = validators;
      return true;
    }
    reply.undecided = file->copy == Copy::untried;
    return false;
  }
  found.body = {.source = site::Source(*file, true), .length = file->copy_size};
  found.validators = validators;
  reply.explain("compressed: by the server, gzip"sv);
  return true;
}

} // namespace minhttp::serve
