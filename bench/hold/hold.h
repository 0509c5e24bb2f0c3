// SPDX-License-Identifier: MIT
#pragma once
// What the program can be told to do; main.cc has the list. Each reads its arguments after its
// own name, answers on standard output, and throws what goes wrong.

#include <span>

namespace hold {

void run_hold(std::span<char*> arguments);
void run_visit(std::span<char*> arguments);
void run_load(std::span<char*> arguments);
void run_start(std::span<char*> arguments);

} // namespace hold
