// SPDX-License-Identifier: MIT
#include "app/key_files.h"

#include "app/announce.h"
#include "app/message.h"
#include "app/options.h"
#include "sys/file.h"
#include "sys/net.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

// How tools name the two files of a certificate's directory: certbot and lego, then Kubernetes.
struct Layout {
  Text certificate;
  Text key;
};
constexpr size_t layouts = 2;
constexpr Layout layout(size_t i) {
  return i == 0 ? Layout{"fullchain.pem"sv, "privkey.pem"sv} : Layout{"tls.crt"sv, "tls.key"sv};
}

bool is_directory(const char* name) {
  struct statx facts = {};
  return sys::stat(AT_FDCWD, name, facts).ok() && (facts.stx_mode & sys::abi::type_mask) == sys::abi::type_directory;
}

// Null: there is no room, which cannot be: the options bound the names.
const char* join(KeyFiles& files, Text directory, Text name) {
  Writer out({files.paths.data() + files.paths_used, files.paths.size() - files.paths_used});
  if (out.room() < directory.size() + name.size() + 2) return nullptr;
  out.text(directory).byte('/').text(name).byte('\0');
  files.paths_used += out.size();
  return out.view().data();
}

bool exists(const char* name) {
  struct statx facts = {};
  return sys::stat(AT_FDCWD, name, facts).ok();
}

// A pair in a directory. False: it has none of the names, which a message has said.
bool find_in_directory(const Config& config, KeyFiles& files, const char* directory, tls::PairFiles& pair) {
  for (size_t i = 0; i < layouts; i++) {
    const char* certificate = join(files, directory, layout(i).certificate);
    const char* key = join(files, directory, layout(i).key);
    if (certificate == nullptr || key == nullptr) break;
    pair = {certificate, key};
    if (exists(certificate)) return true;
  }
  named_message(2) << setting(config, "--cert"sv) << " " << directory
                   << ": the directory has neither fullchain.pem and privkey.pem nor tls.crt and tls.key";
  return false;
}

// The name that the machine gives itself (hostname(1)), if it is one that a certificate can have.
Text read_host(std::span<char> to) {
  auto opened = sys::openat(AT_FDCWD, "/proc/sys/kernel/hostname", 0);
  if (!opened.ok()) return {};
  sys::Fd fd(opened.value());
  auto got = sys::read(fd.number(), to.data(), to.size());
  Text name = {to.data(), got.ok() ? got.value() : 0};
  name = take(name, find(name, '\n'));
  for (char c : name) {
    bool allowed = is_letter(c) || is_digit(c) || c == '-' || c == '.';
    if (!allowed) return {};
  }
  return name;
}

// localhost, what leads to it, the machine's name, and its addresses in the local network.
void name_self(KeyFiles& files) {
  auto add = [&](Text name) { files.self_names[files.self_count++] = name; };
  add("localhost"sv);
  add("127.0.0.1"sv);
  add("::1"sv);
  if (Text host = read_host(files.host); !host.empty() && !equal(host, "localhost"sv)) add(host);
  Lan lan;
  auto socket = sys::socket(sys::abi::af_inet, 0);
  if (!socket.ok()) return;
  sys::Fd fd(socket.value());
  find_lan(lan, fd.number());
  for (uint32_t i = 0; i < lan.count; i++) {
    Writer out(files.addresses[i]);
    write_ip(out, lan.addresses[i]);
    add(out.view());
  }
}

// Without the slashes before the last component; "." where there is none.
Text directory_of(Text path) {
  size_t end = path.size();
  while (end > 0 && path[end - 1] != '/') end--;
  if (end == 0) return "."sv;
  while (end > 1 && path[end - 1] == '/') end--;
  return take(path, end);
}

// Puts in place of a link's name what it leads to. False: it is none, or that is too long.
bool follow(char (&name)[limits::path_max]) {
  char target[limits::path_max];
  auto size = sys::readlinkat(AT_FDCWD, name, target, sizeof target);
  if (!size.ok() || size.value() == sizeof target) return false;
  Text leads = {target, size.value()};
  while (leads.size() > 1 && leads.back() == '/') leads.remove_suffix(1);
  Text directory = directory_of(name);
  char next[limits::path_max];
  Writer out(next);
  if (!starts_with(leads, "/")) {
    if (directory.size() + 1 + leads.size() + 1 > sizeof next) return false;
    out.text(directory).byte('/');
  }
  out.text(leads).byte('\0');
  __builtin_memcpy(name, next, out.size());
  return true;
}

bool is_root(const char* name) {
  struct statx facts = {};
  struct statx root = {};
  if (!sys::stat(AT_FDCWD, name, facts).ok() || !sys::stat(AT_FDCWD, "/", root).ok()) return true; // not to be opened
  return facts.stx_ino == root.stx_ino && facts.stx_dev_major == root.stx_dev_major &&
         facts.stx_dev_minor == root.stx_dev_minor;
}

} // namespace

tls::KeyOptions KeyFiles::options() const {
  return {.pairs = {pairs.data(), count}, .client_ca = client_ca, .self_names = {self_names.data(), self_count}};
}

std::optional<int> find_key_files(const Config& config, KeyFiles& files) {
  uint32_t keys = 0;
  for (uint32_t i = 0; i < config.cert.count; i++) {
    const char* certificate = config.cert.texts[i].data();
    tls::PairFiles& pair = files.pairs[files.count++];
    if (is_directory(certificate)) {
      if (!find_in_directory(config, files, certificate, pair)) return 2;
      continue;
    }
    pair = {certificate, keys < config.key.count ? config.key.texts[keys].data() : certificate};
    keys++;
  }
  if (keys < config.key.count) {
    named_message(2) << setting(config, "--key"sv) << " " << config.key.texts[keys]
                     << ": there is no --cert that it belongs to";
    return 2;
  }
  if (!config.client_ca.empty()) files.client_ca = config.client_ca.data();
  if (!config.self_signed) return {};
  if (files.count == files.pairs.size()) {
    named_message(2) << "--self-signed: there are " << uint64_t{limits::tls_certificates} << " --cert already";
    return 2;
  }
  files.count++; // its names are null
  name_self(files);
  return {};
}

void open_key_directories(const KeyFiles& files, KeyDirectories& directories) {
  auto open = [&](Text path) {
    char directory[limits::path_max];
    Writer(directory).text(path).byte('\0');
    auto opened = sys::openat(AT_FDCWD, directory, O_PATH | O_DIRECTORY);
    if (!opened.ok() || directories.count == key_directories_max) return;
    directories.numbers[directories.count] = opened.value();
    directories.opened[directories.count++] = sys::Fd(opened.value());
  };
  // The directory of a name, then of what the name leads to if it is a link.
  auto add = [&](const char* file) {
    char name[limits::path_max];
    Writer(name).text(Text(file)).byte('\0');
    for (int links = 0; links <= limits::tls_links_max; links++) {
      open(directory_of(name));
      if (!follow(name)) return;
    }
  };
  // A directory that is itself a link is renewed by another one beside its target. Beside the root's entries is
  // everything, so these are left out.
  auto add_targets = [&](const char* file) {
    char name[limits::path_max];
    Writer(name).text(directory_of(file)).byte('\0');
    for (int links = 0; links < limits::tls_links_max && follow(name); links++) {
      char beside[limits::path_max];
      Writer(beside).text(directory_of(name)).byte('\0');
      if (!is_root(beside)) open(beside);
    }
  };
  for (uint32_t i = 0; i < files.count; i++) {
    if (files.pairs[i].certificate == nullptr) continue;
    for (const char* file : {files.pairs[i].certificate, files.pairs[i].key}) {
      add(file);
      add_targets(file);
    }
  }
  if (files.client_ca == nullptr) return;
  add(files.client_ca);
  add_targets(files.client_ca);
}

} // namespace minhttp::app
