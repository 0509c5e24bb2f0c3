// SPDX-License-Identifier: MIT
#pragma once
// Which files --cert, --key and --client-ca name, and for which names --self-signed makes a certificate.

#include <optional>

#include "app/config.h"
#include "base/ip.h"
#include "tls/key_store.h"

namespace minhttp::app {

// Too large for a stack.
struct KeyFiles {
  std::array<tls::PairFiles, limits::tls_certificates> pairs;
  uint32_t count = 0;
  const char* client_ca = nullptr;
  std::array<char, limits::tls_certificates * 2 * limits::path_max> paths; // of files in a directory that --cert names
  size_t paths_used = 0;
  std::array<std::string_view, limits::lan_addresses_max + 4> self_names;
  uint32_t self_count = 0;
  std::array<char, 64> host; // this machine's name
  std::array<std::array<char, ip_text_max>, limits::lan_addresses_max> addresses;

  tls::KeyOptions options() const;
};

// Nothing: continue; else the exit status, after a message.
std::optional<int> find_key_files(const Config& config, KeyFiles& files);

// The directories in which these files and the targets of their links are, for Landlock, opened with O_PATH; and where
// such a file's directory is itself a link, those in which its targets are. What does not exist is left out.
constexpr size_t key_directories_max = (2 * limits::tls_certificates + 1) * (2 * limits::tls_links_max + 1);
struct KeyDirectories {
  std::array<sys::Fd, key_directories_max> opened;
  std::array<int, key_directories_max> numbers;
  size_t count = 0;
};
void open_key_directories(const KeyFiles& files, KeyDirectories& directories);

} // namespace minhttp::app
