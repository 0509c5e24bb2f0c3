// SPDX-License-Identifier: MIT
#pragma once
// The fields that _headers and the options --header, --cors and --secure-headers add to a head, and the server's own
// fields that they replace.

#include "base/bytes.h"
#include "rules/rules.h"

namespace minhttp::serve {

// Which of the rules' fields apply to a response.
enum class Scope : uint8_t {
  file,    // everything
  other,   // not how long it may be kept: a rule serves another file than was asked for
  pieces,  // everything but Content-Type and Content-Encoding: a multipart answer has its own, a 304 none
  message, // not what is about the file: errors and redirects are none, and an application's page
           // is not the file that was asked for
  options  // of rules, what browsers want to know before a request: CORS, Vary and security
};

class HeaderOverrides {
 public:
  // Either may be null. rules: of the site, which win; own: complete lines, which both replace.
  HeaderOverrides(const rules::Fields* rules, const rules::Fields* defaults, Scope scope, std::string_view own = {})
      : rules_(rules), default_headers_(defaults), scope_(scope), own_(own) {}

  // Whether the server's own field of that name must not be sent.
  bool replaces(std::string_view name) const;

  // Writes complete lines: at most limits::fields_bytes, and own.
  void write(Writer& out) const;

 private:
  bool rules_speak_of(std::string_view name) const;
  bool options_speak_of(std::string_view name) const;

  const rules::Fields* rules_;
  const rules::Fields* default_headers_;
  Scope scope_;
  std::string_view own_;
};

} // namespace minhttp::serve
