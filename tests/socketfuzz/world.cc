// SPDX-License-Identifier: MIT
#include "world.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "tables/limits.h"

namespace minhttp::socketfuzz {
namespace {

constexpr int start_ms_max = 30'000; // with sanitizers, on a busy machine
constexpr int end_ms_max = 30'000;

void write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

std::string pattern(size_t size) {
  std::string text;
  for (size_t i = 0; i < size; i++) text += static_cast<char>('a' + i * i % 23);
  return text;
}

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

uint16_t free_port() {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (bind(fd, any, size) != 0 || getsockname(fd, any, &size) != 0) throw std::runtime_error("no port");
  close(fd);
  return ntohs(address.sin_port);
}

bool accepts(uint16_t port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(port);
  bool connected = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return connected;
}

} // namespace

Site::Site() {
  std::string name = std::filesystem::temp_directory_path() / "minhttp-socketfuzz-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no directory");
  root_ = name;
  for (const char* where : {"site", "hosts/default", "hosts/one.example"}) {
    std::filesystem::path site = root_ / where;
    write(site / "index.html", pattern(3000));
    write(site / "letters.txt", "abcdefghijklmnopqrstuvwxyz");
    write(site / "big.bin", pattern(300'000));
    write(site / "style.css", pattern(500));
    write(site / "style.css.gz", pattern(100));
    write(site / "style.css.br", pattern(90));
    write(site / "about.html", "about");
    write(site / "dir/index.html", "dir");
    write(site / "private/a.txt", "secret");
    for (int i = 0; i < 300; i++) write(site / "many" / ("name <&\"" + std::to_string(i) + ">"), "");
    std::filesystem::create_symlink("letters.txt", site / "link");
    std::filesystem::create_symlink("circle", site / "circle");
    std::filesystem::create_symlink("../../../..", site / "out");
    mkfifo((site / "pipe").c_str(), 0644);
    write(site / "_redirects",
          "/old/:x/* /new/:x?y=:splat 302\n/there id=:id /letters.txt 200\n/forced /dir 308!\n/none /x 404\n"
          "/rewritten/* /:splat 200\n/* /index.html 404\n");
    write(site / "_headers", "/*\n X-All: :splat\n Cache-Control: max-age=7\n/dir/:x\n ! ETag\n Set-Cookie: a=:x\n");
  }
  // The password is "secret", which seeds.cc knows (openssl passwd -6 -salt abcdefgh secret).
  write(root_ / "passwords",
        "user:$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGf"
        "Qv72N2CKPPrVACtLtip/cZ/1GM/O6IND4WQhG.\n");
  // A large file has no ETag until its last change is so long ago (decision 26): the good client would get one later,
  // and nothing announces when. The time of change (st_ctime) cannot be set, so this waits.
  sleep(limits::cache_settled_s + 1);
}

Site::~Site() {
  std::error_code ignored;
  std::filesystem::remove_all(root_, ignored);
}

std::vector<World> worlds(const Site& site) {
  std::string directory = site.root() / "site";
  std::string guarded = "/private=" + (site.root() / "passwords").string();
  return {
      {"site", {directory, "--workers", "1", "--listing", "--cors", "--auth", guarded, "--log", "common"}},
      {"scarce",
       {directory,
        "--workers",
        "1",
        "--listing",
        "--connections",
        "24",
        "--workspaces",
        "4",
        "--head-ms",
        "200",
        "--body-ms",
        "200",
        "--idle-ms",
        "200",
        "--send-ms",
        "300",
        "--linger-ms",
        "100",
        "--requests-max",
        "7",
        "--cache-files",
        "2"},
       false},
      {"hosts",
       {"--hosts", (site.root() / "hosts").string(), "--workers", "2", "--secure-headers", "--header",
        "X-Standing: yes", "--log", "off"}},
      {"spa",
       {directory, "--workers", "1", "--spa", "--base-path", "/base", "--immutable", "off", "--body-max", "100",
        "--cache-files", "0"}},
      {"greeting", {"--workers", "1"}},
      {"plain",
       {directory, "--loop", "plain", "--head-ms", "100", "--body-ms", "100", "--idle-ms", "100", "--send-ms", "100",
        "--linger-ms", "50"},
       false},
  };
}

Server::Server(const std::string& program, const World& world, const Site& site)
    : log_(site.root() / "messages"), port_(free_port()) {
  std::vector<std::string> texts = {program, "--sandbox", "off", "--listen", "127.0.0.1:" + std::to_string(port_)};
  texts.insert(texts.end(), world.options.begin(), world.options.end());
  std::vector<char*> arguments;
  for (std::string& text : texts) arguments.push_back(text.data());
  arguments.push_back(nullptr);
  process_ = fork();
  if (process_ < 0) throw std::runtime_error("no process");
  if (process_ == 0) {
    dup2(open("/dev/null", O_WRONLY), 1);
    dup2(open(log_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600), 2);
    execv(program.c_str(), arguments.data());
    _exit(127);
  }
  for (int waited = 0; !accepts(port_); waited += 10) {
    if (!is_alive() || waited > start_ms_max) throw std::runtime_error("the server does not start: " + complaints());
    poll(nullptr, 0, 10);
  }
}

Server::~Server() {
  if (process_ > 0) kill(process_, SIGKILL);
  if (process_ > 0) waitpid(process_, nullptr, 0);
}

bool Server::is_alive() {
  if (process_ > 0 && waitpid(process_, &status_, WNOHANG) == process_) process_ = 0;
  return process_ > 0;
}

// With workers the supervisor lives on, and says which worker has ended.
std::string Server::complaints() {
  std::ifstream file(log_);
  std::string text(std::istreambuf_iterator<char>(file), {});
  for (const char* sign : {"Sanitizer", "runtime error", "a bug in minhttp", "was ended by", "ended with status"}) {
    if (text.find(sign) != text.npos) return text;
  }
  return process_ > 0 ? "" : text + "status " + std::to_string(status_);
}

void Server::end() {
  if (process_ > 0) kill(process_, SIGTERM);
  for (int waited = 0; is_alive(); waited += 10) {
    if (waited > end_ms_max) throw std::runtime_error("SIGTERM does not end the server");
    poll(nullptr, 0, 10);
  }
  if (status_ != 0) throw std::runtime_error("SIGTERM: status " + std::to_string(status_) + "\n" + complaints());
}

} // namespace minhttp::socketfuzz
