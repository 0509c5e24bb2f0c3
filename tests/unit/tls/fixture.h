// SPDX-License-Identifier: MIT
#pragma once
// Certificates in files, a key process in a thread, a worker's side here, and clients.

#include <openssl/ssl.h>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tls/contexts.h"
#include "tls/key_server.h"
#include "tls/key_store.h"

namespace minhttp::test {

struct Freed {
  void operator()(SSL* it) const { SSL_free(it); }
  void operator()(SSL_CTX* it) const { SSL_CTX_free(it); }
  void operator()(X509* it) const { X509_free(it); }
  void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
  void operator()(SSL_SESSION* it) const { SSL_SESSION_free(it); }
};
template <typename T>
using Owned = std::unique_ptr<T, Freed>;

// A key: "rsa2048", "rsa1024", "P-256", "P-384", "P-521", "ed25519".
Owned<EVP_PKEY> make_key(const std::string& kind);

// What a certificate says; days from today on.
struct Terms {
  std::vector<std::string> names = {"localhost"}; // as of subjectAltName: host names
  std::string subject = "minhttp test";
  int begins = -1;
  int ends = 100;
};
struct Made {
  Owned<X509> certificate;
  Owned<EVP_PKEY> key;
};
// Signed by `issuer`, or by itself.
Made make_certificate(const std::string& kind, const Terms& terms, const Made* issuer = nullptr);

std::string pem_of(X509* certificate);
std::string pem_of(EVP_PKEY* key);
void write_file(const std::filesystem::path& name, const std::string& text);

// A directory that is removed at the end.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// The key process, and one worker.
class Keys {
 public:
  struct Wanted {
    tls::Policy policy = {};
    bool client_ca = false; // the file "ca.pem" of the folder
    uint32_t look_ms = 60'000;
    std::vector<std::string> self_names = {}; // a further pair, made by itself
  };

  // pairs: names of files in the folder, NAME.crt and NAME.key.
  Keys(const Folder& folder, std::vector<std::string> pairs, Wanted wanted);
  Keys(const Folder& folder, std::vector<std::string> pairs) : Keys(folder, std::move(pairs), Wanted()) {}
  ~Keys();
  Keys(const Keys&) = delete;
  Keys& operator=(const Keys&) = delete;

  bool started = false;
  tls::Contexts& contexts() { return *contexts_; }
  tls::KeyStore& store() { return *store_; }
  tls::Bulletin& bulletin() { return *bulletin_; }
  void reload(); // as SIGHUP; returns when it is done
  void stop();   // the key process ends

  // Lines that the key process has said, since the last call.
  static std::vector<std::string> said();

 private:
  std::vector<std::string> files_;
  std::vector<tls::PairFiles> pairs_;
  std::vector<std::string_view> self_names_;
  std::vector<std::string> names_;
  std::string ca_;
  tls::Policy policy_;
  std::unique_ptr<tls::Bulletin> bulletin_;
  std::unique_ptr<tls::KeyStore> store_;
  std::unique_ptr<tls::KeyServer> server_;
  std::unique_ptr<tls::Contexts> contexts_;
  int orders_[2] = {-1, -1};
  int channel_[2] = {-1, -1};
  std::array<int, 1> ends_ = {};
  SharedWord owner_;
  std::thread thread_;
};

// What a client wants, and what came of it.
struct Client {
  std::string host = "localhost";
  int version = 0; // TLS1_2_VERSION: that one only
  std::string signatures = {};
  std::string ciphers = {}; // of TLS 1.2
  std::vector<std::string> protocols = {};
  SSL_SESSION* session = nullptr;
  const Made* certificate = nullptr;
};
struct Outcome {
  bool done = false;
  bool resumed = false;
  int version = 0;
  std::string cipher;
  std::string group;
  std::string leaf;   // the server's certificate, PEM
  int chain = 0;      // how many certificates it has shown
  std::string client; // its subject, as the server sees it
  tls::Protocol protocol = tls::Protocol::http1;
  Owned<SSL_SESSION> session;
};
// A handshake between a client and a server connection of this slot, through memory.
Outcome shake_hands(Keys& keys, const Client& client, uint32_t slot = 0);

// A server connection with a client on the other side, to be driven step by step.
class Handshake {
 public:
  Handshake(Keys& keys, const Client& client, uint32_t slot);
  ~Handshake();
  Handshake(const Handshake&) = delete;
  Handshake& operator=(const Handshake&) = delete;

  tls::Step step();   // of the server, with what the client has sent, until it must wait
  void client_step(); // of the client
  bool client_done() const { return client_done_; }
  SSL* server() { return server_; }
  SSL* client() { return client_.get(); }
  void move(); // what both have written

 private:
  Keys& keys_;
  uint32_t slot_;
  Owned<SSL_CTX> context_;
  Owned<SSL> client_;
  SSL* server_ = nullptr;
  bool client_done_ = false;
};

// Waits until an answer of the key process is there, and returns the slots that can go on.
std::vector<uint32_t> turn(Keys& keys);

} // namespace minhttp::test
