// SPDX-License-Identifier: MIT
#pragma once
// The command line.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme/keys.h"

namespace minhttp::acme {

struct Arguments {
  std::vector<std::string> domains; // in lower case, each once; the first one names the directory of the certificate
  std::string webroot;
  std::string state;
  std::string directory; // URL of the authority
  std::string ca_bundle;
  std::string email;
  KeyKind key = KeyKind::ecdsa;
  int64_t renew_within_s = 0; // 0: not given
  bool renew_now = false;
  bool agrees = false; // to the terms of service
  bool retry = false;  // although the last attempt has failed a moment ago
};

// What is wrong with a host name, in lower case; "" if nothing.
std::string problem_of_domain(std::string_view name);

// Nothing: the program ends with status, after a message.
std::optional<Arguments> read_arguments(int count, char** words, int& status);

} // namespace minhttp::acme
