// SPDX-License-Identifier: MIT
// What a password costs: a check as a whole, one slice of it, and a request whose
// credentials are remembered: build/release/bench/bench-password

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "auth/authenticator.h"
#include "crypto/sha512_crypt.h"

void minhttp::panic(const char*, int) { std::abort(); }

namespace {

using namespace minhttp;

constexpr std::string_view line =
    "joe:$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGfQv72N2CKPPrVACtLtip/cZ/1GM/O6IND4WQhG.\n";

CryptHash hash() {
  CryptHash parsed;
  if (parse_crypt(line.substr(4, line.size() - 5), parsed) != CryptMistake::none) std::abort();
  return parsed;
}

void whole_check(benchmark::State& state) {
  CryptHash wanted = hash();
  for (auto _ : state) {
    CryptCheck check;
    check.start("secret", wanted);
    check.advance(wanted.rounds);
    if (!check.matches()) std::abort();
  }
}
BENCHMARK(whole_check)->Unit(benchmark::kMicrosecond);

// A password of so many bytes.
void slice(benchmark::State& state) {
  CryptHash wanted = hash();
  wanted.rounds = 999'999'999;
  CryptCheck check;
  check.start(std::string(static_cast<size_t>(state.range(0)), 'x'), wanted);
  uint32_t rounds = limits::verification_blocks / check.blocks_a_round();
  for (auto _ : state) check.advance(rounds);
}
BENCHMARK(slice)->Arg(8)->Arg(64)->Arg(256)->Unit(benchmark::kMicrosecond);

void begin(benchmark::State& state) {
  CryptHash wanted = hash();
  std::string password(static_cast<size_t>(state.range(0)), 'x');
  CryptCheck check;
  for (auto _ : state) check.start(password, wanted);
}
BENCHMARK(begin)->Arg(8)->Arg(256)->Unit(benchmark::kMicrosecond);

void remembered_request(benchmark::State& state) {
  std::vector<auth::Account> users(1);
  auth::Passwords passwords(users);
  if (passwords.read(line, {}) != 0) std::abort();
  std::vector<auth::VerifiedCredential> remembered(limits::verified_max);
  std::vector<auth::TokenBucket> guessers(limits::guessers_max);
  std::vector<auth::Verification> under_way(limits::verifications_max);
  std::vector<auth::Waiter> waiters(1);
  std::vector<int64_t> accounts(limits::users_max);
  std::vector<auth::TokenBucket> unknown_users(limits::unknown_users_max);
  auth::Authenticator authenticator(KeyedHash::Key{1},
                                    {remembered, guessers, under_way, waiters, accounts, unknown_users});
  for (auto _ : state) {
    auto decision = authenticator.ask(0, {}, passwords, 0, "Basic am9lOnNlY3JldA==", 1);
    benchmark::DoNotOptimize(decision);
    while (authenticator.busy()) { // the first time only
      authenticator.step(1);
      while (authenticator.finished()) {
      }
    }
  }
}
BENCHMARK(remembered_request)->Unit(benchmark::kNanosecond);

} // namespace
