// SPDX-License-Identifier: MIT
#pragma once
// The simulated kernel: descriptors, sockets, epoll, files, clock and signals of one process,
// deterministic from a seed, with faults at the places where the real one has them.

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

// Something that must never happen.
struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Chances in thousands, at each opportunity; 0: never.
struct Faults {
  unsigned eintr = 0;       // of waiting, reading, accepting
  unsigned again = 0;       // EAGAIN though there is something: it came a moment later
  unsigned shorter = 0;     // reads and writes of a part
  unsigned late = 0;        // an event is told in a later wait, or once too often
  unsigned descriptors = 0; // EMFILE, ENFILE
  unsigned memory = 0;      // ENOMEM, ENOBUFS
  unsigned disk = 0;        // EIO of files
  unsigned network = 0;     // ECONNRESET, EPIPE, ETIMEDOUT, of a connection
  unsigned aborts = 0;      // ECONNABORTED of accept
  unsigned clock = 0;       // the wall clock jumps
  unsigned slow_log = 0;    // standard output takes nothing for a moment
  unsigned stalls = 0;      // the machine has other things to do for seconds: deadlines pass in the middle of work
  bool no_openat2 = false;
};

// A TCP connection, seen from both ends.
struct Wire {
  int client = 0;        // whose
  std::string to_server; // not read yet
  std::string to_client;
  size_t room = 1 << 16;    // for to_client
  bool client_end = false;  // it sends no more
  bool client_gone = false; // it has closed, or reset
  bool server_end = false;
  bool server_gone = false;
  bool reset = false;   // a reset is under way to the client: what it has not read is lost
  bool broken = false;  // a reset has reached the server
  bool drops = false;   // the server's close will be a reset (SO_LINGER)
  bool touched = false; // a fault made this connection another one than its peer wanted
  int64_t opened_ns = 0;
  int64_t gone_ns = 0;        // when the server closed it
  int64_t client_left_ns = 0; // when the client was gone before that
  bool edge = false;          // something has changed since epoll last told
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

  // What the world does meanwhile: at(time) does everything that is due and says when it wants to be
  // asked again (INT64_MAX: never).
  std::function<int64_t(int64_t)> world = [](int64_t) { return INT64_MAX; };
  // Nothing will ever happen again. true: somebody has thought of something.
  std::function<bool()> idle = [] { return false; };

  std::shared_ptr<Wire> connect(int client); // null: the server does not listen
  void notify(Wire& wire) { wire.edge = true; }
  void signal(int number) { signals_.push_back(number); }
  int64_t now_ns() const { return now_ns_; }
  size_t open_wires() const;
  size_t open_descriptors() const { return table_.size(); }
  bool listens() const;
  bool sealed() const { return sealed_; } // the server has closed its sandbox, or tried

  Files files;
  Faults faults;
  Random random;
  uint64_t descriptors_max = 20'000;
  uint64_t calls = 0;
  uint64_t most_steps = 0; // that the server took between two calls
  void note_cost(uint64_t steps);
  uint64_t fail_call = 0; // this call fails
  long fail_error = 0;    // with this
  bool trace = false;
  std::vector<long>* note_calls = nullptr;
  std::string standard_error;
  std::string standard_output;
  int64_t wall_ns = 1'700'000'000'000'000'000; // of the wall clock at now 0

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
  int again_ = 0; // EAGAIN of openat2, in a row
  int64_t now_ns_ = 0;
  std::string broken_; // what a destructor could not throw
};

// Who stands behind the trap.
extern Kernel* current;

} // namespace minhttp::sim
