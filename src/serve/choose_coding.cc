#include "serve/choose_coding.h"

#include "http/conditional.h"

namespace minhttp::serve {
namespace {

using http::Coding;
using site::Copy;

bool takes_gzip(const http::AcceptedCodings& accepted) {
  for (uint8_t i = 0; i < accepted.count && accepted.order[i] != Coding::identity; i++) {
    if (accepted.order[i] == Coding::gzip) return true;
  }
  return false;
}

// Our copy, which is made when a file is asked for the second time. A range is always one of the file itself: what a
// client has begun is then never a mixture, whether or not there is a copy by now.
bool choose_copy(Reply& reply, site::Found& found, const http::AcceptedCodings& accepted) {
  Server& server = reply.server;
  site::CacheEntry* file = found.body.source.cached();
  if (server.compressor == nullptr || file == nullptr || file->copy == Copy::none) return false;
  if (reply.request().has(http::Field::range) || !takes_gzip(accepted)) return false;
  http::Validators validators = found.validators;
  validators.coding = Coding::gzip;
  validators.made = true;
  if (file->copy == Copy::untried && !(found.body.length >= limits::compress_min &&
                                       found.body.length <= limits::compress_max && http::is_text(found.type))) {
    file->copy = Copy::none;
    return false;
  }
  if (file->copy != Copy::made && !server.compressor->ask(*file, reply.connection.peer)) {
    // Who has the copy that would be made is told so: it would be the same.
    if (reply.request().has(http::Field::if_none_match) &&
        http::judge(reply.request(), validators, server.clock.seconds()) == http::Status::not_modified) {
      found.validators = validators;
      return true;
    }
    reply.undecided = file->copy == Copy::untried;
    return false;
  }
  found.body = {.source = site::Source(*file, true), .length = file->copy_size};
  found.validators = validators;
  reply.explain("compressed: by the server, gzip");
  return true;
}

} // namespace

bool choose_coding(Reply& reply, site::Found& found) {
  auto accepted = http::accepted_codings(reply.request());
  if (reply.site->files.choose_coding(found, accepted)) {
    reply.explain("compressed: its sibling", http::coding_suffix(found.validators.coding));
    return true;
  }
  return choose_copy(reply, found, accepted) || accepted.identity;
}

} // namespace minhttp::serve
