// SPDX-License-Identifier: MIT
#pragma once
// Files of the machine that packs: read by mapping, written under a temporary name and then renamed.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace minhttp::packer {

// A whole file in memory, as a private mapping.
class MappedFile {
 public:
  // Failure if it cannot be read, or is no regular file.
  explicit MappedFile(const std::string& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::string_view bytes() const { return {data_, size_}; }

 private:
  const char* data_ = nullptr;
  size_t size_ = 0;
};

// A new file, which gets its name only when all of it is written: nobody ever sees half of it. Without commit() it is
// removed, also when the disk is full or the program is interrupted.
class NewFile {
 public:
  static constexpr std::string_view temporary_prefix = ".minhttp-pack-";

  // mode: of the file, less the umask.
  NewFile(std::string path, uint32_t mode);
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile();

  void append(std::string_view bytes);
  // Zeros up to the next multiple of alignment.
  void pad(uint64_t alignment);
  // Replaces bytes that were appended before.
  void overwrite(uint64_t offset, std::string_view bytes);
  uint64_t size() const { return size_ + buffer_.size(); }
  enum class Durable : bool { no, yes };
  // Closed for writing, so that it can be run (execve(2): ETXTBSY); nothing can be appended any more. Durable: its
  // bytes are on the disk then, so that no failure of power leaves the name of an empty file behind.
  void finish(Durable durable = Durable::no);
  const std::string& temporary_path() const { return temporary_; }

  // Renames the file, replacing what has the name. If it was finished as durable, the name is on the disk, too.
  void commit();

 private:
  void flush();
  void write_all(std::string_view bytes, uint64_t offset);
  void sync_directory() const;

  std::string path_;
  std::string temporary_;
  std::string buffer_;
  uint64_t size_ = 0; // bytes that were written
  int fd_ = -1;
  bool durable_ = false;
};

// Removes the temporary files of this process, by a signal handler that ends it. Called once, by main().
void remove_temporary_files_on_signals();

} // namespace minhttp::packer
