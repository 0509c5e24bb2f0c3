// SPDX-License-Identifier: MIT
#pragma once
// One run of the server, from its arguments to its exit status, with clients, and the properties that must hold.

#include <optional>
#include <string>
#include <vector>

#include "sim/answers.h"
#include "sim/client.h"
#include "sim/kernel.h"

namespace minhttp::sim {

struct Plan {
  uint64_t seed = 0;
  std::vector<std::string> arguments; // after the directory
  Faults faults;                      // from the first client until the last one has finished
  struct Guest {
    const Script* script;
    Client::Manner manner;
    int64_t begins_ns;
    bool http2 = false;
  };
  std::vector<Guest> guests;
  int site = 0;         // version of the site
  bool changes = false; // the changes to the next version are made during the run
  uint64_t descriptors_max = 20'000;
  uint64_t connections = 4; // so many clients must find room
  uint64_t workspaces = 4;
  bool scarce = false;             // and there is room for no more
  uint64_t h2_sessions = 0;        // connections that may speak HTTP/2; 0: none does
  uint64_t h2_streams = 0;         // of all of them; 0: as many as usual
  std::vector<int64_t> reloads_ns; // SIGHUP while clients are connected
  int64_t ends_ns = INT64_MAX;     // SIGTERM while clients are connected
  uint64_t fail_call = 0;          // see Kernel::fail_call
  long fail_error = 0;
  bool trace = false;
  std::vector<long>* note_calls = nullptr; // receives the numbers of the calls that were made
};

struct Outcome {
  int status = 0; // exit status
  std::string standard_error;
  std::vector<std::string> received; // by each client
  std::vector<const Wire*> wires;
  uint64_t calls = 0;
  int64_t simulated_ns = 0;
  std::string fault; // what went wrong; empty: nothing
};

// expected: for each script, in the order of scripts(). Null: responses are not judged.
Outcome run(const Plan& plan, const std::vector<Expected>* expected);

// The responses to each script alone, on all versions of the site, without faults.
std::vector<Expected> ask_oracle();

// Whether faults are planned that may turn a response into an error.
bool brings_errors(const Plan& plan);

// Both loops speak HTTP/1 only; http2: the epoll loop with --h2c.
enum class Server : uint8_t { epoll, plain, http2 };

// The plan for a seed.
Plan plan_of(uint64_t seed, Server server);

} // namespace minhttp::sim
