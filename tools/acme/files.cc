// SPDX-License-Identifier: MIT
#include "acme/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "acme/limits.h"
#include "acme/report.h"

namespace minhttp::acme {
namespace {

constexpr const char* new_suffix = ".new"; // nobody else writes here: the state has a lock

std::string directory_of(const std::string& path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

[[noreturn]] void fail_to(const char* what, const std::string& path) {
  fail_with_errno(std::string("cannot ") + what + " " + printable(path));
}

// errno stays that of what has failed before.
[[noreturn]] void give_up(const std::string& temporary, const std::string& path) {
  int error = errno;
  (void)unlink(temporary.c_str());
  errno = error;
  fail_to("write", path);
}

} // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

Descriptor::~Descriptor() {
  if (number_ >= 0) (void)close(number_);
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

std::optional<std::string> read_file(const std::string& path) {
  Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.open() && errno == ENOENT) return {};
  if (!file.open()) fail_to("read", path);
  std::string bytes(limits::file_bytes + 1, '\0');
  size_t size = 0;
  while (size < bytes.size()) {
    ssize_t count = read(file.number(), bytes.data() + size, bytes.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_to("read", path);
    if (count == 0) break;
    size += static_cast<size_t>(count);
  }
  if (size == bytes.size()) throw TooLarge(printable(path) + " is too large to be what it should be");
  bytes.resize(size);
  return bytes;
}

void write_file(const std::string& path, std::string_view bytes, mode_t mode) {
  std::string temporary = path + new_suffix;
  (void)unlink(temporary.c_str());
  Descriptor file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!file.open()) fail_to("write", path);
  if (fchmod(file.number(), mode) != 0 || !write_all(file.number(), bytes) || fsync(file.number()) != 0 ||
      rename(temporary.c_str(), path.c_str()) != 0) {
    give_up(temporary, path);
  }
  sync_directory(directory_of(path));
}

void remove_file(const std::string& path) {
  if (unlink(path.c_str()) == 0) return sync_directory(directory_of(path));
  if (errno != ENOENT) fail_to("remove", path);
}

void make_directory(const std::string& path) {
  if (mkdir(path.c_str(), 0700) == 0) return sync_directory(directory_of(path));
  if (errno != EEXIST) fail_to("make the directory", path);
}

std::string make_temporary_directory(const std::string& prefix) {
  std::string path = prefix + "XXXXXX";
  if (mkdtemp(path.data()) == nullptr) fail_to("make the directory", path);
  return path;
}

void rename_directory(const std::string& from, const std::string& to) {
  sync_directory(from);
  if (rename(from.c_str(), to.c_str()) != 0) fail_to("make the directory", to);
  sync_directory(directory_of(to));
}

void replace_link(const std::string& path, const std::string& target) {
  std::string temporary = path + new_suffix;
  (void)unlink(temporary.c_str());
  if (symlink(target.c_str(), temporary.c_str()) != 0) fail_to("write", path);
  if (rename(temporary.c_str(), path.c_str()) != 0) give_up(temporary, path);
  sync_directory(directory_of(path));
}

void sync_directory(const std::string& path) {
  Descriptor directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.open() || fsync(directory.number()) != 0) fail_to("write", path);
}

} // namespace minhttp::acme
