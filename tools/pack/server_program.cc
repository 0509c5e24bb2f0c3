// SPDX-License-Identifier: MIT
#include "pack/server_program.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "pack/report.h"

namespace minhttp::packer {
namespace {

namespace fs = std::filesystem;

constexpr int cannot_run = 126; // as shells say it
constexpr size_t output_max = 64 * 1024;
constexpr auto patience = std::chrono::minutes(15); // it reads the whole site

[[noreturn]] void become(const std::string& executable, int out) {
  (void)dup2(out, STDOUT_FILENO);
  (void)dup2(out, STDERR_FILENO);
  int null = open("/dev/null", O_RDONLY);
  if (null >= 0) (void)dup2(null, STDIN_FILENO);
  std::string name = executable;
  std::string word = "check";
  char* words[] = {name.data(), word.data(), nullptr};
  char* environment[] = {nullptr};
  (void)execve(name.c_str(), words, environment);
  _exit(cannot_run);
}

// Reads until the other end is closed. False: that takes too long.
bool read_all(int from, std::string& text) {
  auto end = std::chrono::steady_clock::now() + patience;
  while (true) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    pollfd one = {.fd = from, .events = POLLIN, .revents = 0};
    int ready = left <= 0 ? 0 : poll(&one, 1, static_cast<int>(left));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    char bytes[4096];
    ssize_t count = read(from, bytes, sizeof bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return true;
    if (text.size() < output_max) text.append(bytes, static_cast<size_t>(count));
  }
}

} // namespace

std::string find_server(const std::string& given) {
  if (!given.empty()) return given;
  std::error_code error;
  fs::path beside = fs::read_symlink("/proc/self/exe", error).parent_path() / "minhttp";
  if (!error && access(beside.c_str(), R_OK) == 0) return beside;
  const char* path = std::getenv("PATH");
  std::string_view left = path == nullptr ? std::string_view() : std::string_view(path);
  while (!left.empty()) {
    size_t end = left.find(':');
    fs::path candidate = fs::path(left.substr(0, end)) / "minhttp";
    if (end != 0 && access(candidate.c_str(), R_OK) == 0) return candidate;
    left = end == std::string_view::npos ? std::string_view() : left.substr(end + 1);
  }
  throw Failure("there is no minhttp beside this program, or in PATH: name it by --server FILE");
}

CheckResult run_check(const std::string& executable) {
  CheckResult result;
  std::string path = fs::absolute(executable);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail_with_errno("pipe");
  pid_t child = fork();
  if (child == 0) become(path, ends[1]);
  (void)close(ends[1]);
  if (child < 0) fail_with_errno("fork");
  bool ended = read_all(ends[0], result.output);
  (void)close(ends[0]);
  if (!ended) (void)kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (!ended) throw Failure("the server does not end its check");
  if (WIFSIGNALED(status))
    throw Failure("the server ended by signal " + std::to_string(WTERMSIG(status)) + " in its check");
  result.status = WEXITSTATUS(status);
  result.ran = result.status != cannot_run || !result.output.empty();
  return result;
}

} // namespace minhttp::packer
