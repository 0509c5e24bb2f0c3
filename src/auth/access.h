// SPDX-License-Identifier: MIT
#pragma once
// Access control: by address for all of a site, by password for parts of it.

#include <span>
#include <string_view>

#include "auth/authenticator.h"
#include "auth/passwords.h"
#include "base/cidr.h"

namespace minhttp::auth {

// A part of the site, and the users who may see it.
struct ProtectedPath {
  std::string_view prefix; // decoded, without slashes at its ends; empty: all of it
  auth::Passwords passwords;
};

struct Access {
  std::span<const AddressRule> addresses = {};
  std::span<const ProtectedPath> protected_paths = {};
  Authenticator* authenticator = nullptr; // null: nothing is protected
  std::string_view realm;

  // The part that a file lies in, the one with the longest prefix; null: everybody may see it.
  // private.html and private.html.gz belong to private, since they are served at its path. So do PRIVATE and
  // "private. ", which some file systems take for the same name (site/folding.h).
  const ProtectedPath* protection_of(std::string_view name) const;
};

} // namespace minhttp::auth
