#include "http/coding.h"

#include "base/bytes.h"
#include "http/values.h"
#include "http/weight.h"

namespace minhttp::http {
namespace {

constexpr uint32_t unsaid = UINT32_MAX;

// What the field says of each coding, in thousandths.
struct Weights {
  std::array<uint32_t, coding_count> of;
  uint32_t others = unsaid; // "*"

  Weights() { of.fill(unsaid); }

  void consider(std::string_view name, uint32_t weight) {
    if (equal(name, "*")) return once(others, weight);
    if (equal_ignoring_case(name, "identity")) return once(of[0], weight);
    if (equal_ignoring_case(name, "x-gzip")) name = "gzip"; // section 8.4.1.3
    for (size_t i = 1; i < coding_count; i++) {
      if (equal_ignoring_case(name, coding_token(static_cast<Coding>(i)))) return once(of[i], weight);
    }
  }
  void consider_line(std::string_view line) {
    while (!line.empty()) {
      std::string_view parameters = take_piece(line, ',');
      std::string_view name = take_piece(parameters, ';');
      consider(name, weight_of(parameters));
    }
  }
  uint32_t weight(size_t i) const { return of[i] == unsaid ? others : of[i]; }

 private:
  static void once(uint32_t& place, uint32_t weight) {
    if (place == unsaid) place = weight;
  }
};

} // namespace

std::string_view coding_token(Coding coding) {
  switch (coding) {
    case Coding::identity: break;
#define CODING(name, token, suffix) \
  case Coding::name:                \
    return token;
#include "tables/coding.def"
#undef CODING
  }
  return {};
}

std::string_view coding_suffix(Coding coding) {
  switch (coding) {
    case Coding::identity: break;
#define CODING(name, token, suffix) \
  case Coding::name:                \
    return suffix;
#include "tables/coding.def"
#undef CODING
  }
  return {};
}

AcceptedCodings accepted_codings(const Request& request) {
  AcceptedCodings accepted;
  Weights weights;
  weights.consider_line(request.accept_encoding);
  if (request.accept_encoding_again) {
    Values values(request, Field::accept_encoding);
    std::string_view line;
    for (values.next(line); values.next(line);) weights.consider_line(line);
  }
  // identity is acceptable unless it is excluded, and the last choice unless it is named.
  uint32_t identity = weights.weight(0);
  accepted.identity = identity != 0;
  uint32_t least = weights.of[0] == unsaid || identity == 0 ? 1 : identity;
  for (uint32_t limit = 1000; limit >= least && limit > 0;) {
    uint32_t next = 0;
    for (size_t i = 1; i < coding_count; i++) {
      uint32_t weight = weights.weight(i);
      if (weight == unsaid) continue;
      if (weight == limit) accepted.order[accepted.count++] = static_cast<Coding>(i);
      if (weight < limit && weight > next) next = weight;
    }
    limit = next;
  }
  if (accepted.identity) accepted.order[accepted.count++] = Coding::identity;
  return accepted;
}

bool may_be_compressed(std::string_view type) {
  type = take(type, find(type, ';'));
  constexpr auto is_one_of = [](std::string_view text, std::string_view list) {
    while (!list.empty()) {
      if (equal(text, take_piece(list, ' '))) return true;
    }
    return false;
  };
  if (starts_with(type, "image/")) {
    return is_one_of(drop(type, 6), "svg+xml bmp x-icon vnd.microsoft.icon tiff x-portable-pixmap");
  }
  if (starts_with(type, "audio/")) return is_one_of(drop(type, 6), "wav x-wav midi");
  if (starts_with(type, "video/")) return false;
  if (starts_with(type, "font/")) return is_one_of(drop(type, 5), "ttf otf collection");
  if (!starts_with(type, "application/")) return true;
  return !is_one_of(drop(type, 12),
                    "zip gzip x-brotli zstd x-7z-compressed x-bzip2 x-xz vnd.rar java-archive epub+zip "
                    "vnd.android.package-archive vnd.debian.binary-package x-apple-diskimage") &&
         !starts_with(type, "application/vnd.openxmlformats-") && !starts_with(type, "application/vnd.oasis.");
}

} // namespace minhttp::http
