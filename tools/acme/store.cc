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
constexpr const char* chain_name = "/fullchain.pem";
constexpr const char* key_name = "/privkey.pem";

// Keys that others may replace are nobody's secret.
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

void remove_tree(const std::string& path) {
  std::error_code error;
  (void)fs::remove_all(path, error);
  if (error) warn("cannot remove " + printable(path) + ": " + error.message());
}

// A link that is the present one already is left alone.
void ensure_link(const std::string& path, const std::string& target) {
  std::error_code error;
  if (fs::read_symlink(path, error) != target || error) replace_link(path, target);
}

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
  std::optional<std::string> text = read_file(path("_account.json"));
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
  std::optional<std::string> chain = read_file(path_ + chain_name);
  std::optional<std::string> key = read_file(path_ + key_name);
  if (!chain && !key) return {};
  Pair pair = {.chain = read_chain(chain.value_or("")), .key = read_key(key.value_or(""))};
  if (pair.chain.certificates.empty() || !pair.key || X509_check_private_key(pair.chain.leaf(), pair.key.get()) != 1) {
    warn(printable(path_) +
         ": fullchain.pem and privkey.pem are no pair of certificate and key: new ones are asked for");
    return {};
  }
  return pair;
}

Renewal Place::renewal() const {
  std::optional<std::string> text = read_file(path_ + "/renewal.json");
  if (!text) return {};
  std::optional<Renewal> renewal = parse_renewal(*text);
  if (!renewal) warn(printable(path_) + "/renewal.json is damaged: it begins anew");
  return renewal.value_or(Renewal());
}

void Place::save(const Renewal& renewal) const { write_file(path_ + "/renewal.json", write_renewal(renewal), secret); }

void Place::prepare(const EVP_PKEY* key) {
  prepared_ = make_temporary_directory(path_ + prefix);
  write_file(prepared_ + key_name, to_pem(key), secret);
  // Room for the chain as well.
  write_file(prepared_ + chain_name, std::string(16 << 10, '\n'), open_to_all);
}

void Place::install(const Chain& chain) {
  write_file(prepared_ + chain_name, chain.pem(), open_to_all);
  long number = 0;
  for (const std::string& name : names_in(path_)) number = std::max(number, number_of(name));
  number++;
  std::string version = std::to_string(number);
  rename_directory(prepared_, path_ + "/" + version);
  prepared_.clear();
  replace_link(path_ + "/current", version);
  ensure_link(path_ + chain_name, std::string("current") + chain_name);
  ensure_link(path_ + key_name, std::string("current") + key_name);
  remove_old(number - 1);
}

void Place::remove_old(long kept) const {
  for (const std::string& name : names_in(path_)) {
    long number = number_of(name);
    if (number > 0 && number < kept) remove_tree(path_ + "/" + name);
  }
}

} // namespace minhttp::acme
