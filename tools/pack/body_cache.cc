// SPDX-License-Identifier: MIT
#include "pack/body_cache.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "pack/encode.h"
#include "pack/file.h"
#include "pack/report.h"

namespace minhttp::packer {

namespace fs = std::filesystem;

std::string BodyCache::default_directory() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && cache[0] == '/') return std::string(cache) + "/minhttp-pack"; // a relative one is invalid
  const char* home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/') return std::string(home) + "/.cache/minhttp-pack";
  return {};
}

// Two levels, so that no directory grows large.
std::string BodyCache::path_of(const std::string& content, http::Coding coding) const {
  return directory_ + "/" + content.substr(0, 2) + "/" + content.substr(2) + "." + encoder_version(coding);
}

std::optional<std::string> BodyCache::find(const std::string& content, http::Coding coding) const {
  if (directory_.empty()) return {};
  std::string path = path_of(content, coding);
  std::error_code missing;
  if (!fs::is_regular_file(path, missing)) return {};
  try {
    MappedFile file(path);
    (void)utimensat(AT_FDCWD, path.c_str(), nullptr, 0); // it was used now
    return std::string(file.bytes());
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
    file.append(encoded);
    file.commit(false);
  } catch (const std::exception&) { // a full disk, or a directory that may not be written
  }
}

void BodyCache::shrink(uint64_t most) const {
  if (directory_.empty()) return;
  struct Old {
    fs::file_time_type used;
    uint64_t size;
    fs::path path;
  };
  std::vector<Old> all;
  uint64_t bytes = 0;
  std::error_code error;
  for (auto at = fs::recursive_directory_iterator(directory_, error); !error && at != fs::end(at);
       at.increment(error)) {
    std::error_code gone;
    if (!at->is_regular_file(gone) || gone) continue;
    uint64_t size = at->file_size(gone);
    auto used = at->last_write_time(gone);
    if (gone) continue;
    all.push_back({used, size, at->path()});
    bytes += size;
  }
  if (bytes <= most) return;
  std::sort(all.begin(), all.end(), [](auto& a, auto& b) { return a.used < b.used; });
  for (auto& old : all) {
    if (bytes <= most) return;
    if (fs::remove(old.path, error)) bytes -= old.size;
  }
}

} // namespace minhttp::packer
