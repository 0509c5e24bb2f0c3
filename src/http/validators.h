// SPDX-License-Identifier: MIT
#pragma once
// Identifies a version of a file (RFC 9110 section 8.8): sent in responses, and compared with the conditional fields of
// requests.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "crypto/content_hash.h"
#include "http/coding.h"

namespace minhttp::http {

struct Validators {
  uint64_t size = 0;
  int64_t seconds = 0; // of the modification time
  uint32_t nanoseconds = 0;
  Coding coding = Coding::identity; // another coding is another representation
  bool made = false;                // by our encoder; the other members are those of the original file
  bool hashed = false;              // digest is valid; false: there is no entity tag
  Digest digest = {};               // of the bytes that are sent

  // Whether size and modification time are equal, as the file system reports them.
  bool same_state(const Validators& other) const {
    return size == other.size && seconds == other.seconds && nanoseconds == other.nanoseconds;
  }
};

// The entity tag with its quotes; empty: there is none. It is strong: equal bytes have equal tags, on every machine and
// whatever the file's times are, and different bytes have different tags.
class EntityTag {
 public:
  explicit EntityTag(const Validators& validators);
  std::string_view text() const { return {text_, size_}; }

 private:
  static constexpr size_t digits = 22; // of 6 bits

  char text_[1 + digits + 1 + coding_token_max + 1]; // for the encoder's version too, which is shorter
  size_t size_ = 0;
};

// Whether the modification time is meaningful. It is not if a build has cleared it: to 1970, or to the start of zip's
// calendar, 1980-01-01, which a time zone may move to the next day. A time in the future must not be sent (RFC 9110
// section 8.8.2.1). A time that we do not send is not compared with anything either (section 13.1.3).
constexpr int64_t cleared_time = 315'705'599; // 1980-01-02 23:59:59
constexpr bool has_last_modified(const Validators& v, int64_t now) {
  return v.seconds > cleared_time && v.seconds <= now;
}

} // namespace minhttp::http
