// SPDX-License-Identifier: MIT
#pragma once
// A server with its options, on a port of its own, serving a site that nobody changes.

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace minhttp::socketfuzz {

// The directory with all that the servers serve. Removed at the end.
class Site {
 public:
  Site();
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;
  ~Site();
  const std::filesystem::path& root() const { return root_; }

 private:
  std::filesystem::path root_;
};

struct World {
  std::string name;
  std::vector<std::string> options;
  bool patient = true; // or so small and short that a good client may be turned away
};

std::vector<World> worlds(const Site& site);

class Server {
 public:
  Server(const std::string& program, const World& world, const Site& site);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();
  uint16_t port() const { return port_; }
  bool is_alive();          // the process that was started
  std::string complaints(); // of sanitizers, of the server about itself; empty: none
  void end();               // SIGTERM, and waits for it

 private:
  std::filesystem::path log_;
  uint16_t port_ = 0;
  pid_t process_ = 0;
  int status_ = 0;
};

} // namespace minhttp::socketfuzz
