// SPDX-License-Identifier: MIT
#pragma once
// The state directory, which one run has for itself:
//
// clang-format off
//   _lock                          is locked (flock(2)) as long as a run lasts
//   _account.pem, _account.json    the account's key, and where it was registered with which URL
//   www.example.org/               a certificate, by its first name, as  minhttps --cert  takes it:
//     fullchain.pem, privkey.pem   links to current/...
//     current                      a link to the newest numbered directory: its rename replaces both files at once
//     1/, 2/, ...                  each has a certificate and its key; the last two are kept
//     renewal.json                 what is remembered between runs: renewal.h
// clang-format on
//
// All of it lies beneath the directory that --cert names, which is what Landlock lets the key process of minhttps read.
// No host name begins with an underscore.

#include <optional>
#include <string>

#include "acme/certificate.h"
#include "acme/files.h"
#include "acme/keys.h"
#include "acme/renewal.h"

namespace minhttp::acme {

struct Pair {
  Chain chain;
  Key key;
};

class Store {
 public:
  // Makes the directory if need be. Failure: others may write there; temporary: another run has the lock.
  explicit Store(std::string directory);

  // The key of the account; it is made if there is none.
  Key account_key();
  // The URL of the account at this authority; "": it is not known.
  std::string account_url(const std::string& authority) const;
  void save_account_url(const std::string& authority, const std::string& url);

 private:
  std::string path(const char* name) const { return directory_ + "/" + name; }

  std::string directory_;
  Descriptor lock_;
};

// The part of it that belongs to one certificate.
class Place {
 public:
  // store: locks it. name: the first name. What a run that was killed has left is removed.
  Place(const std::string& directory, const std::string& name);
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { discard(); }

  const std::string& path() const { return path_; }
  // Nothing: there is no certificate. A damaged one is nothing, too, after a line that says so.
  std::optional<Pair> present() const;
  Renewal renewal() const; // a damaged one is an empty one, after a line
  void save(const Renewal& renewal) const;

  // A place for a new certificate, with its key. Before the authority is asked: it shall not be asked for a certificate
  // for which there is no room. A pair of plain files is moved behind the link `current`. Failure: `current` is no
  // link.
  void prepare(const EVP_PKEY* key);
  // Gives the room back.
  void discard();
  // The certificate to the key that was prepared: from now on both are the present ones.
  void install(const Chain& chain);
  // install() has come so far that the link `current` leads to the new certificate.
  bool has_switched() const { return has_switched_; }

 private:
  void adopt_files();
  // What was prepared gets the next number, and `current` leads to it.
  long publish();
  void link_files() const;
  void remove_old(long kept) const;

  std::string path_;
  std::string prepared_; // "": none
  bool has_switched_ = false;
};

} // namespace minhttp::acme
