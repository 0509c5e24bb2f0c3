// SPDX-License-Identifier: MIT
#include "pack/commands.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>

#include "pack/contents.h"
#include "pack/figures.h"
#include "pack/file.h"
#include "pack/progress.h"
#include "pack/read_pack.h"
#include "pack/report.h"
#include "pack/tree.h"

namespace minhttp::packer {
namespace {

namespace fs = std::filesystem;
using http::Coding;

// A packed site, with its file's name in what is wrong with it.
template <typename Use>
int with_pack(const std::string& path, const Use& use) {
  MappedFile file(path);
  try {
    PackReader pack(file.bytes());
    use(pack);
  } catch (const Failure& failure) {
    throw Failure(printable(path) + ": " + failure.what());
  }
  return 0;
}

void set_time(const std::string& path, const TreeFile& original) {
  timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT},
                       {.tv_sec = original.seconds, .tv_nsec = static_cast<long>(original.nanoseconds)}};
  if (utimensat(AT_FDCWD, path.c_str(), times, 0) != 0) fail_with_errno(printable(path));
}

void write_sibling(const std::string& path, std::string_view bytes, const Tree& tree, const TreeFile& original) {
  struct stat facts = {};
  bool known = stat(tree.path_of(original).c_str(), &facts) == 0;
  NewFile file(path, known ? facts.st_mode & 0777 : 0666);
  file.append(bytes);
  file.finish();
  set_time(file.temporary_path(), original);
  file.commit();
}

// Of one text: what is beside it stands for it afterwards. A wrong copy is removed where no other takes its place: a
// server that does not compare times would send it.
void settle_siblings(const Tree& tree, const Contents& contents, size_t i, const Encoded& encoded) {
  const TreeFile& original = tree.files[i];
  for (size_t c = 1; c < http::coding_count; c++) {
    std::string path = tree.path_of(original) + std::string(http::coding_suffix(static_cast<Coding>(c)));
    size_t sibling = contents.siblings[i][c];
    if (sibling != no_content) {
      if (is_older(tree.files[sibling], original)) set_time(path, original);
    } else if (!encoded.bodies[c].empty()) {
      write_sibling(path, encoded.bodies[c], tree, original);
    } else if (contents.wrong_siblings[i][c] && unlink(path.c_str()) != 0) {
      fail_with_errno("cannot remove " + printable(path));
    }
  }
}

} // namespace

int list(const Arguments& arguments) {
  return with_pack(arguments.file, [&](const PackReader& pack) {
    for (const std::string& option : pack.options()) (void)std::printf("# %s\n", printable(option).c_str());
    for (size_t i = 1; i < pack.count(); i++) {
      PackReader::PackEntry entry = pack.entry(i);
      std::string line;
      for (size_t c = 0; c < http::coding_count; c++) {
        auto coding = static_cast<Coding>(c);
        bool has = !entry.directory() && entry.has(coding);
        std::string size = has ? std::to_string(pack.body(entry, coding).size()) : "-";
        line += std::string(size.size() < 10 ? 10 - size.size() : 0, ' ') + size + " ";
      }
      (void)std::printf("%s %s%s\n", line.c_str(), printable(entry.name).c_str(), entry.directory() ? "/" : "");
    }
  });
}

int extract(const Arguments& arguments) {
  return with_pack(arguments.file, [&](const PackReader& pack) {
    const std::string& to = arguments.directory;
    std::error_code error;
    fs::create_directory(to, error);
    if (error || !fs::is_directory(to, error)) throw Failure("cannot make the directory " + printable(to));
    // In an empty directory no link can lead elsewhere.
    if (!fs::is_empty(to, error)) throw Failure(printable(to) + " is not empty");
    std::vector<size_t> files;
    for (size_t i = 1; i < pack.count(); i++) {
      if (!pack.entry(i).directory()) {
        files.push_back(i);
      } else if (!fs::create_directories(to + "/" + std::string(pack.entry(i).name), error) && error) {
        throw Failure("cannot make the directory " + printable(pack.entry(i).name) + ": " + error.message());
      }
    }
    for (size_t i : files) {
      PackReader::PackEntry entry = pack.entry(i);
      std::string_view bytes = pack.checked_body(entry, Coding::identity);
      NewFile file(to + "/" + std::string(entry.name), 0666);
      file.append(bytes);
      file.commit();
    }
    if (!arguments.quiet)
      (void)std::printf("%s: %s\n", printable(to).c_str(), counted(files.size(), "file", "files").c_str());
  });
}

int verify(const Arguments& arguments) {
  return with_pack(arguments.file, [&](const PackReader& pack) {
    pack.verify(arguments.jobs);
    if (arguments.quiet) return;
    (void)std::printf("%s: %s for %s: all is as it was packed: %s files and directories\n",
                      printable(arguments.file).c_str(), in_units(pack.header().size).c_str(), pack.machine().c_str(),
                      with_commas(pack.count()).c_str());
  });
}

// A copy gets its original's time: so it is not older, which the server wants, and the same on each machine.
int write_siblings(const Arguments& arguments) {
  auto begun = std::chrono::steady_clock::now();
  Report report(arguments.directory, arguments.all_lines);
  Tree tree = read_tree(arguments.directory, {}, report);
  if (report.mistakes() > 0) {
    report.close();
    throw Failure(counted(report.mistakes(), "mistake", "mistakes") + ": nothing was written");
  }
  Contents contents = read_contents(tree, Purpose::siblings, arguments.jobs, report);
  std::vector<std::vector<size_t>> files(contents.all.size()); // by content: its texts
  for (size_t i = 0; i < tree.files.size(); i++) {
    if (contents.compressible[i]) files[contents.of_file[i]].push_back(i);
  }
  BodyCache cache(arguments.cache);
  Figures figures;
  Progress progress("compressing", work_of(contents), arguments.quiet);
  auto use = [&](size_t number, std::string_view /*bytes*/, Encoded& encoded) {
    figures.add(contents.all[number], encoded);
    if (contents.all[number].compress) progress.add(contents.all[number].size);
    if (arguments.dry_run) return;
    for (size_t i : files[number]) settle_siblings(tree, contents, i, encoded);
  };
  encode_contents(tree, contents, Which::compressed, cache, arguments.jobs, arguments.codings, use);
  cache.shrink();
  report.close();
  figures.close(tree, contents);
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  if (!arguments.quiet)
    (void)std::printf("%s\n%s", printable(arguments.directory).c_str(), figures.text(tree, 0, took.count()).c_str());
  return 0;
}

} // namespace minhttp::packer
