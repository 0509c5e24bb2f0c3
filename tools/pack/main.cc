// SPDX-License-Identifier: MIT
// minhttp-pack: lays a site into a copy of the server. docs/packs.md is for its users, docs/pack-format.md has the
// format. The rules of what a site has are the server's own: this program links its pure rooms, and site::Files.

#include <cstdio>
#include <exception>

#include "base/check.h"
#include "pack/commands.h"
#include "pack/file.h"
#include "pack/make_pack.h"
#include "pack/report.h"

// A bug of ours; the server's rooms call it.
void minhttp::panic(const char* file, int line) {
  (void)std::fprintf(stderr, "minhttp-pack: CHECK failed at %s:%d\n", file, line);
  std::terminate();
}

int main(int count, char** words) {
  using namespace minhttp::packer;
  remove_temporary_files_on_signals();
  int status = 0;
  try {
    auto arguments = read_arguments(count, words, status);
    if (!arguments) return status;
    switch (arguments->command) {
      case Command::pack: status = make_pack(*arguments); break;
      case Command::list: status = list(*arguments); break;
      case Command::extract: status = extract(*arguments); break;
      case Command::verify: status = verify(*arguments); break;
      case Command::siblings: status = write_siblings(*arguments); break;
    }
    if (std::fflush(stdout) != 0) fail_with_errno("standard output");
  } catch (const Failure& failure) {
    (void)std::fprintf(stderr, "minhttp-pack: %s\n", failure.what());
    return failure.status();
  } catch (const std::bad_alloc&) {
    (void)std::fputs("minhttp-pack: out of memory\n", stderr);
    return 1;
  } catch (const std::exception& problem) {
    (void)std::fprintf(stderr, "minhttp-pack: %s\n", problem.what());
    return 1;
  }
  return status;
}
