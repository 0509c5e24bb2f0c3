// SPDX-License-Identifier: MIT
// bench-hold: the clients of bench/million, bench/growth and bench/startup, which are its
// drivers. By itself it is of little use; run it without arguments to see its commands.

#include <cstring>
#include <exception>
#include <iostream>

#include "hold.h"

int main(int count, char** values) {
  struct Command {
    const char* name;
    void (*run)(std::span<char*>);
    const char* arguments;
  };
  constexpr Command commands[] = {
      {"hold", hold::run_hold, "IP PORT FIRST-SOURCE PER-SOURCE    then: open N | ask N | check"},
      {"visit", hold::run_visit, "IP PORT COUNT"},
      {"load", hold::run_load, "IP PORT CONNECTIONS BUSY TARGET FILES    then: MS, a slice each"},
      {"start", hold::run_start, "IP PORT SERVER-CPU CLIENT-CPU COMMAND..."},
  };
  for (const Command& command : commands) {
    if (count < 2 || std::strcmp(values[1], command.name) != 0) continue;
    try {
      command.run({values + 2, values + count});
      return 0;
    } catch (const std::exception& error) {
      std::cerr << "bench-hold " << command.name << ": " << error.what() << std::endl;
      return 1;
    }
  }
  for (const Command& command : commands)
    std::cerr << "bench-hold " << command.name << ' ' << command.arguments << '\n';
  return 2;
}
