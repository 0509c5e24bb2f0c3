// SPDX-License-Identifier: MIT
#pragma once
// The private keys, and the files that they come from: what the key process knows. Nobody else has one of these.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tls/bulletin.h"
#include "tls/certificates.h"
#include "tls/wire.h"

namespace minhttp::tls {

// Names of files, which end with a NUL; both may be the same one.
struct PairFiles {
  const char* certificate = nullptr; // null: a pair of --self-signed, made here
  const char* key = nullptr;
};

struct KeyOptions {
  std::span<const PairFiles> pairs;             // at most limits::tls_certificates; the first is for unknown names
  const char* client_ca = nullptr;              // the file of --client-ca, or null
  std::span<const std::string_view> self_names; // for --self-signed: host names and addresses
};

// Where lines for the operator go: without the name of the program before, and without a line end.
using Say = void (*)(std::string_view line);

class KeyStore {
 public:
  // bulletin: only this object writes it. All must outlive it.
  KeyStore(const KeyOptions& options, Bulletin& bulletin, Say line)
      : options_(options), bulletin_(bulletin), say_(line) {}

  // Reads everything, at the start. An expired certificate is accepted with a warning: a server that starts after a
  // long outage serves, and its certificate can be renewed. False: something cannot be used, which was said.
  bool start(int64_t now_s);

  // Looks whether files have changed, and takes up what is good. What is bad changes nothing, is read again at
  // each look, and is said once, then daily. asked: by the operator (SIGHUP): files that were written only now count,
  // and problems are said at once. Returns true if it should be called again soon (limits::tls_settle_ms): a file may
  // be half written.
  bool look(int64_t now_s, bool asked);

  // The signature that a request asks for: its bytes, in `to`. 0: no such key, or not what a TLS server signs.
  size_t sign(const Request& request, std::span<uint8_t, limits::tls_signature_max> to) const;

 private:
  // What a file was when it was last read: its inode, size and times.
  struct Stamp {
    uint64_t inode = 0;
    uint64_t size = 0;
    int64_t modified_ns = 0;
    int64_t changed_ns = 0;
    int error = 0;
    bool operator==(const Stamp&) const = default;
  };
  // A message that is repeated once a day as long as it is true.
  struct Reminder {
    Problem said;
    int64_t said_s = 0;
  };
  // Files that are read together.
  struct Files {
    Stamp stamps[2];
    Reminder bad;
    bool settling = false; // it was bad when it was last read, and is read once more before that is said
  };
  struct Source {
    Files files;
    Reminder ends;
    uint32_t generation = 0; // of the newest key; 0: none was good yet
    Pair kept[limits::tls_keys_kept];
  };

  static Stamp stamp(const char* name);
  template <typename TakeUp>
  bool look_at(Files& files, const PairFiles& names, std::string_view stays, int64_t now_s, bool asked, TakeUp take_up);
  bool look_at_pair(uint32_t number, int64_t now_s, bool asked);
  bool look_at_authority(int64_t now_s, bool asked);
  Problem take_up_authority();
  Problem take_up(uint32_t number, int64_t now_s, bool starts);
  Problem make_self_signed(Pair& pair, int64_t now_s) const;
  void publish(uint32_t number);
  void remind_of_end(uint32_t number, int64_t now_s);
  void renew_tickets(int64_t now_s);
  void remind(Reminder& reminder, const Problem& problem, std::string_view end, int64_t now_s);
  void say(const Problem& problem, std::string_view end);
  void publish_first_end();
  const Pair& newest(const Source& source) const { return source.kept[source.generation % limits::tls_keys_kept]; }
  std::string_view name_of(uint32_t number) const;

  const KeyOptions options_;
  Bulletin& bulletin_;
  Say say_;
  Source sources_[limits::tls_certificates];
  Files authority_;
  char scratch_[limits::tls_file_max] = {};
  ClientAuthority read_authority_ = {};
  ShownCertificate shown_ = {};
};

} // namespace minhttp::tls
