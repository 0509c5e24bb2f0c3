// SPDX-License-Identifier: MIT
#pragma once
// Calls on files. Names end with a NUL; errors are returned as they came from the kernel.

#include "sys/abi.h"
#include "sys/fd.h"

namespace minhttp::sys {

// openat(2): a terminal never becomes the controlling one. Opens for reading, unless flags have O_WRONLY, which is for
// the start only.
inline Result<int> openat(int directory, const char* name, int flags) {
  return call<int>(Call::openat, directory, name, flags | O_RDONLY | O_CLOEXEC | O_NOCTTY, 0);
}

// openat2(2), Linux 5.6: the same, with limits on where the name may lead.
inline Result<int> openat2(int directory, const char* name, int flags, uint64_t resolve) {
  open_how how = {};
  how.flags = static_cast<unsigned>(flags | O_RDONLY | O_CLOEXEC | O_NOCTTY);
  how.resolve = resolve;
  return call<int>(Call::openat2, directory, name, &how, sizeof how);
}

// openat2(2) of a file to append to, which is created for its owner and group. Without waiting for the reader of a
// pipe.
constexpr int log_flags = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
constexpr int log_mode = 0640;

inline Result<int> open_log(const char* name) {
  open_how how = {};
  how.flags = log_flags;
  how.mode = log_mode;
  return call<int>(Call::openat2, AT_FDCWD, name, &how, sizeof how);
}

// The same by openat(2), for kernels without openat2. Only at the start: later the filter lets openat read only.
inline Result<int> open_log_at_start(const char* name) {
  return call<int>(Call::openat, AT_FDCWD, name, log_flags, log_mode);
}

// readlinkat(2): returns the bytes written, without a NUL. A target that is longer than size is cut off.
inline Result<size_t> readlinkat(int directory, const char* name, char* target, size_t size) {
  return call<size_t>(Call::readlinkat, directory, name, target, size);
}

constexpr unsigned facts_wanted = STATX_TYPE | STATX_SIZE | STATX_MTIME | STATX_CTIME | STATX_INO | STATX_NLINK;

// statx(2) of an open descriptor: type, size, inode, times of modification and change.
inline Result<> fstat(int fd, struct statx& facts) {
  return call(Call::statx, fd, "", AT_EMPTY_PATH, facts_wanted, &facts);
}

// statx(2) of what a name leads to, through all links.
inline Result<> stat(int directory, const char* name, struct statx& facts) {
  return call(Call::statx, directory, name, 0, STATX_BASIC_STATS, &facts);
}

// statx(2) of what a name leads to, links and all, with the facts of fstat(). A network file system asks its server.
inline Result<> stat_now(int directory, const char* name, struct statx& facts) {
  return call(Call::statx, directory, name, AT_STATX_FORCE_SYNC, facts_wanted, &facts);
}

// statx(2) of a directory's entry: of a link itself, not of what it leads to.
inline Result<> stat_entry(int directory, const char* name, struct statx& facts) {
  return call(Call::statx, directory, name, AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_SIZE | STATX_MTIME, &facts);
}

// fchmodat(2), fchownat(2), unlinkat(2) of a Unix socket that we listen on, at start.
inline Result<> chmod(const char* name, uint32_t mode) { return call(Call::fchmodat, AT_FDCWD, name, mode); }
inline Result<> chown(const char* name, uint32_t user, uint32_t group) {
  return call(Call::fchownat, AT_FDCWD, name, user, group, 0);
}
inline Result<> unlink(const char* name) { return call(Call::unlinkat, AT_FDCWD, name, 0); }

// getdents64(2): returns the bytes of whole entries, in no particular order. 0: there are no more.
inline Result<size_t> getdents(int directory, char* to, size_t size) {
  return call<size_t>(Call::getdents64, directory, to, size);
}

// lseek(2): starts again with a directory's first entry.
inline Result<> rewind(int directory) { return call(Call::lseek, directory, 0, abi::seek_set); }

// read(2).
inline Result<size_t> read(int fd, void* to, size_t size) { return call<size_t>(Call::read, fd, to, size); }

// pread64(2): reads from offset, independent of the file's position.
inline Result<size_t> pread(int fd, void* to, size_t size, uint64_t offset) {
  return call<size_t>(Call::pread64, fd, to, size, offset);
}

// write(2), for the standard descriptors.
inline Result<size_t> write(int fd, const void* from, size_t size) { return call<size_t>(Call::write, fd, from, size); }

// send(2), for a standard descriptor that is a socket. EAGAIN: there is no room.
inline Result<size_t> send_at_once(int fd, const void* from, size_t size) {
  return call<size_t>(Call::sendto, fd, from, size, abi::msg_dontwait | abi::msg_nosignal, nullptr, 0);
}

} // namespace minhttp::sys
