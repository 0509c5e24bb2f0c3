// SPDX-License-Identifier: MIT
#pragma once
// The simulated kernel: descriptors, sockets, epoll, files, clock and signals of one process. It is deterministic from
// a seed, and injects faults where the real kernel has them.

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "sim/files.h"
#include "sim/random.h"

namespace minhttp::sim {

// A property that must always hold is violated.
struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The probabilities of faults in thousandths, at each opportunity; 0: never.
struct Faults {
  unsigned eintr = 0;       // in waiting, reading, accepting
  unsigned again = 0;       // EAGAIN although there is something, as if it came a moment later
  unsigned shorter = 0;     // partial reads and writes
  unsigned late = 0;        // an event is reported by a later wait, or once too often
  unsigned descriptors = 0; // EMFILE, ENFILE
  unsigned memory = 0;      // ENOMEM, ENOBUFS
  unsigned disk = 0;        // EIO from files
  unsigned network = 0;     // ECONNRESET, EPIPE, ETIMEDOUT on a connection
  unsigned aborts = 0;      // ECONNABORTED from accept
  unsigned clock = 0;       // the wall clock jumps
  unsigned slow_log = 0;    // standard output is full for a moment
  unsigned stalls = 0;      // the process is not scheduled for seconds: deadlines pass in the middle of work
  bool no_openat2 = false;
};

// A TCP connection, seen from both ends.
struct Wire {
  int client = 0;        // number of the client
  std::string to_server; // not yet read
  std::string to_client;
  size_t room = 1 << 16;    // capacity of to_client
  bool client_end = false;  // the client has shut down sending
  bool client_gone = false; // the client has closed, or reset
  bool server_end = false;
  bool server_gone = false;
  bool reset = false;   // a reset is on its way to the client: it loses what it has not read
  bool broken = false;  // a reset has arrived at the server
  bool drops = false;   // the server's close will send a reset (SO_LINGER)
  bool touched = false; // a fault changed this connection, so its peer's expectations may not hold
  int64_t opened_ns = 0;
  int64_t gone_ns = 0;        // when the server closed it
  int64_t client_left_ns = 0; // when the client was gone, if that was before the server closed
  bool edge = false;          // something has changed since epoll reported it last
};

struct Description { // an open file description
  enum class Kind { standard, file, listener, wire, epoll, signals, other };
  Kind kind = Kind::other;
  std::shared_ptr<Node> node;
  bool path_only = false;
  size_t offset = 0;
  std::shared_ptr<Wire> wire;
  int64_t timeout_ns = 0; // SO_RCVTIMEO and SO_SNDTIMEO
  bool blocks = false;
};

class Kernel {
 public:
  explicit Kernel(uint64_t seed);
  ~Kernel();
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  long call(long number, const std::array<long, 6>& a);
  void say_broken() const {
    if (!broken_.empty()) throw Broken(broken_);
  }

  // The world outside of the server: world(time) does everything that is due, and returns when it is to be called again
  // (INT64_MAX: never).
  std::function<int64_t(int64_t)> world = [](int64_t) { return INT64_MAX; };
  // Called when nothing will ever happen again. True: something has been arranged after all.
  std::function<bool()> idle = [] { return false; };

  std::shared_ptr<Wire> connect(int client); // null: the server does not listen
  void notify(Wire& wire) { wire.edge = true; }
  void signal(int number) { signals_.push_back(number); }
  int64_t now_ns() const { return now_ns_; }
  size_t open_wires() const;
  size_t open_descriptors() const { return table_.size(); }
  bool listens() const;
  bool sealed() const { return sealed_; } // the server has closed its sandbox, or tried to

  Files files;
  Faults faults;
  Random random;
  uint64_t descriptors_max = 20'000;
  uint64_t calls = 0;
  uint64_t most_steps = 0; // the most that the server took between two calls
  void note_cost(uint64_t steps);
  uint64_t fail_call = 0; // the number of a call that fails
  long fail_error = 0;    // the error of fail_call
  bool trace = false;
  std::vector<long>* note_calls = nullptr;
  std::string standard_error;
  std::string standard_output;
  int64_t wall_ns = 1'700'000'000'000'000'000; // the wall clock at now_ns() == 0

 private:
  struct Watch {
    uint32_t events = 0;
    uint64_t data = 0;
  };
  using Arguments = std::array<long, 6>;

  long perform(long number, const Arguments& a);
  long dispatch(long number, const Arguments& a);
  long dispatch_files(long number, const Arguments& a);
  long dispatch_network(long number, const Arguments& a);
  long dispatch_process(long number, const Arguments& a);
  bool allowed(long number, const Arguments& a) const;
  void pass(int64_t ns);
  bool wait_until(const std::function<bool()>& ready, int64_t timeout_ns);

  int lowest() const;
  long install(Description description);
  Description* get(long fd);
  void close(int fd);

  long open(const Arguments& a, uint64_t flags, uint64_t resolve);
  long stat(const Arguments& a);
  long list(Description& directory, char* to, size_t size);
  long accept(long fd, long address);
  long receive(Description& socket, char* to, size_t size);
  long send(Description& socket, std::string_view bytes);
  long send_file(const Arguments& a);
  long wait_events(const Arguments& a);
  long poll(const Arguments& a);
  uint32_t ready(const Description& description) const;
  long read_signal(char* to);

  std::map<int, std::shared_ptr<Description>> table_;
  std::map<int, Watch> watches_;
  std::deque<std::shared_ptr<Wire>> backlog_;
  std::deque<int> signals_;
  std::vector<std::pair<void*, size_t>> maps_;
  std::vector<uint8_t> filter_;
  bool sealed_ = false;
  int again_ = 0; // how often openat2 returned EAGAIN in a row
  int64_t now_ns_ = 0;
  std::string broken_; // an error that a destructor could not throw
};

// The kernel behind the trap.
extern Kernel* current;

} // namespace minhttp::sim
