// SPDX-License-Identifier: MIT
#include "unit/tls/fixture.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <mutex>

namespace minhttp::test {
namespace {

std::mutex lines_lock;
std::vector<std::string> lines;

void say(std::string_view line) {
  std::lock_guard held(lines_lock);
  lines.emplace_back(line);
}

std::string read_all(BIO* from) {
  char* text = nullptr;
  long size = BIO_get_mem_data(from, &text);
  std::string all(text, static_cast<size_t>(size));
  BIO_free(from);
  return all;
}

void extend(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_nconf_nid(nullptr, &context, kind, value.c_str());
  ASSERT_NE(extension, nullptr) << value;
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

} // namespace

Owned<EVP_PKEY> make_key(const std::string& kind) {
  if (kind.starts_with("rsa")) return Owned<EVP_PKEY>(EVP_RSA_gen(static_cast<unsigned>(std::stoi(kind.substr(3)))));
  if (kind == "ed25519") return Owned<EVP_PKEY>(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  return Owned<EVP_PKEY>(EVP_EC_gen(kind.c_str()));
}

Made make_certificate(const std::string& kind, const Terms& terms, const Made* issuer) {
  Made made = {Owned<X509>(X509_new()), make_key(kind)};
  X509* certificate = made.certificate.get();
  static int serial = 1;
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_time_adj_ex(X509_getm_notBefore(certificate), terms.begins, 0, nullptr);
  X509_time_adj_ex(X509_getm_notAfter(certificate), terms.ends, 0, nullptr);
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto* subject = reinterpret_cast<const unsigned char*>(terms.subject.c_str());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, subject, -1, -1, 0);
  X509_set_issuer_name(certificate, issuer ? X509_get_subject_name(issuer->certificate.get()) : name);
  X509_set_pubkey(certificate, made.key.get());
  std::string names;
  for (const std::string& one : terms.names) names += (names.empty() ? "DNS:" : ",DNS:") + one;
  if (!names.empty()) extend(certificate, NID_subject_alt_name, names);
  if (issuer == nullptr) extend(certificate, NID_basic_constraints, "CA:TRUE");
  EVP_PKEY* signer = issuer ? issuer->key.get() : made.key.get();
  X509_sign(certificate, signer, EVP_PKEY_get_base_id(signer) == EVP_PKEY_ED25519 ? nullptr : EVP_sha256());
  return made;
}

std::string pem_of(X509* certificate) {
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(out, certificate);
  return read_all(out);
}

std::string pem_of(EVP_PKEY* key) {
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  return read_all(out);
}

void write_file(const std::filesystem::path& name, const std::string& text) { std::ofstream(name) << text; }

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "minhttp-tls-XXXXXX").string();
  path_ = mkdtemp(name.data());
}

Folder::~Folder() { std::filesystem::remove_all(path_); }

Keys::Keys(const Folder& folder, std::vector<std::string> pairs, Wanted wanted)
    : names_(wanted.self_names), policy_(wanted.policy) {
  static bool library = tls::Contexts::start_library();
  EXPECT_TRUE(library);
  for (const std::string& pair : pairs) {
    files_.push_back((folder / (pair + ".crt")).string());
    files_.push_back((folder / (pair + ".key")).string());
  }
  for (size_t i = 0; i < pairs.size(); i++) pairs_.push_back({files_[2 * i].c_str(), files_[2 * i + 1].c_str()});
  if (!names_.empty()) pairs_.push_back({});
  self_names_.assign(names_.begin(), names_.end());
  ca_ = (folder / "ca.pem").string();
  bulletin_.reset(new tls::Bulletin()); // zeroes
  tls::KeyOptions options = {pairs_, wanted.client_ca ? ca_.c_str() : nullptr, self_names_};
  store_ = std::make_unique<tls::KeyStore>(options, *bulletin_, say);
  started = store_->start(time(nullptr));
  if (!started) return;
  for (auto* ends : {orders_, channel_}) {
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
  }
  ends_[0] = channel_[1];
  server_ = std::make_unique<tls::KeyServer>(*store_, ends_, orders_[1], wanted.look_ms);
  EXPECT_TRUE(server_->prepare().ok());
  thread_ = std::thread([this] { server_->run(); });
  contexts_ = std::make_unique<tls::Contexts>();
  EXPECT_TRUE(contexts_->prepare(policy_, *bulletin_)) << contexts_->why();
  owner_.store(7);
  EXPECT_TRUE(contexts_->become_worker(channel_[0], owner_, 7));
}

Keys::~Keys() {
  if (thread_.joinable()) stop();
  for (int fd : {channel_[0], channel_[1], orders_[1]}) close(fd);
  ASYNC_cleanup_thread();
  (void)said();
}

void Keys::stop() {
  close(orders_[0]);
  thread_.join();
  shutdown(channel_[1], SHUT_RDWR);
}

// A second order is heard only after the first one was obeyed, which a request after it shows.
void Keys::reload() {
  tls::Request order = {};
  ASSERT_EQ(send(orders_[0], &order, tls::request_head, 0), static_cast<ssize_t>(tls::request_head));
  while (true) { // until it was taken, and then until it was obeyed: an answer comes from the same loop
    int waiting = 0;
    struct pollfd query = {orders_[1], POLLIN, 0};
    if (poll(&query, 1, 0) == 0) break;
    (void)waiting;
  }
  tls::Request request = {};
  request.id = 0xffff'ffc0; // nobody waits for it
  for (int answers = 0; answers < 2; answers++) {
    send(channel_[0], &request, tls::request_head, 0);
    struct pollfd query = {channel_[0], POLLIN, 0};
    ASSERT_EQ(poll(&query, 1, 20'000), 1);
    tls::Answer answer;
    ASSERT_GT(recv(channel_[0], &answer, sizeof answer, 0), 0);
  }
}

std::vector<std::string> Keys::said() {
  std::lock_guard held(lines_lock);
  return std::exchange(lines, {});
}

Handshake::Handshake(Keys& keys, const Client& client, uint32_t slot)
    : keys_(keys), slot_(slot), context_(SSL_CTX_new(TLS_client_method())) {
  SSL_CTX* context = context_.get();
  if (client.version != 0) {
    SSL_CTX_set_min_proto_version(context, client.version);
    SSL_CTX_set_max_proto_version(context, client.version);
  }
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); // sessions in it would end with this context
  if (!client.signatures.empty()) {
    EXPECT_EQ(SSL_CTX_set1_sigalgs_list(context, client.signatures.c_str()), 1);
  }
  if (!client.ciphers.empty()) {
    EXPECT_EQ(SSL_CTX_set_cipher_list(context, client.ciphers.c_str()), 1);
  }
  if (client.certificate != nullptr) {
    SSL_CTX_use_certificate(context, client.certificate->certificate.get());
    SSL_CTX_use_PrivateKey(context, client.certificate->key.get());
  }
  client_.reset(SSL_new(context));
  std::string protocols;
  for (const std::string& name : client.protocols) protocols += static_cast<char>(name.size()) + name;
  if (!protocols.empty()) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(protocols.data());
    SSL_set_alpn_protos(client_.get(), bytes, static_cast<unsigned>(protocols.size()));
  }
  std::string host = client.host;
  if (!host.empty()) { // SSL_set_tlsext_host_name() without its cast
    SSL_ctrl(client_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data());
  }
  if (client.session != nullptr) SSL_set_session(client_.get(), client.session);
  SSL_set_connect_state(client_.get());
  SSL_set_bio(client_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  BIO_set_mem_eof_return(SSL_get_rbio(client_.get()), -1);
  server_ = keys.contexts().begin(slot);
  SSL_set_bio(server_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  BIO_set_mem_eof_return(SSL_get_rbio(server_), -1);
}

// Without a proper end OpenSSL would forget the client's session.
Handshake::~Handshake() {
  SSL_set_shutdown(client_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  keys_.contexts().end(slot_, server_);
}

void Handshake::move() {
  struct Way {
    BIO* from;
    BIO* to;
  };
  for (Way way : {Way{SSL_get_wbio(client_.get()), SSL_get_rbio(server_)},
                  Way{SSL_get_wbio(server_), SSL_get_rbio(client_.get())}}) {
    char* bytes = nullptr;
    long size = BIO_get_mem_data(way.from, &bytes);
    if (size > 0) BIO_write(way.to, bytes, static_cast<int>(size));
    (void)BIO_reset(way.from);
  }
}

void Handshake::client_step() {
  move();
  client_done_ = SSL_do_handshake(client_.get()) == 1;
  if (client_done_) {
    char byte = 0;
    (void)SSL_read(client_.get(), &byte, 1); // tickets of TLS 1.3
  }
  move();
}

tls::Step Handshake::step() {
  move();
  tls::Step step = keys_.contexts().handshake(slot_, server_);
  move();
  return step;
}

std::vector<uint32_t> turn(Keys& keys) {
  struct pollfd query = {keys.contexts().fd(), POLLIN, 0};
  EXPECT_EQ(poll(&query, 1, 20'000), 1);
  uint32_t slots[tls::Contexts::turn_max];
  size_t count = keys.contexts().turn(slots);
  return {slots, slots + count};
}

Outcome shake_hands(Keys& keys, const Client& client, uint32_t slot) {
  Handshake both(keys, client, slot);
  Outcome outcome;
  tls::Step step = tls::Step::wants_read;
  for (int i = 0; i < 20 && step != tls::Step::failed; i++) {
    both.client_step();
    if (step == tls::Step::done) break;
    step = both.step();
    while (step == tls::Step::wants_key) {
      if (turn(keys).empty()) continue;
      step = both.step();
    }
  }
  both.client_step();
  both.client_step();
  outcome.done = step == tls::Step::done && both.client_done();
  if (!outcome.done) return outcome;
  outcome.resumed = SSL_session_reused(both.server()) == 1;
  outcome.version = SSL_version(both.server());
  outcome.cipher = SSL_get_cipher(both.server());
  outcome.group = OBJ_nid2sn(static_cast<int>(SSL_get_negotiated_group(both.server())));
  if (X509* leaf = SSL_get0_peer_certificate(both.client())) outcome.leaf = pem_of(leaf);
  outcome.chain = sk_X509_num(SSL_get_peer_cert_chain(both.client()));
  char subject[limits::tls_subject_max];
  outcome.client = tls::Contexts::client(both.server(), subject);
  outcome.protocol = tls::Contexts::protocol(both.server());
  outcome.session.reset(SSL_get1_session(both.client()));
  return outcome;
}

} // namespace minhttp::test
