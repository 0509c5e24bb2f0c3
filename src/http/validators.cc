// SPDX-License-Identifier: MIT
#include "http/validators.h"

#include "base/bytes.h"
#include "gzip/encoder.h"

namespace minhttp::http {

// Written in the letters of base64url (RFC 4648 section 5), which are all allowed in a tag.
EntityTag::EntityTag(const Validators& v) {
  if (!v.hashed) return;
  Writer out(text_);
  out.byte('"');
  Digest left = v.digest;
  for (size_t i = 0; i < digits; i++) {
    out.byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[left.high >> 58]);
    left = {.high = left.high << 6 | left.low >> 58, .low = left.low << 6};
  }
  if (v.made) {
    out.text("-gz").decimal(gzip::version);
  } else if (v.coding != Coding::identity) {
    out.byte('-').text(coding_token(v.coding));
  }
  out.byte('"');
  size_ = out.size();
}

} // namespace minhttp::http
