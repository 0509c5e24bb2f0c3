// SPDX-License-Identifier: MIT
#include "acme/challenge.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "acme/encoding.h"
#include "acme/limits.h"
#include "acme/report.h"

namespace minhttp::acme {
namespace {

constexpr mode_t directory_mode = 0755; // whatever the umask: the server is another user
constexpr mode_t file_mode = 0644;
constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

} // namespace

ChallengeFiles::ChallengeFiles(std::string webroot) : webroot_(std::move(webroot)) {
  directory_ = Descriptor(open(webroot_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory_.open()) fail("");
  std::string path;
  for (const char* name : {".well-known", "acme-challenge"}) {
    path += std::string("/") + name;
    int parent = directory_.number();
    bool made = mkdirat(parent, name, directory_mode) == 0;
    if (!made && errno != EEXIST) fail(path);
    Descriptor next(openat(parent, name, directory_flags));
    if (!next.open() || (made && fchmod(next.number(), directory_mode) != 0)) fail(path);
    directory_ = std::move(next);
  }
}

ChallengeFiles::~ChallengeFiles() {
  for (const std::string& name : names_) (void)unlinkat(directory_.number(), name.c_str(), 0);
}

void ChallengeFiles::put(const std::string& token, const std::string& content) {
  // It becomes a name: what is no token leads elsewhere.
  if (!is_base64url(token) || token.size() > limits::token_bytes) {
    throw Failure("the authority gives a token that is none: " + printable(token), temporary_failure);
  }
  std::string path = "/.well-known/acme-challenge/" + token;
  (void)unlinkat(directory_.number(), token.c_str(), 0); // of a run that was killed
  Descriptor file(openat(directory_.number(), token.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file_mode));
  if (!file.open()) fail(path);
  names_.push_back(token);
  if (fchmod(file.number(), file_mode) != 0 || !write_all(file.number(), content)) fail(path);
}

void ChallengeFiles::fail(const std::string& name) const {
  int error = errno;
  std::string why = "cannot write " + printable(webroot_ + name) + ": " + std::strerror(error);
  if (error == EACCES || error == EPERM)
    why += "; give its directory .well-known/acme-challenge to the user of minhttps-acme (chown)";
  if (error == EROFS)
    why += "; name it with ReadWritePaths= in minhttps-acme.service (systemctl edit minhttps-acme.service)";
  if (error == ELOOP || error == ENOTDIR) why += "; links there are not followed";
  throw Failure(why);
}

} // namespace minhttp::acme
