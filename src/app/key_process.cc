// SPDX-License-Identifier: MIT
#include "app/key_process.h"

#include <new>

#include "app/message.h"
#include "app/supervisor.h"
#include "app/user.h"
#include "guard/filter.h"
#include "guard/guard.h"
#include "sys/confine.h"
#include "sys/event.h"
#include "sys/file.h"
#include "sys/net.h"
#include "sys/process.h"
#include "sys/time.h"
#include "tls/key_server.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

// The whole of it that is shared, besides the bulletin: supervisor and workers write here.
struct Owners {
  std::array<SharedWord, 2 * limits::workers_max> words;
};

void say(Text line) { named_message(2) << line; }

int fail(Text what, Errno error) {
  named_message(2) << "the key process cannot " << what << ": " << describe(error);
  return 1;
}

// Nobody but the supervisor ends this process: whoever drains still needs it. Signals for the whole group come here too
// (Ctrl-C, systemd).
void ignore_signals() {
  using namespace sys::abi;
  for (int signal : {sighup, sigint, sigquit, sigusr1, sigusr2, sigpipe, sigterm, sigxfsz}) {
    (void)sys::ignore_signal(signal); // fails only for what is no signal
  }
}

constexpr uint64_t kept_capabilities = 1ULL << CAP_DAC_READ_SEARCH;

// Files that only root may read stay readable, as they are renewed; nothing else of root stays.
int give_up_rights() {
  sys::Capabilities had;
  auto done = sys::get_capabilities(had);
  if (done.ok()) done = guard::give_up_rights(had.permitted & kept_capabilities);
  if (done.ok()) done = sys::set_limit(sys::abi::rlimit_nproc, 0);
  return done.ok() ? 0 : fail("give up rights"sv, done.error());
}

// What the kernel lacks the supervisor reports, for all processes.
int build_fences(const Config& config, const KeyFiles& files) {
  KeyDirectories directories;
  open_key_directories(files, directories);
  guard::Readable readable = {.directories = {directories.numbers.data(), directories.count}, .files = {}};
  auto landlock = guard::limit_files(&readable);
  auto filter = guard::limit_calls(guard::KEYS, nullptr);
  bool required = config.sandbox == static_cast<uint64_t>(Protection::require);
  if (required && !landlock.ok()) return fail("limit its files"sv, landlock.error());
  if (required && !filter.ok()) return fail("limit its system calls"sv, filter.error());
  return 0;
}

} // namespace

tls::Policy KeyProcess::policy_of(const Config& config) {
  bool optional = config.client_ca_mode != 0;
  auto clients = config.client_ca.empty() ? tls::ClientCertificates::none
                 : optional               ? tls::ClientCertificates::optional
                                          : tls::ClientCertificates::required;
  return {.modern = config.tls != 0, .http2 = true, .clients = clients};
}

Result<> KeyProcess::prepare(uint32_t workers) {
  bulletin_ = new (TRY(sys::map_shared_memory(sizeof(tls::Bulletin)))) tls::Bulletin;
  auto* owners = new (TRY(sys::map_shared_memory(sizeof(Owners)))) Owners;
  channels_ = 2 * workers;
  owners_ = {owners->words.data(), channels_};
  for (uint32_t i = 0; i <= channels_; i++) {
    int ends[2] = {};
    TRY(sys::socketpair(ends));
    (i < channels_ ? ends_[i] : control_) = sys::Fd(ends[0]);
    (i < channels_ ? far_ends_[i] : far_control_) = sys::Fd(ends[1]);
  }
  parent_ = sys::getpid();
  return {};
}

std::optional<int> KeyProcess::start(const Config& config, uint32_t workers) {
  auto mapped = sys::map_memory(sizeof(KeyFiles));
  if (!mapped.ok()) return fail("start"sv, mapped.error());
  auto* files = new (mapped.value()) KeyFiles;
  if (auto status = find_key_files(config, *files)) return status;
  auto prepared = prepare(workers);
  if (!prepared.ok()) return fail("start"sv, prepared.error());
  auto forked = sys::fork();
  if (!forked.ok()) return fail("start"sv, forked.error());
  if (forked.value() == 0) run(config, *files);
  process_ = forked.value();
  for (sys::Fd& end : far_ends_) end.close();
  far_control_.close();
  auto closed = sys::forbid_writing({reinterpret_cast<std::byte*>(bulletin_), sizeof *bulletin_});
  if (!closed.ok()) return fail("keep what it shows to itself"sv, closed.error());
  return {};
}

// Listeners above all: a client would wait at one that nobody serves any more.
void KeyProcess::close_others() {
  auto is_ours = [&](int fd) {
    for (const sys::Fd& end : far_ends_) {
      if (end.open() && end.number() == fd) return true;
    }
    return fd == far_control_.number();
  };
  for (int fd = 3; fd < limits::tls_inherited_max; fd++) {
    if (!is_ours(fd)) sys::Fd(fd).close();
  }
}

void KeyProcess::run(const Config& config, const KeyFiles& files) {
  (void)sys::set_name("minhttps-keys");
  ignore_signals();
  close_others();
  if (auto status = become_user(config, kept_capabilities)) sys::exit(*status);
  (void)sys::end_with_parent(sys::abi::sigkill); // fails only for what is no signal
  if (sys::getppid() != parent_) sys::exit(0);
  auto mapped = sys::map_memory(sizeof(tls::KeyStore));
  if (!mapped.ok()) sys::exit(fail("start"sv, mapped.error()));
  auto* store = new (mapped.value()) tls::KeyStore(files.options(), *bulletin_, say);
  std::array<int, channels_max> numbers;
  for (uint32_t i = 0; i < channels_; i++) numbers[i] = far_ends_[i].number();
  tls::KeyServer server(*store, {numbers.data(), channels_}, far_control_.number());
  auto prepared = server.prepare();
  if (!prepared.ok()) sys::exit(fail("start"sv, prepared.error()));
  if (is_fenced(config)) {
    if (int status = give_up_rights(); status != 0) sys::exit(status);
    if (int status = build_fences(config, files); status != 0) sys::exit(status);
  }
  if (!store->start(sys::clock_ns(sys::abi::clock_realtime) / 1'000'000'000)) sys::exit(1);
  (void)sys::send_at_once(far_control_.number(), "", 1); // else the parent has ended, and so does run()
  server.run();
  sys::exit(0);
}

// So that whoever opens the page for the first time can compare it with what the browser shows.
void KeyProcess::print_fingerprint() const {
  const tls::ShownCertificate& made = bulletin_->certificates[bulletin_->count - 1].shown();
  char text[3 * sizeof made.fingerprint];
  Writer out(text);
  for (uint8_t byte : made.fingerprint) {
    if (out.size() > 0) out.byte(':');
    out.byte("0123456789ABCDEF"[byte >> 4]).byte("0123456789ABCDEF"[byte & 15]);
  }
  named_message(2) << "--self-signed: SHA-256 fingerprint " << out.view();
}

// Its end of the channel is closed: it is ending, and can be reaped in a moment. What the kernel ends, perhaps for lack
// of memory, has said nothing.
void KeyProcess::report_end() const {
  constexpr int look_ms = 10;
  int status = 0;
  for (uint32_t waited_ms = 0; waited_ms < limits::tls_start_ms; waited_ms += look_ms) {
    auto ended = sys::reap(status);
    if (!ended.ok()) return; // it is no child of ours any more
    if (ended.value() == process_) break;
    if (ended.value() == 0) (void)sys::poll(nullptr, 0, look_ms);
  }
  if ((status & 0x7f) == 0) return; // it has said why
  Message message = named_message(2);
  message << "the key process ";
  report_why(message, status);
  message << " before it had read its files";
}

std::optional<int> KeyProcess::wait(const Config& config) {
  pollfd query = {.fd = control_.number(), .events = POLLIN, .revents = 0};
  auto ready = sys::poll(&query, 1, limits::tls_start_ms);
  if (ready.ok() && ready.value() == 0) {
    named_message(2) << "the key process has not read its files within " << uint64_t{limits::tls_start_ms / 1'000}
                     << " s";
    return 1;
  }
  char word = 0;
  auto got = sys::read(control_.number(), &word, 1);
  if (!got.ok() || got.value() != 1) return report_end(), 1;
  if (config.self_signed) print_fingerprint();
  return {};
}

// Who has them is asked, and not whose turn it is: a fork may fail and be tried again.
void KeyProcess::seat(uint32_t worker, uint32_t id, uint32_t former) {
  seated_ = 2 * worker;
  if (former != 0 && owners_[seated_].load() == former) seated_++;
  owners_[seated_].store(id);
}

void KeyProcess::become_worker(uint32_t id) {
  for (size_t i = 0; i < channels_; i++) {
    if (i != seated_) ends_[i].close();
  }
  control_.close();
  channel_ = {.fd = ends_[seated_].number(), .owner = &owners_[seated_], .id = id};
}

void KeyProcess::ask_reload() const {
  tls::Request order = {.id = tls::id_of_reload, .key = {}, .message = {}};
  (void)sys::send_at_once(control_.number(), &order, tls::request_head); // full: it has been asked often enough
}

} // namespace minhttp::app
