// SPDX-License-Identifier: MIT
// A tour: load() reads into the half of the memory that is not in use, which becomes what is served only if all of it
// is good. read_sites() opens one directory, or one for each host; read_rules() reads the rule files in it;
// read_passwords() reads the files of --auth.

#include "app/loader.h"

#include <new>

#include "app/options.h"
#include "app/protected_path.h"
#include "http/host.h"
#include "sys/entries.h"
#include "sys/file.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

constexpr size_t text_bytes = limits::rules_text_max + 1; // one more byte, to notice a longer file
constexpr size_t scratch_bytes = 2 * text_bytes;
static_assert(scratch_bytes > limits::password_file_max);
static_assert(limits::sites_bytes_least > limits::hosts_max * (sizeof(site::Site) + limits::host_max + 1),
              "read_hosts() takes these without asking");

// Why a directory or file that has replaced another one cannot be read on SIGHUP.
constexpr char behind_the_fence[] = "the sandbox lets in what was there at the start; restart for another one";

size_t accounts_of(const Config& config) { return config.auth.count * limits::users_max; }

Text name_of(const site::Site& site) { return site.host.empty() ? Text("default"sv) : site.host; }

bool has_host(std::span<const site::Site> sites, Text name) {
  for (const site::Site& site : sites) {
    if (equal(name_of(site), name)) return true;
  }
  return false;
}

bool is_directory(const struct statx& facts) {
  return (facts.stx_mode & sys::abi::type_mask) == sys::abi::type_directory;
}

} // namespace

bool lies_in_a_site(Text file, std::span<const site::Site> sites) {
  char text[limits::path_max];
  size_t end = file.size();
  while (end > 0 && file[end - 1] != '/') end--;
  if (end + 2 > sizeof text) return true;
  Writer(text).text(end == 0 ? Text("./"sv) : take(file, end)).byte(0);
  auto opened = sys::openat(AT_FDCWD, text, O_DIRECTORY | O_PATH);
  site::FileId below;
  for (uint32_t i = 0; i < limits::parents_max && opened.ok(); i++) {
    sys::Fd directory(opened.value());
    struct statx facts = {};
    if (!sys::fstat(directory.number(), facts).ok()) return true;
    site::FileId here = site::file_id_of(facts);
    for (const site::Site& site : sites) {
      if (site.files.identity() == here) return true;
      for (const site::Files& files : site.previous) {
        if (files.is_open() && files.identity() == here) return true;
      }
    }
    if (i > 0 && here == below) return false; // the root is its own parent
    below = here;
    opened = sys::openat(directory.number(), "..", O_DIRECTORY | O_PATH);
  }
  return true;
}

Loader::Loader(const Config& config, std::span<std::byte> memory, int messages) : config_(config), messages_(messages) {
  Arena arena(memory);
  for (Half& half : halves_) {
    half.rules = arena.take<std::byte>(config.sites_bytes, alignof(std::max_align_t));
    half.accounts = arena.take<auth::Account>(accounts_of(config));
  }
  scratch_ = arena.take<char>(scratch_bytes);
}

size_t Loader::bytes_needed(const Config& config) {
  if (!config.has_site()) return 0;
  return 2 * (Arena::cost<std::byte>(config.sites_bytes + alignof(std::max_align_t)) +
              Arena::cost<auth::Account>(accounts_of(config))) +
         Arena::cost<char>(scratch_bytes);
}

bool Loader::load(conn::Server& server, Missing missing) {
  Half& half = halves_[next_];
  Arena arena(half.rules);
  site::Sites sites;
  before_ = server.context.sites.all;
  kept_ = missing == Missing::kept ? server.context.sites.all : std::span<site::Site>();
  redirects_ = header_blocks_ = mistakes_ = warnings_ = 0;
  bool good = read_sites(arena, sites);
  good = read_passwords(half) && good;
  good = good && find_other_names(half, sites);
  if (!good) {
    sites.close();
    return false;
  }
  next_ ^= 1;
  loaded_ = true;
  uint32_t number = 0;
  for (site::Site& site : sites.all) {
    site.files.hide({half.secrets.data(), config_.auth.count});
    site.files.use_types(server.context.options.types);
    if (config_.pack != nullptr) continue; // it needs no cache
    site.files.use(server.context.cache, server.context.tags, number++);
    for (site::Files& files : site.previous) {
      files.hide({half.secrets.data(), config_.auth.count});
      files.use_types(server.context.options.types);
      files.use(server.context.cache, server.context.tags, number++);
    }
  }
  if (server.context.cache != nullptr) server.context.cache->drop_all();
  server.context.sites.close();
  server.context.sites = sites;
  server.context.generation++;
  server.context.access.protected_paths = {half.protected_paths.data(), config_.auth.count};
  if (server.context.access.authenticator != nullptr) server.context.access.authenticator->forget_all();
  return true;
}

bool Loader::had_previous(uint32_t number) const { return !before_.empty() && before_[0].previous[number].is_open(); }

// Finds out by which other names a protected path might be requested.
bool Loader::find_other_names(Half& half, const site::Sites& sites) {
  std::array<Text, limits::guarded_max> parts;
  size_t count = config_.auth.count;
  for (size_t i = 0; i < count; i++) {
    parts[i] = half.protected_paths[i].prefix;
    Text file = parse_auth_option(config_.auth.texts[i]).file;
    if (config_.pack != nullptr || !lies_in_a_site(file, sites.all)) {
      half.secrets[i].name = {};
      continue;
    }
    while (find(file, '/') < file.size()) file = drop(file, find(file, '/') + 1);
    half.secrets[i].name = file;
  }
  if (config_.pack != nullptr) return true; // it compares names byte by byte
  for (site::Site& site : sites.all) {
    if (!find_other_names_in(site.files, {parts.data(), count})) return false;
    for (site::Files& files : site.previous) {
      if (files.is_open() && !find_other_names_in(files, {parts.data(), count})) return false;
    }
  }
  return true;
}

bool Loader::find_other_names_in(site::Files& files, std::span<const Text> parts) {
  files.find_out_folding(parts);
  if (files.folding() != site::Folding::yes) return true;
  for (Text part : parts) {
    if (site::is_ascii(part)) continue;
    named_message(messages_)
        << "--auth /" << part
        << ": this file system takes several names for one file, and which ones beyond ASCII is not "
           "known; give the directory a name of ASCII letters"sv;
    return false;
  }
  return true;
}

bool Loader::complain(const Place& place, Text what, Text why) {
  mistakes_++;
  Message message = named_message(messages_);
  message << place.directory;
  if (!place.host.empty()) message << "/" << place.host;
  if (!what.empty()) message << "/" << what;
  message << ": " << why;
  return false;
}

void Loader::print_diagnostics(int messages, const rules::Diagnostics& mistakes, const Place& place) {
  for (const rules::Diagnostic& mistake : mistakes.kept()) {
    char text[rules::mistake_line_max];
    Writer line(text);
    rules::write_diagnostic(line, mistake);
    Message message(messages);
    message << place.directory;
    if (!place.host.empty()) message << "/" << place.host;
    message << "/" << take(line.view(), line.size() - 1);
  }
  uint64_t errors = mistakes.errors_left_out();
  uint64_t warnings = mistakes.warnings_left_out();
  if (errors > 0) named_message(messages) << "and " << errors << " more mistakes";
  if (warnings > 0) named_message(messages) << "and " << warnings << " more warnings";
}

bool Loader::read_sites(Arena& arena, site::Sites& sites) {
  if (config_.pack != nullptr) return read_pack(arena, sites);
  if (!config_.hosts.empty()) return read_hosts(arena, sites);
  sites.all = arena.take<site::Site>(1);
  site::Site* site = new (&sites.all[0]) site::Site;
  sites.default_site = site;
  Place place = {.directory = config_.directory};
  auto opened = site->files.open_root(config_.directory);
  if (opened.is(Errno::EXDEV_)) return complain(place, {}, behind_the_fence);
  if (!opened.ok()) {
    Message message = named_message(messages_);
    message << "cannot serve '" << place.directory << "': " << describe(opened.error());
    if (!opened.is(Errno::EMFILE_)) message << "; " MINHTTP_NAME " DIR wants a directory that it may read";
    return false;
  }
  return read_previous(arena, *site) && read_rules(arena, *site, place);
}

// A missing directory is no mistake: before the second deployment there is none. The supervisor looks for it.
bool Loader::read_previous(Arena& arena, site::Site& site) {
  site.previous = arena.take<site::Files>(config_.previous.count);
  site.previous_names = config_.previous.list();
  // Constructs all of them before the first can fail: in memory that is only zeroed, the descriptor to close would be
  // 0.
  for (site::Files& files : site.previous) new (&files) site::Files;
  for (uint32_t i = 0; i < config_.previous.count; i++) {
    site::Files& files = site.previous[i];
    auto opened = files.open_root(config_.previous.texts[i].data());
    if (opened.ok()) continue;
    files.close();
    bool missing = opened.is(Errno::ENOENT_);
    bool fenced = opened.is(Errno::EXDEV_);
    if (missing && loaded_) continue; // this was reported at the start
    named_message(messages_) << setting(config_, "--previous"sv, config_.previous.texts[i]) << " "
                             << config_.previous.texts[i] << ": "
                             << (fenced ? Text(behind_the_fence) : describe(opened.error()))
                             << (!missing             ? ""sv
                                 : !is_plain(config_) ? "; it is served once it is there"sv
                                                      : "; restart when it is there"sv);
    // The plain loop has no supervisor that could read a new directory. If there was none before, everything else is
    // read anew all the same.
    bool new_here = fenced && is_plain(config_) && !had_previous(i);
    if (!missing && !new_here) return false;
  }
  return true;
}

bool Loader::read_hosts(Arena& arena, site::Sites& sites) {
  Place place = {.directory = config_.hosts};
  auto opened = sys::openat(AT_FDCWD, config_.hosts.data(), O_DIRECTORY);
  if (!opened.ok()) return complain(place, {}, describe(opened.error()));
  sys::Fd directory(opened.value());
  sites.all = arena.take<site::Site>(limits::hosts_max).first(0);
  bool good = true;
  while (true) {
    char entries[limits::listing_read_bytes];
    auto bytes = sys::getdents(directory.number(), entries, sizeof entries);
    if (!bytes.ok()) return complain(place, {}, describe(bytes.error()));
    if (bytes.value() == 0) break;
    sys::for_each_entry({entries, bytes.value()}, [&](const char* name, unsigned type) {
      bool may_be_directory = type == 0 || type == sys::abi::type_directory || type == sys::abi::type_link;
      if (name[0] == '.' || !may_be_directory) return;
      good = add_host(arena, sites, directory.number(), name, name) && good;
    });
  }
  good = keep_missing(arena, sites, directory.number()) && good;
  if (good && sites.all.empty()) return complain(place, {}, "no directory is named as a host, as in example.com/"sv);
  return good;
}

bool Loader::add_host(Arena& arena, site::Sites& sites, int directory, const char* path, Text name) {
  Place place = {.directory = config_.hosts, .host = name};
  if (sites.all.size() == limits::hosts_max) return complain(place, {}, "more than 256 hosts"sv);
  sites.all = {sites.all.data(), sites.all.size() + 1}; // there is room
  site::Site& site = *new (&sites.all.back()) site::Site;
  if (!http::is_canonical_host(name))
    return complain(place, {}, "no host is called so: write it in lower case, without a port"sv);
  auto opened = site.files.open_root(path, directory);
  if (opened.is(Errno::ENOENT_) && has_host(kept_, name)) { // a link that leads nowhere for a moment
    sites.all = sites.all.first(sites.all.size() - 1);
    return true;
  }
  if (opened.is(Errno::EXDEV_)) return complain(place, {}, behind_the_fence);
  if (!opened.ok()) return complain(place, {}, describe(opened.error()));
  if (equal(name, "default")) {
    sites.default_site = &site;
  } else {
    std::span<char> kept = arena.take<char>(name.size());
    __builtin_memcpy(kept.data(), name.data(), name.size());
    site.host = {kept.data(), name.size()};
  }
  return read_rules(arena, site, place);
}

// Keeps the hosts whose directories are missing: these are still open, with what is left in them. A removed one gets
// 503.
bool Loader::keep_missing(Arena& arena, site::Sites& sites, int directory) {
  std::span<const site::Site> found = sites.all;
  for (const site::Site& old : kept_) {
    char name[limits::host_max + 1];
    Writer out(name);
    out.text(name_of(old)).byte(0);
    if (has_host(found, name)) continue;
    struct statx facts = {};
    bool other = sys::stat(directory, name, facts).ok() && !is_directory(facts); // now a file, so the host was removed
    if (other) continue;
    if (!add_host(arena, sites, old.files.root(), ".", name)) return false;
    sites.kept++;
  }
  return true;
}

// Reads a rule file. A missing one counts as empty.
bool Loader::read_text(const site::Site& site, const char* name, const Place& place, std::span<char> to, Text& text) {
  auto read = site.files.read(name, to);
  if (read.ok()) text = {to.data(), read.value()};
  if (read.ok() || (read.is(Errno::ENOENT_) && !site.files.has_entry(name))) return true;
  if (read.is(Errno::ENOENT_)) return complain(place, name, "a link that leads nowhere"sv);
  if (config_.pack != nullptr && read.is(Errno::EIO_)) return complain(place, name, "damaged"sv);
  return complain(place, name, read.is(Errno::EISDIR_) ? "not a regular file"sv : describe(read.error()));
}

bool Loader::read_rules(Arena& arena, site::Site& site, const Place& place) {
  Text redirects;
  Text headers;
  if (!read_text(site, "_redirects", place, scratch_.first(text_bytes), redirects) ||
      !read_text(site, "_headers", place, scratch_.subspan(text_bytes), headers)) {
    return false;
  }
  size_t bytes = rules::rules_bytes(redirects, headers);
  if (bytes + alignof(std::max_align_t) > arena.left()) {
    char text[160];
    Writer why(text);
    why.text("_redirects and _headers of all sites need more than ").decimal(config_.sites_bytes >> 20);
    why.text(" MiB of memory");
    if (config_.sites_bytes < limits::sites_bytes) why.text("; for more, raise the limit (ulimit -v)");
    return complain(place, {}, why.view());
  }
  std::span<std::byte> memory = arena.take<std::byte>(bytes, alignof(std::max_align_t));
  std::array<rules::Diagnostic, limits::mistakes_shown> diagnostics;
  rules::Diagnostics mistakes(diagnostics);
  bool good = rules::parse_rules(redirects, headers, memory, mistakes, site.rules, site.host);
  print_diagnostics(messages_, mistakes, place);
  mistakes_ += mistakes.errors();
  warnings_ += mistakes.warnings();
  if (good) {
    redirects_ += site.rules.redirects.used - 1;
    header_blocks_ += site.rules.blocks.used - 1;
  }
  return good;
}

bool Loader::read_passwords(Half& half) {
  bool good = true;
  for (uint32_t i = 0; i < config_.auth.count; i++) {
    auth::ProtectedPath& part = half.protected_paths[i];
    part.passwords = auth::Passwords(half.accounts.subspan(i * limits::users_max, limits::users_max));
    good = read_password_file(config_.auth.texts[i], part, half.secrets[i]) && good;
  }
  return good;
}

bool Loader::read_password_file(Text option, auth::ProtectedPath& part, site::Secret& secret) {
  auto [prefix, file] = parse_auth_option(option);
  part.prefix = prefix;
  auto opened = sys::openat(AT_FDCWD, file.data(), O_NONBLOCK);
  Result<size_t> read = opened.ok() ? Result(size_t{0}) : Result<size_t>(opened.error());
  sys::Fd fd(opened.ok() ? opened.value() : -1);
  struct statx facts = {};
  if (read.ok() && sys::fstat(fd.number(), facts).ok()) secret.identity = site::file_id_of(facts);
  size_t used = 0;
  while (read.ok() && used <= limits::password_file_max) {
    read = sys::read(fd.number(), scratch_.data() + used, limits::password_file_max + 1 - used);
    if (!read.ok() || read.value() == 0) break;
    used += read.value();
  }
  if (!read.ok()) {
    Message message = named_message(messages_);
    message << setting(config_, "--auth"sv, option) << " " << file << ": " << describe(read.error());
    if (loaded_ && read.is(Errno::EACCES_) && is_fenced(config_)) message << "; " << behind_the_fence;
    return false;
  }
  secret.digest = digest_of({scratch_.data(), used});
  std::array<auth::PasswordMistake, limits::mistakes_shown> mistakes;
  size_t count = part.passwords.read({scratch_.data(), used}, mistakes);
  for (size_t i = 0; i < count && i < mistakes.size(); i++) {
    Message message(messages_);
    message << file << ":";
    if (mistakes[i].line > 0) message << mistakes[i].line << ":";
    message << " " << mistakes[i].what;
    if (mistakes[i].other_line > 0) message << " (line " << mistakes[i].other_line << ")";
  }
  for (char& c : scratch_.first(used)) c = 0;
  mistakes_ += static_cast<uint32_t>(count);
  return count == 0;
}

void Loader::report_reload() const {
  named_message(2) << "reloaded: " << uint64_t{redirects_} << " redirects, " << uint64_t{header_blocks_}
                   << " blocks of fields";
}

void Loader::report_unchanged() { named_message(2) << "reload failed: what was read before stays in force"; }

} // namespace minhttp::app
