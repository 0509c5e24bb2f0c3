// SPDX-License-Identifier: MIT
#pragma once
// Files that are whole or not there: written under another name, brought to the disk, and then renamed.

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "acme/report.h"

namespace minhttp::acme {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();

  bool open() const { return number_ >= 0; }
  int number() const { return number_; }

 private:
  int number_ = -1;
};

// False: errno says why.
bool write_all(int fd, std::string_view bytes);

// The functions below throw Failure, which names the path.

// A file that has more than limits::file_bytes.
class TooLarge : public Failure {
 public:
  using Failure::Failure;
};

// Nothing: there is no such file. Throws TooLarge.
std::optional<std::string> read_file(const std::string& path);
// Replaces the file. It and its name are on the disk afterwards. mode: as it is, whatever the umask.
void write_file(const std::string& path, std::string_view bytes, mode_t mode);
// It is no error if there is none. Its name is gone from the disk afterwards.
void remove_file(const std::string& path);
// Made with mode 0700 if it is not there.
void make_directory(const std::string& path);
// A new directory beside others: prefix and six characters.
std::string make_temporary_directory(const std::string& prefix);
void rename_directory(const std::string& from, const std::string& to);
// A link that leads to target, in place of what has the name, at once.
void replace_link(const std::string& path, const std::string& target);
// Its names are on the disk afterwards.
void sync_directory(const std::string& path);

} // namespace minhttp::acme
