#pragma once
// What identifies a version of a file (RFC 9110 section 8.8): what we send, and what the
// conditional fields of a request are compared with.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/coding.h"

namespace minhttp::http {

struct Validators {
  uint64_t size = 0;
  int64_t seconds = 0; // of the modification time
  uint32_t nanoseconds = 0;
  Coding coding = Coding::identity; // another coding is another representation
  bool made = false;                // by our encoder, from the file that these are of

  bool operator==(const Validators&) const = default;
};

// The entity tag with its quotes. Size and time in hexadecimal: two versions of a file that
// differ in neither are the same to us. Strong, because the time has nanoseconds.
class EntityTag {
 public:
  explicit EntityTag(const Validators& validators);
  std::string_view text() const { return {text_, size_}; }

 private:
  char text_[16 + 1 + 16 + 1 + 8 + 1 + coding_token_max + 2]; // or the encoder's version, which is shorter
  size_t size_;
};

// Whether the modification time says something: not at or before the epoch (an image build
// that cleared it), nor in the future, which RFC 9110 section 8.8.2.1 forbids to send. A
// time that we do not send is not compared with anything either.
constexpr bool has_last_modified(const Validators& v, int64_t now) { return v.seconds > 0 && v.seconds <= now; }

} // namespace minhttp::http
