// SPDX-License-Identifier: MIT
#pragma once
// One run of the server: from its arguments to its exit status, with clients, and what must hold.

#include <optional>
#include <string>
#include <vector>

#include "sim/answers.h"
#include "sim/client.h"
#include "sim/kernel.h"

namespace minhttp::sim {

struct Plan {
  uint64_t seed = 0;
  std::vector<std::string> arguments; // behind the directory
  Faults faults;                      // from the first client until the last has ended
  struct Guest {
    const Script* script;
    Client::Manner manner;
    int64_t begins_ns;
  };
  std::vector<Guest> guests;
  int site = 0;         // its version
  bool changes = false; // to the other one meanwhile
  uint64_t descriptors_max = 20'000;
  uint64_t connections = 4; // for so many there is room at least
  uint64_t workspaces = 4;
  bool scarce = false;             // there is for no more
  std::vector<int64_t> reloads_ns; // SIGHUP while clients are there
  int64_t ends_ns = INT64_MAX;     // SIGTERM, likewise
  uint64_t fail_call = 0;          // as Kernel has them
  long fail_error = 0;
  bool trace = false;
  std::vector<long>* note_calls = nullptr; // which calls were made
};

struct Outcome {
  int status = 0; // of exit
  std::string standard_error;
  std::vector<std::string> received; // by each guest
  std::vector<const Wire*> wires;
  uint64_t calls = 0;
  int64_t simulated_ns = 0;
  std::string fault; // what was broken; empty: nothing
};

// expected: by script, in the order of scripts(); none: answers are not judged.
Outcome run(const Plan& plan, const std::vector<Expected>* expected);

// What each script is answered with by itself, on both versions of the site, without a fault.
std::vector<Expected> ask_oracle();

// A plan for this seed.
Plan plan_of(uint64_t seed, bool plain);

} // namespace minhttp::sim
