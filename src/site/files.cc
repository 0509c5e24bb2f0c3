#include "site/files.h"

#include "base/bytes.h"
#include "http/mime.h"
#include "site/walk.h"
#include "sys/file.h"
#include "tables/limits.h"

namespace minhttp::site {
namespace {

using http::Status;

constexpr char index_name[] = "index.html";
constexpr uint64_t beneath = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;

Found error(Status status) {
  Found found;
  found.status = status;
  return found;
}

Found from_open_file(sys::Fd fd, const struct statx& facts, std::string_view name) {
  Found found;
  found.kind = Found::Kind::file;
  found.status = Status::ok;
  found.type = http::media_type(name);
  found.body.length = facts.stx_size;
  found.body.file = static_cast<sys::Fd&&>(fd);
  found.validators = {
      .size = facts.stx_size, .seconds = facts.stx_mtime.tv_sec, .nanoseconds = facts.stx_mtime.tv_nsec};
  return found;
}

} // namespace

http::Status status_of(Errno error) {
  switch (error) {
    case Errno::ENOENT_:
    case Errno::ENOTDIR_:
    case Errno::EISDIR_:
    case Errno::ELOOP_:
    case Errno::ENAMETOOLONG_:
    case Errno::EXDEV_: // a link that leads out of the root
    case Errno::ENXIO_: // a socket, or a device without a driver
    case Errno::ENODEV_:
    case Errno::EINVAL_: // a name that this file system cannot have
      return Status::not_found;
    case Errno::EACCES_:
    case Errno::EPERM_: return Status::forbidden;
    case Errno::EMFILE_: // these pass when others finish
    case Errno::ENFILE_:
    case Errno::ENOMEM_:
    case Errno::EAGAIN_:
    case Errno::EINTR_: return Status::service_unavailable;
    default: return Status::internal_server_error; // EIO, ESTALE and what no manual page names
  }
}

Result<> Files::open_root(const char* directory) {
  root_ = sys::Fd(TRY(sys::openat(AT_FDCWD, directory, O_DIRECTORY | O_PATH)));
  // May we look into it? Better to say so now than with every request.
  auto look = sys::openat(root_.number(), index_name, O_PATH | O_NOFOLLOW);
  if (look.ok()) sys::Fd(look.value()).close();
  if (look.is(Errno::EACCES_)) return look.error();
  auto probe = sys::openat2(root_.number(), ".", O_DIRECTORY, beneath);
  if (probe.ok()) sys::Fd(probe.value()).close();
  walks_ = probe.is(Errno::ENOSYS_) || probe.is(Errno::EPERM_);
  return {};
}

Result<int> Files::open_beneath(const char* name) const {
  if (walks_) return open_by_walking(root_.number(), name);
  for (int tries = 1;; tries++) {
    auto opened = sys::openat2(root_.number(), name, O_NONBLOCK, beneath);
    // EAGAIN: something was renamed while the kernel walked the name (openat2(2)).
    if (!opened.is(Errno::EAGAIN_) || tries == limits::open_tries_max) return opened;
  }
}

Result<int> Files::open_directory(const http::Path& path) const {
  char name[limits::path_max];
  if (path.name.size() >= sizeof name) return Errno::ENAMETOOLONG_;
  Writer writer(name);
  writer.text(path.name.empty() ? std::string_view(".") : path.name).byte(0);
  sys::Fd fd(TRY(open_beneath(name)));
  struct statx facts = {};
  TRY(sys::fstat(fd.number(), facts));
  if ((facts.stx_mode & sys::abi::type_mask) != sys::abi::type_directory) return Errno::ENOTDIR_;
  return fd.release();
}

Result<> Files::look(const char* name, struct statx& facts) const {
  sys::Fd fd(TRY(open_beneath(name)));
  return sys::fstat(fd.number(), facts);
}

Found Files::find(const http::Path& path) const {
  char name[limits::path_max];
  size_t needed = path.name.size() + 1 + sizeof index_name;
  if (needed > sizeof name) return error(Status::not_found); // ENAMETOOLONG, before we copy it
  Writer writer(name);
  writer.text(path.name);
  if (path.directory) {
    if (!path.name.empty()) writer.byte('/');
    writer.text(index_name);
  }
  std::string_view whole = writer.view();
  writer.byte(0);

  auto opened = open_beneath(name);
  if (!opened.ok()) return error(status_of(opened.error()));
  sys::Fd fd(opened.value());
  struct statx facts = {};
  auto looked = sys::fstat(fd.number(), facts);
  if (!looked.ok()) return error(status_of(looked.error()));

  switch (facts.stx_mode & sys::abi::type_mask) {
    case sys::abi::type_file: return from_open_file(static_cast<sys::Fd&&>(fd), facts, whole);
    case sys::abi::type_directory: {
      Found found = error(Status::not_found); // index.html is a directory
      if (!path.directory) {
        found.kind = Found::Kind::redirect;
        found.status = Status::moved_permanently;
      }
      return found;
    }
    default: return error(Status::not_found); // FIFO, device: opened without blocking, never read
  }
}

} // namespace minhttp::site
