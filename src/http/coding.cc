// SPDX-License-Identifier: MIT
#include "http/coding.h"

#include <optional>

#include "base/bytes.h"
#include "http/values.h"
#include "http/weight.h"

namespace minhttp::http {
namespace {

constexpr uint32_t unsaid = UINT32_MAX; // not mentioned; more than any weight

// The weights that Accept-Encoding gives to the codings, in thousandths.
struct Weights {
  std::array<uint32_t, coding_count> of;
  uint32_t others = unsaid; // "*"

  Weights() { of.fill(unsaid); }

  // If a coding is named more than once, the first one counts.
  void consider(std::string_view name, uint32_t weight) {
    if (equal(name, "*")) return once(others, weight);
    if (equal_ignoring_case(name, "identity")) return once(of[0], weight);
    if (equal_ignoring_case(name, "x-gzip")) name = "gzip"sv; // section 8.4.1.3
    for (size_t i = 1; i < coding_count; i++) {
      if (equal_ignoring_case(name, coding_token(static_cast<Coding>(i)))) return once(of[i], weight);
    }
  }
  uint32_t weight(size_t i) const { return of[i] == unsaid ? others : of[i]; }

 private:
  static void once(uint32_t& place, uint32_t weight) {
    if (place == unsaid) place = weight;
  }
};

// Evaluates one line of Accept-Encoding. Unlike a media type, a coding has no parameter but its weight, so a member
// with anything else behind its name is ignored. If it counted as q=0 instead, "identity;q=high" would refuse every
// file.
void consider_line(std::string_view line, Weights& weights) {
  while (!line.empty()) {
    std::string_view member = trim(take_until(line, ','));
    size_t semicolon = find(member, ';');
    std::optional<uint32_t> weight = 1000;
    if (semicolon < member.size()) {
      std::string_view parameter = trim(drop(member, semicolon + 1));
      weight = is_weight(parameter) ? parse_weight(drop(parameter, 2)) : std::nullopt;
    }
    if (weight) weights.consider(trim(take(member, semicolon)), *weight);
  }
}

// The lists are texts in one piece, because a table of texts would be a table of pointers.
bool is_one_of(std::string_view text, std::string_view list) {
  while (!list.empty()) {
    if (equal_ignoring_case(text, take_until(list, ' '))) return true;
  }
  return false;
}

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
  consider_line(request.accept_encoding, weights);
  if (request.accept_encoding_again) {
    Values values(request, Field::accept_encoding);
    std::string_view line;
    for (values.next(line); values.next(line);) consider_line(line, weights);
  }
  // identity is acceptable unless excluded, and the last choice unless named.
  uint32_t identity = weights.weight(0);
  accepted.identity = identity != 0;
  for (size_t i = 1; i < coding_count; i++) {
    bool takes = weights.weight(i) != 0 && weights.weight(i) != unsaid;
    if (takes) accepted.acceptable = static_cast<uint8_t>(accepted.acceptable | 1U << i);
  }
  uint32_t least = weights.of[0] == unsaid ? 0 : identity;
  for (uint32_t limit = 1000; limit >= least && limit > 0;) {
    uint32_t next = 0;
    for (size_t i = 1; i < coding_count; i++) {
      uint32_t weight = weights.weight(i);
      if (weight == limit) accepted.order[accepted.count++] = static_cast<Coding>(i);
      if (weight < limit && weight > next) next = weight;
    }
    limit = next;
  }
  if (accepted.identity) accepted.order[accepted.count++] = Coding::identity;
  return accepted;
}

bool may_be_compressed(std::string_view type) {
  type = trim(take(type, find(type, ';')));
  if (starts_with_ignoring_case(type, "image/"sv)) {
    return is_one_of(drop(type, 6), "svg+xml bmp x-icon vnd.microsoft.icon tiff x-portable-pixmap"sv);
  }
  if (starts_with_ignoring_case(type, "audio/"sv)) return is_one_of(drop(type, 6), "wav x-wav midi"sv);
  if (starts_with_ignoring_case(type, "video/"sv)) return false;
  if (starts_with_ignoring_case(type, "font/"sv)) return is_one_of(drop(type, 5), "ttf otf collection"sv);
  if (type.size() > 4 && equal_ignoring_case(drop(type, type.size() - 4), "+zip")) return false; // RFC 6839
  if (!starts_with_ignoring_case(type, "application/"sv)) return true;
  return !is_one_of(drop(type, 12),
                    "zip gzip x-brotli zstd x-7z-compressed x-bzip2 x-xz vnd.rar java-archive "sv
                    "vnd.android.package-archive vnd.debian.binary-package x-apple-diskimage x-rpm "sv
                    "x-xpinstall vnd.google-earth.kmz"sv) &&
         !starts_with_ignoring_case(type, "application/vnd.openxmlformats-"sv) &&
         !starts_with_ignoring_case(type, "application/vnd.oasis."sv);
}

CompressedName compressed_name(std::string_view name) {
  if (ends_with(name, ".svgz"sv)) return {Coding::gzip, take(name, name.size() - 1)};
  for (size_t i = 1; i < coding_count; i++) {
    auto coding = static_cast<Coding>(i);
    std::string_view suffix = coding_suffix(coding);
    if (ends_with(name, suffix)) return {coding, take(name, name.size() - suffix.size())};
  }
  return {};
}

bool is_stored_compressed(std::string_view inner) {
  size_t start = inner.size();
  while (start > 0 && inner[start - 1] != '.' && inner[start - 1] != '/') start--;
  return start > 1 && inner[start - 1] == '.' && inner[start - 2] != '/' &&
         is_one_of(drop(inner, start), "js mjs css html svg json map wasm data mem pck");
}

bool is_text(std::string_view type) {
  if (!may_be_compressed(type) || starts_with_ignoring_case(type, "audio/"sv)) return false;
  type = trim(take(type, find(type, ';')));
  return !starts_with_ignoring_case(type, "application/"sv) ||
         !is_one_of(drop(type, 12),
                    "octet-stream pdf msword vnd.ms-excel vnd.ms-powerpoint x-tar x-iso9660-image "sv
                    "x-msdownload"sv);
}

} // namespace minhttp::http
