// SPDX-License-Identifier: MIT
#pragma once
// The files of HTTP-01 challenges (RFC 8555 section 8.3) beneath the directory of a site.

#include <string>
#include <vector>

#include "acme/files.h"

namespace minhttp::acme {

class ChallengeFiles {
 public:
  // webroot: the site's directory; .well-known/acme-challenge in it is made if need be, and links there are not
  // followed.
  explicit ChallengeFiles(std::string webroot);
  ChallengeFiles(const ChallengeFiles&) = delete;
  ChallengeFiles& operator=(const ChallengeFiles&) = delete;
  ~ChallengeFiles(); // removes the files

  // Everybody may read the file. Failure: the token is none, or it cannot be written.
  void put(const std::string& token, const std::string& content);

 private:
  [[noreturn]] void fail(const std::string& name) const;

  std::string webroot_;
  Descriptor directory_;
  std::vector<std::string> names_;
};

} // namespace minhttp::acme
