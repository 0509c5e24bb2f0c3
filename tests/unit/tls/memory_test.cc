// SPDX-License-Identifier: MIT
// What a connection costs of OpenSSL's memory while its handshake lasts, at worst: what admission counts with. Only
// what the server's side allocates is counted, in this thread.
#include <gtest/gtest.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <set>

#include "unit/tls/fixture.h"

namespace minhttp {
namespace {

using test::Folder;
using test::Keys;
using test::Made;

struct alignas(16) Head {
  size_t bytes;
  bool counted;
};

constexpr size_t stack_bytes = 32'768; // of a fibre of OpenSSL (crypto/async/arch/async_posix.c)
constexpr unsigned char untouched = 0xa5;
constexpr size_t parts = 3; // after so many of a renewal's blocks there are no more
thread_local bool counts = false;
thread_local size_t used = 0;
thread_local size_t peak = 0;
thread_local std::set<unsigned char*>* stacks = nullptr;
thread_local size_t left = SIZE_MAX; // blocks, until there is no memory any more

// As a page-wise heap rounds up, roughly: by a quarter.
size_t rounded(size_t bytes) { return (bytes < 64 ? 64 : bytes + bytes / 4); }

void* take(size_t bytes, const char*, int) {
  if (left == 0) return nullptr;
  left--;
  auto* head = static_cast<Head*>(std::malloc(sizeof(Head) + bytes));
  *head = {bytes, counts && bytes != stack_bytes};
  if (head->counted) used += rounded(bytes);
  if (used > peak) peak = used;
  auto* block = reinterpret_cast<unsigned char*>(head + 1);
  if (bytes == stack_bytes && stacks != nullptr) {
    std::memset(block, untouched, bytes);
    stacks->insert(block);
  }
  return block;
}

void give_back(void* block, const char*, int) {
  if (block == nullptr) return;
  auto* head = static_cast<Head*>(block) - 1;
  if (head->counted) used -= rounded(head->bytes);
  if (stacks != nullptr) stacks->erase(static_cast<unsigned char*>(block));
  std::free(head);
}

void* resize(void* block, size_t bytes, const char* file, int line) {
  if (block == nullptr) return take(bytes, file, line);
  void* larger = take(bytes, file, line);
  if (larger == nullptr) return nullptr;
  size_t had = (static_cast<Head*>(block) - 1)->bytes;
  std::memcpy(larger, block, had < bytes ? had : bytes);
  give_back(block, file, line);
  return larger;
}

const bool installed = CRYPTO_set_mem_functions(take, resize, give_back) == 1; // before any test uses OpenSSL

class Memory : public testing::Test {
 protected:
  Memory() {
    ERR_clear_error();
    stacks = &known;
  }
  ~Memory() override { stacks = nullptr; }

  static tls::Step counted_step(Keys& keys, test::Handshake& both) {
    counts = true;
    tls::Step step = keys.contexts().handshake(0, both.server());
    counts = false;
    return step;
  }

  // The most that the server's side of one handshake uses.
  static size_t cost(Keys& keys, const test::Client& client) {
    (void)test::shake_hands(keys, client); // what OpenSSL allocates once
    auto both = std::make_unique<test::Handshake>(keys, client, 0);
    used = peak = 0;
    counts = true;
    SSL* another = keys.contexts().begin(1); // as the one that `both` has made
    counts = false;
    bool done = false;
    for (int i = 0; i < 20 && !done; i++) {
      both->client_step();
      tls::Step step = counted_step(keys, *both);
      while (step == tls::Step::wants_key) {
        if (test::turn(keys).empty()) continue;
        step = counted_step(keys, *both);
      }
      both->move();
      done = step == tls::Step::done;
    }
    keys.contexts().end(1, another);
    EXPECT_TRUE(done);
    return peak;
  }

  // How deep a fibre's stack was used.
  size_t depth() const {
    size_t deepest = 0;
    for (const unsigned char* stack : known) {
      size_t free = 0;
      while (free < stack_bytes && stack[free] == untouched) free++;
      deepest = std::max(deepest, stack_bytes - free);
    }
    return deepest;
  }

  std::set<unsigned char*> known;
};

TEST_F(Memory, AHandshakeFitsIntoWhatAdmissionCountsWith) {
  ASSERT_TRUE(installed);
  Folder folder;
  Made authority = test::make_certificate("rsa2048", {.names = {}, .subject = "an authority"});
  Made made = test::make_certificate("rsa4096", {}, &authority);
  test::write_file(folder / "a.crt", test::pem_of(made.certificate.get()) + test::pem_of(authority.certificate.get()));
  test::write_file(folder / "a.key", test::pem_of(made.key.get()));
  Keys keys(folder, {"a"});
  for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    size_t bytes = cost(keys, {.version = version, .protocols = {"h2", "http/1.1"}});
    printf("handshake %x: %zu bytes, fibre %zu\n", static_cast<unsigned>(version), bytes, depth());
    EXPECT_LT(bytes, tls::Contexts::handshake_bytes - tls::Contexts::fibre_bytes);
  }
  EXPECT_LT(depth(), stack_bytes / 2) << "there is no page behind a fibre's stack that would stop it";
}

// The blocks that the next connection takes, where there are `most` of them.
size_t blocks_of_next(Keys& keys, size_t most) {
  left = most;
  SSL* next = keys.contexts().begin(1);
  size_t taken = most - left;
  left = SIZE_MAX;
  if (next != nullptr) keys.contexts().end(1, next);
  ERR_clear_error();
  return taken;
}

TEST_F(Memory, ARenewalThatFindsTooLittleIsMadeLater) {
  ASSERT_TRUE(installed);
  Folder folder;
  const std::string hosts[] = {"one.test", "two.test"};
  std::string present[2];
  std::string next[2];
  auto renew = [&] {
    for (int i = 0; i < 2; i++) {
      Made made = test::make_certificate("P-256", {.names = {hosts[i]}});
      test::write_file(folder / (hosts[i] + ".crt"), test::pem_of(made.certificate.get()));
      test::write_file(folder / (hosts[i] + ".key"), test::pem_of(made.key.get()));
      present[i] = std::exchange(next[i], test::pem_of(made.certificate.get()));
    }
  };
  renew();
  Keys keys(folder, {hosts[0], hosts[1]});
  ASSERT_TRUE(keys.started);
  auto leaf = [&](int i) { return test::shake_hands(keys, {.host = hosts[i]}).leaf; };
  renew();
  keys.reload();
  size_t whole = blocks_of_next(keys, 1'000'000);
  for (size_t part = 0; part < parts; part++) {
    renew();
    keys.reload();
    (void)blocks_of_next(keys, whole * part / parts);
    std::string shown = leaf(1);
    EXPECT_TRUE(shown == present[1] || shown == next[1]) << "it belongs to another host: " << part;
    auto late = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (leaf(0) != next[0] && std::chrono::steady_clock::now() < late) continue;
    EXPECT_EQ(leaf(0), next[0]) << part;
    EXPECT_EQ(leaf(1), next[1]) << part;
  }
}

TEST_F(Memory, WithTheClientsCertificateToo) {
  Folder folder;
  Made authority = test::make_certificate("rsa4096", {.names = {}, .subject = "our people"});
  Made person = test::make_certificate("rsa4096", {.names = {}, .subject = "anna"}, &authority);
  Made made = test::make_certificate("rsa2048", {});
  test::write_file(folder / "ca.pem", test::pem_of(authority.certificate.get()));
  test::write_file(folder / "a.crt", test::pem_of(made.certificate.get()));
  test::write_file(folder / "a.key", test::pem_of(made.key.get()));
  Keys keys(folder, {"a"}, {.policy = {.clients = tls::ClientCertificates::required}, .client_ca = true});
  for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    size_t bytes = cost(keys, {.version = version, .certificate = &person});
    printf("with a client's certificate %x: %zu bytes, fibre %zu\n", static_cast<unsigned>(version), bytes, depth());
    EXPECT_LT(bytes, tls::Contexts::handshake_bytes_client_auth - tls::Contexts::fibre_bytes);
  }
  EXPECT_LT(depth(), stack_bytes / 2);
}

} // namespace
} // namespace minhttp
