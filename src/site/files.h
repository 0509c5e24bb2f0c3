#pragma once
// Files beneath a root directory, and nothing else.

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "http/path.h"
#include "site/body.h"
#include "sys/abi.h"
#include "sys/fd.h"

namespace minhttp::site {

class Files {
 public:
  // Opens the root and finds out whether the kernel has openat2 (Linux 5.6; container
  // filters answer ENOSYS or EPERM). The error is that of openat(2).
  Result<> open_root(const char* directory);

  // The file that path means: the file of that name, or index.html of a directory.
  // path.status is ok. Symbolic links are followed where they stay beneath the root.
  Found find(const http::Path& path) const;

  // A directory, for its entries; path.status is ok.
  Result<int> open_directory(const http::Path& path) const;

  // Type, size and time of what name means. name: as of find(), but NUL-terminated.
  Result<> look(const char* name, struct statx& facts) const;

  bool walks() const { return walks_; }
  void set_walks(bool walks) { walks_ = walks; } // tests try both ways

 private:
  // NUL-terminated name, relative, without `.` and `..`: an open descriptor for reading.
  Result<int> open_beneath(const char* name) const;

  sys::Fd root_;
  bool walks_ = false; // openat2 is missing
};

// What an error of opening a file means to the client.
http::Status status_of(Errno error);

} // namespace minhttp::site
