// SPDX-License-Identifier: MIT
#pragma once
// When a certificate is renewed, and when an authority that has failed is asked again. Pure: it knows no clock and no
// file. All times are seconds since 1970.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace minhttp::acme {

// The window in which the authority suggests to renew (RFC 9773).
struct Window {
  std::string id;       // of the certificate that it is for: ari_id()
  int64_t start_s = 0;  // both 0: the authority has said nothing
  int64_t end_s = 0;    // not before start_s
  int64_t chosen_s = 0; // a random time in between
  int64_t asked_s = 0;
  int64_t next_s = 0; // when it is asked for again
  bool known() const { return end_s > 0; }
};

// What is remembered of a certificate between runs, beside itself.
struct Renewal {
  std::string directory; // of the authority that it comes from; "": there is none yet
  // The last attempt, if it has failed.
  int64_t failures = 0; // one after the other
  int64_t failed_s = 0;
  int64_t until_s = 0;          // no further attempt before
  bool told_to_wait = false;    // the authority has said so (Retry-After)
  std::string failed_directory; // of the authority that was asked; "": it is not known
  std::string reason;
  Window window;
};

// JSON, of a few lines. Nothing: the text is damaged.
std::string write_renewal(const Renewal& renewal);
std::optional<Renewal> parse_renewal(std::string_view text);

struct Validity {
  int64_t begins_s;
  int64_t ends_s;
};

// Why a certificate is to be renewed now; "" if it is not. within_s: if so much of its life is left, instead of a
// third, and whatever the authority suggests; 0: not given. Without it at least limits::due_least_s is left, or two
// thirds of the life.
std::string why_now(const Validity& validity, const Window& window, int64_t within_s, int64_t now_s);
// When why_now() will have a reason, as far as is known now.
int64_t renewed_from_s(const Validity& validity, const Window& window, int64_t within_s);

// Shall the window be asked for? Not twice within its Retry-After.
bool is_asked_for(const Window& window, std::string_view id, int64_t now_s);
// May be used: a window that would let the certificate expire is a mistake of the authority's, as is one that ends
// before it starts.
bool is_usable(int64_t start_s, int64_t end_s, const Validity& validity);

// Until when the authority with this directory is left alone; 0: it may be asked. What another one has refused does not
// count, nor a failure that lies in the future, as the clock was wrong.
int64_t waits_until_s(const Renewal& renewal, std::string_view directory, int64_t now_s);

// An attempt that has failed.
struct Attempt {
  std::string_view directory; // of the authority that was asked
  std::string_view reason;
  std::optional<int64_t> told_s; // for how long it wants to be left alone, if it has said so
  int64_t now_s;
  int64_t ends_s; // of the present certificate; 0: there is none
};

// One failure more. Failures of another authority are forgotten. Of what is left of a certificate's life at most half
// is waited, but always limits::backoff_first_s.
void note_failure(Renewal& renewal, const Attempt& failed);
void note_success(Renewal& renewal);

} // namespace minhttp::acme
