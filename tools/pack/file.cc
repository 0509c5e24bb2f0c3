// SPDX-License-Identifier: MIT
#include "pack/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "pack/report.h"

namespace minhttp::packer {
namespace {

constexpr size_t buffer_bytes = 1 << 20;

// The temporary files that exist now, for the signal handler: it may only use what signal-safety(7) lists.
struct Slot {
  std::atomic<bool> taken = false;
  std::atomic<bool> ready = false;
  char path[4096] = {};
};
std::array<Slot, 64> slots;

void remember(const std::string& path) {
  for (Slot& slot : slots) {
    if (path.size() >= sizeof slot.path || slot.taken.exchange(true)) continue;
    std::memcpy(slot.path, path.c_str(), path.size() + 1);
    slot.ready = true;
    return;
  }
}

void forget(const std::string& path) {
  for (Slot& slot : slots) {
    if (!slot.ready || path != slot.path) continue;
    slot.ready = false;
    slot.taken = false;
    return;
  }
}

// Replaces the last letters of the path by others, until it is a new file's. The handler learns the name before there
// is a file: mkstemp(3) would leave one behind if a signal came between the two. -1 and errno if it cannot be made.
int create_remembered(std::string& path) {
  constexpr size_t letters = 8;
  constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz012345"; // of 32, so that each is as likely
  for (int attempt = 0; attempt < 100; attempt++) {
    std::array<unsigned char, letters> random;
    if (getrandom(random.data(), random.size(), 0) != letters) return -1;
    for (size_t i = 0; i < letters; i++) path[path.size() - letters + i] = alphabet[random[i] % alphabet.size()];
    remember(path);
    int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) return fd;
    int error = errno;
    forget(path);
    errno = error;
    if (error != EEXIST) return -1;
  }
  return -1;
}

// It can only be read by setting it, which concerns all threads: so once.
mode_t mode_mask() {
  static const mode_t mask = [] {
    mode_t found = umask(0);
    (void)umask(found);
    return found;
  }();
  return mask;
}

void end_by_signal(int number) {
  for (Slot& slot : slots) {
    if (slot.ready) (void)unlink(slot.path);
  }
  if (number == SIGBUS) { // a mapped file has become shorter
    constexpr char text[] = "minhttp-pack: a file changes while it is read, or the disk fails\n";
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    _exit(1);
  }
  (void)std::signal(number, SIG_DFL);
  (void)std::raise(number);
}

// With a slash at its end; empty: the one where we are.
std::string directory_of(const std::string& path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
}

} // namespace

void remove_temporary_files_on_signals() {
  // What is ignored stays so: nohup(1) wants it for SIGHUP, and a shell for SIGINT of what it starts by '&'.
  for (int number : {SIGINT, SIGTERM, SIGHUP}) {
    if (std::signal(number, end_by_signal) == SIG_IGN) (void)std::signal(number, SIG_IGN);
  }
  (void)std::signal(SIGBUS, end_by_signal);
  (void)std::signal(SIGXFSZ, SIG_IGN); // the write fails with EFBIG, which is reported
  (void)std::signal(SIGPIPE, SIG_IGN);
}

MappedFile::MappedFile(const std::string& path) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) fail_with_errno(printable(path));
  struct stat facts = {};
  if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
    (void)close(fd);
    throw Failure(printable(path) + ": not a regular file");
  }
  size_ = static_cast<size_t>(facts.st_size);
  if (size_ > 0) {
    void* data = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) {
      int error = errno;
      (void)close(fd);
      errno = error;
      fail_with_errno(printable(path));
    }
    data_ = static_cast<const char*>(data);
  }
  (void)close(fd);
}

MappedFile::MappedFile(MappedFile&& other) noexcept : data_(other.data_), size_(other.size_) {
  other.data_ = nullptr;
  other.size_ = 0;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) (void)munmap(const_cast<char*>(data_), size_); // NOLINT: munmap wants it so
}

NewFile::NewFile(std::string path, uint32_t mode) : path_(std::move(path)) {
  // Beside its target, so that rename(2) stays on one file system.
  temporary_ = directory_of(path_) + std::string(temporary_prefix) + "XXXXXXXX";
  fd_ = create_remembered(temporary_);
  if (fd_ < 0) fail_with_errno("cannot write " + printable(path_));
  if (fchmod(fd_, mode & ~mode_mask()) != 0) fail_with_errno(printable(path_));
  buffer_.reserve(buffer_bytes);
}

NewFile::~NewFile() {
  if (fd_ >= 0) (void)close(fd_);
  if (temporary_.empty()) return;
  (void)unlink(temporary_.c_str());
  forget(temporary_);
}

void NewFile::write_all(std::string_view bytes, uint64_t offset) {
  while (!bytes.empty()) {
    ssize_t count = pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_with_errno("cannot write " + printable(path_));
    bytes.remove_prefix(static_cast<size_t>(count));
    offset += static_cast<uint64_t>(count);
  }
}

void NewFile::flush() {
  write_all(buffer_, size_);
  size_ += buffer_.size();
  buffer_.clear();
}

void NewFile::append(std::string_view bytes) {
  if (buffer_.size() + bytes.size() > buffer_bytes) flush();
  if (bytes.size() < buffer_bytes) {
    buffer_ += bytes;
  } else {
    write_all(bytes, size_);
    size_ += bytes.size();
  }
}

void NewFile::pad(uint64_t alignment) {
  std::string zeros((alignment - size() % alignment) % alignment, '\0');
  append(zeros);
}

void NewFile::overwrite(uint64_t offset, std::string_view bytes) {
  flush();
  write_all(bytes, offset);
}

void NewFile::finish(Durable durable) {
  if (fd_ < 0) return;
  flush();
  durable_ = durable == Durable::yes;
  if (durable_ && fsync(fd_) != 0) fail_with_errno("cannot write " + printable(path_));
  // Some file systems say only now that the disk is full (NFS, quotas).
  int fd = fd_;
  fd_ = -1;
  if (close(fd) != 0) fail_with_errno("cannot write " + printable(path_));
}

void NewFile::commit() {
  finish();
  if (rename(temporary_.c_str(), path_.c_str()) != 0) fail_with_errno("cannot write " + printable(path_));
  forget(temporary_);
  temporary_.clear();
  if (durable_) sync_directory();
}

// The file is there, with all of its bytes. A directory that may be written but not read cannot be opened, and some
// file systems have no fsync for one: then the name is written when the kernel writes it.
void NewFile::sync_directory() const {
  std::string directory = directory_of(path_);
  int fd = open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  bool failed = fsync(fd) != 0 && errno == EIO;
  (void)close(fd);
  if (failed) throw Failure(printable(path_) + ": its directory cannot be written to the disk");
}

} // namespace minhttp::packer
