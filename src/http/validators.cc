#include "http/validators.h"

#include "base/bytes.h"
#include "gzip/encoder.h"

namespace minhttp::http {

EntityTag::EntityTag(const Validators& v) {
  Writer out(text_);
  out.byte('"').hex(v.size).byte('-').hex(static_cast<uint64_t>(v.seconds)).byte('-').hex(v.nanoseconds);
  if (v.made) {
    out.text("-gz").decimal(gzip::version);
  } else if (v.coding != Coding::identity) {
    out.byte('-').text(coding_token(v.coding));
  }
  out.byte('"');
  size_ = out.size();
}

} // namespace minhttp::http
