// SPDX-License-Identifier: MIT
#pragma once
// Links of a page, as a browser resolves them (RFC 3986 section 5, WHATWG URL), as far as they stay in the site.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace minhttp::packer {

struct Target {
  std::string path;  // absolute, still encoded
  std::string query; // with its '?', or empty
};

// link: an attribute's value. base: the absolute path that it is relative to, up to its last slash. Nothing: the link
// leads to another host or scheme, or only to a place in the page itself.
std::optional<Target> resolve(std::string_view link, std::string_view base);

// The URLs of a srcset (HTML section 4.8.4.2.1).
std::vector<std::string_view> srcset_urls(std::string_view text);

// The URL of <meta http-equiv="refresh" content="5; url=next.html">; empty if there is none.
std::string_view refresh_url(std::string_view content);

} // namespace minhttp::packer
