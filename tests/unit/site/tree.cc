// SPDX-License-Identifier: MIT
#include "unit/site/tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace minhttp::test {

namespace fs = std::filesystem;

Tree::Tree() : top_((fs::temp_directory_path() / "minhttp-test-XXXXXX").string()) {
  if (mkdtemp(top_.data()) == nullptr) throw std::runtime_error("mkdtemp " + top_);
  fs::permissions(top_, fs::perms(0755)); // another user must get in, see files_test.cc
  fs::create_directory(root());
}

Tree::~Tree() {
  std::error_code ignored;
  fs::remove_all(top_, ignored);
}

std::string Tree::path(std::string_view name) const { return root() + "/" + std::string(name); }

void Tree::file(std::string_view name, std::string_view contents) const {
  fs::create_directories(fs::path(path(name)).parent_path());
  std::ofstream out(path(name), std::ios::binary);
  out << contents;
  if (!out.flush()) throw std::runtime_error("cannot write " + path(name));
}

void Tree::directory(std::string_view name) const { fs::create_directories(path(name)); }

void Tree::link(std::string_view name, std::string_view target) const {
  fs::create_directories(fs::path(path(name)).parent_path());
  fs::create_symlink(target, path(name));
}

void Tree::modified(std::string_view name, long seconds, long nanoseconds) const {
  timespec times[2] = {{.tv_sec = seconds, .tv_nsec = nanoseconds}, {.tv_sec = seconds, .tv_nsec = nanoseconds}};
  if (utimensat(AT_FDCWD, path(name).c_str(), times, 0) != 0) throw std::runtime_error("utimensat " + path(name));
}

} // namespace minhttp::test
