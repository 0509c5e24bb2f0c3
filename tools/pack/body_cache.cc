// SPDX-License-Identifier: MIT
#include "pack/body_cache.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "crypto/sha512.h"
#include "pack/encode.h"
#include "pack/file.h"
#include "pack/report.h"

namespace minhttp::packer {

namespace fs = std::filesystem;

namespace {

constexpr size_t directory_letters = 2; // of the content's hash
constexpr size_t file_letters = 2 * sizeof(Sha512::Digest) - directory_letters;

constexpr std::string_view saves_nothing = "-"; // in no coding a body of what is compressed at all

struct Old {
  fs::file_time_type used;
  uint64_t size;
  fs::path path;
};

bool is_hexadecimal(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// --cache names any directory, as one that other programs use too. So only what has a name as path_of() makes it, or
// was left behind by NewFile, is ours to count and to remove.
bool is_our_directory(const std::string& name) { return name.size() == directory_letters && is_hexadecimal(name); }

bool is_our_file(std::string_view name) {
  if (name.starts_with(NewFile::temporary_prefix)) return true;
  if (name.size() < file_letters + 2 || name[file_letters] != '.') return false;
  std::string_view version = name.substr(file_letters + 1);
  bool encoder = version.starts_with("br") || version.starts_with("zstd") || version.starts_with("libdeflate");
  return is_hexadecimal(name.substr(0, file_letters)) && encoder;
}

// The cache's files in one of its directories. What disappears meanwhile is left out.
void add_files(const fs::path& directory, std::vector<Old>& all) {
  std::error_code error;
  for (auto at = fs::directory_iterator(directory, error); !error && at != fs::end(at); at.increment(error)) {
    std::error_code gone;
    if (at->symlink_status(gone).type() != fs::file_type::regular || !is_our_file(at->path().filename().string()))
      continue;
    uint64_t size = at->file_size(gone);
    auto used = gone ? fs::file_time_type() : at->last_write_time(gone);
    if (!gone) all.push_back({used, size, at->path()});
  }
}

} // namespace

std::string BodyCache::default_directory() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && cache[0] == '/') return std::string(cache) + "/minhttp-pack"; // a relative one is invalid
  const char* home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/') return std::string(home) + "/.cache/minhttp-pack";
  return {};
}

// Two levels, so that no directory grows large.
std::string BodyCache::path_of(const std::string& content, http::Coding coding) const {
  return directory_ + "/" + content.substr(0, directory_letters) + "/" + content.substr(directory_letters) + "." +
         encoder_version(coding);
}

std::optional<std::string> BodyCache::find(const std::string& content, http::Coding coding) const {
  if (directory_.empty()) return {};
  std::string path = path_of(content, coding);
  std::error_code missing;
  if (!fs::is_regular_file(path, missing)) return {};
  try {
    MappedFile file(path);
    // What a file that was renamed without fsync can be after a failure of power.
    if (file.bytes().empty()) return {};
    (void)utimensat(AT_FDCWD, path.c_str(), nullptr, 0); // it was used now
    return file.bytes() == saves_nothing ? std::string() : std::string(file.bytes());
  } catch (const Failure&) {
    return {};
  }
}

void BodyCache::put(const std::string& content, http::Coding coding, std::string_view encoded) const {
  if (directory_.empty()) return;
  try {
    std::string path = path_of(content, coding);
    fs::create_directories(fs::path(path).parent_path());
    NewFile file(path, 0600);
    file.append(encoded.empty() ? saves_nothing : encoded);
    file.commit();
  } catch (const std::exception&) { // a full disk, or a directory that may not be written
  }
}

void BodyCache::shrink(uint64_t most) const {
  if (directory_.empty()) return;
  std::vector<Old> all;
  std::error_code error;
  for (auto at = fs::directory_iterator(directory_, error); !error && at != fs::end(at); at.increment(error)) {
    std::error_code gone;
    bool ours = at->symlink_status(gone).type() == fs::file_type::directory && is_our_directory(at->path().filename());
    if (ours) add_files(at->path(), all);
  }
  uint64_t bytes = 0;
  for (auto& old : all) bytes += old.size;
  if (bytes <= most) return;
  std::sort(all.begin(), all.end(), [](auto& a, auto& b) { return a.used < b.used; });
  for (auto& old : all) {
    if (bytes <= most) return;
    if (fs::remove(old.path, error)) bytes -= old.size;
  }
}

} // namespace minhttp::packer
