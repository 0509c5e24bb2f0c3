// SPDX-License-Identifier: MIT
#include "acme/store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "acme/limits.h"
#include "acme/report.h"

namespace minhttp::acme {
namespace {

namespace fs = std::filesystem;

constexpr mode_t secret = 0600;
constexpr mode_t open_to_all = 0644; // in a directory that is not
constexpr const char* prefix = "/new-";
constexpr const char* current = "/current";
constexpr const char* chain_name = "/fullchain.pem";
constexpr const char* key_name = "/privkey.pem";

// Who may write into a directory can replace the keys in it by keys of their own.
void check_directory(const std::string& path) {
  struct stat facts = {};
  if (stat(path.c_str(), &facts) != 0) fail_with_errno("cannot read " + printable(path));
  if (!S_ISDIR(facts.st_mode)) throw Failure(printable(path) + " is no directory");
  if (facts.st_uid != geteuid()) {
    throw Failure(printable(path) +
                  " belongs to another user: run minhttps-acme as that user, or name another --state");
  }
  if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    throw Failure("others may write into " + printable(path) + ", where keys are: chmod go-w " + printable(path));
  }
}

// The number that a name is; 0: none.
long number_of(const std::string& name) {
  bool digits = !name.empty() && name.size() < 10 && name[0] != '0' &&
                std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits ? std::strtol(name.c_str(), nullptr, 10) : 0;
}

std::vector<std::string> names_in(const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    names.push_back(at->path().filename());
  }
  if (error) throw Failure("cannot read " + printable(path) + ": " + error.message());
  return names;
}

// Of a file that is replaced if it is damaged: "" is what is too large.
std::optional<std::string> read_replaceable(const std::string& path) {
  try {
    return read_file(path);
  } catch (const TooLarge&) {
    return "";
  }
}

void remove_tree(const std::string& path) {
  std::error_code error;
  (void)fs::remove_all(path, error);
  if (error) warn("cannot remove " + printable(path) + ": " + error.message());
}

bool is_link(const std::string& path, const std::string& target) {
  std::error_code error;
  return fs::read_symlink(path, error) == target && !error;
}

// Where the link with this name leads.
std::string link_target(const char* name) { return std::string(current + 1) + name; }

} // namespace

Store::Store(std::string directory) : directory_(std::move(directory)) {
  make_directory(directory_);
  check_directory(directory_);
  lock_ = Descriptor(open(path("_lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, secret));
  if (!lock_.open()) fail_with_errno("cannot write " + printable(path("_lock")));
  if (flock(lock_.number(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) fail_with_errno("cannot lock " + printable(path("_lock")));
    throw Failure("another minhttps-acme is at work in " + printable(directory_), temporary_failure);
  }
}

Key Store::account_key() {
  std::string name = path("_account.pem");
  std::optional<std::string> text = read_file(name);
  if (!text) {
    // The authority knows an account by its key: a URL that stayed would be used with a key that is not its own.
    remove_file(path("_account.json"));
    Key key = make_key(KeyKind::ecdsa);
    write_file(name, to_pem(key.get()), secret);
    return key;
  }
  Key key = read_key(*text);
  if (!key || !is_kind(key.get(), KeyKind::ecdsa)) {
    throw Failure(printable(name) +
                  " has no key of an account any more: restore it, or remove it, so that a new account is made");
  }
  return key;
}

std::string Store::account_url(const std::string& authority) const {
  std::optional<std::string> text = read_replaceable(path("_account.json"));
  if (!text) return {};
  Json json = Json::parse(*text, nullptr, false);
  auto is_text = [&](const char* name) { return json.contains(name) && json[name].is_string(); };
  if (!json.is_object() || !is_text("directory") || !is_text("url")) {
    warn(printable(path("_account.json")) + " is damaged: the authority is asked for the account");
    return {};
  }
  return json["directory"] == authority ? json["url"].get<std::string>() : "";
}

void Store::save_account_url(const std::string& authority, const std::string& url) {
  write_file(path("_account.json"), Json{{"directory", authority}, {"url", url}}.dump(2) + "\n", secret);
}

Place::Place(const std::string& directory, const std::string& name) : path_(directory + "/" + name) {
  make_directory(path_);
  check_directory(path_);
  for (const std::string& one : names_in(path_)) {
    if (one.starts_with(prefix + 1) || one.ends_with(".new")) remove_tree(path_ + "/" + one);
  }
}

void Place::discard() {
  if (!prepared_.empty()) remove_tree(prepared_);
  prepared_.clear();
}

std::optional<Pair> Place::present() const {
  std::optional<std::string> chain = read_replaceable(path_ + chain_name);
  std::optional<std::string> key = read_replaceable(path_ + key_name);
  if (!chain && !key) return {};
  if (chain && chain->size() > limits::pem_bytes) chain = "";
  if (key && key->size() > limits::pem_bytes) key = "";
  Pair pair = {.chain = read_chain(chain.value_or("")), .key = read_key(key.value_or(""))};
  if (pair.chain.certificates.empty() || !fits(pair.chain) || !pair.key ||
      X509_check_private_key(pair.chain.leaf(), pair.key.get()) != 1) {
    warn(printable(path_) +
         ": fullchain.pem and privkey.pem are no pair of certificate and key that minhttps takes: new ones are asked "
         "for");
    return {};
  }
  return pair;
}

Renewal Place::renewal() const {
  std::optional<std::string> text = read_replaceable(path_ + "/renewal.json");
  if (!text) return {};
  std::optional<Renewal> renewal = parse_renewal(*text);
  if (!renewal) warn(printable(path_) + "/renewal.json is damaged: it begins anew");
  return renewal.value_or(Renewal());
}

void Place::save(const Renewal& renewal) const { write_file(path_ + "/renewal.json", write_renewal(renewal), secret); }

void Place::prepare(const EVP_PKEY* key) {
  std::error_code error;
  fs::file_status kind = fs::symlink_status(path_ + current, error);
  if (fs::exists(kind) && !fs::is_symlink(kind)) {
    std::string name = printable(path_) + current;
    throw Failure(name + " is not the link that minhttps-acme makes: move it away (mv " + name + " " + name +
                  ".old), and a new one is made");
  }
  adopt_files();
  prepared_ = make_temporary_directory(path_ + prefix);
  write_file(prepared_ + key_name, to_pem(key), secret);
  // Room for the chain as well; install() gives it back.
  write_file(prepared_ + chain_name, std::string(16 << 10, '\n'), open_to_all);
}

void Place::install(const Chain& chain) {
  remove_file(prepared_ + chain_name);
  write_file(prepared_ + chain_name, chain.pem(), open_to_all);
  long number = publish();
  has_switched_ = true;
  link_files();
  remove_old(number - 1);
}

// Were they replaced one after the other, a certificate would stand beside the key of another one in between.
void Place::adopt_files() {
  if (is_link(path_ + chain_name, link_target(chain_name)) && is_link(path_ + key_name, link_target(key_name))) return;
  std::string chain = read_replaceable(path_ + chain_name).value_or("");
  std::string key = read_replaceable(path_ + key_name).value_or("");
  if (chain.empty() || key.empty()) return; // no pair that anybody could use
  prepared_ = make_temporary_directory(path_ + prefix);
  write_file(prepared_ + chain_name, chain, open_to_all);
  write_file(prepared_ + key_name, key, secret);
  (void)publish();
  link_files();
}

long Place::publish() {
  long number = 0;
  for (const std::string& name : names_in(path_)) number = std::max(number, number_of(name));
  number++;
  std::string version = std::to_string(number);
  rename_directory(prepared_, path_ + "/" + version);
  prepared_.clear();
  replace_link(path_ + current, version);
  return number;
}

void Place::link_files() const {
  for (const char* name : {chain_name, key_name}) {
    if (!is_link(path_ + name, link_target(name))) replace_link(path_ + name, link_target(name));
  }
}

void Place::remove_old(long kept) const {
  for (const std::string& name : names_in(path_)) {
    long number = number_of(name);
    if (number > 0 && number < kept) remove_tree(path_ + "/" + name);
  }
}

} // namespace minhttp::acme
