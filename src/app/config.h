#pragma once
// The options, from tables/flags.def, and how they are read.

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "loop/listen.h"
#include "tables/limits.h"

namespace minhttp::app {

struct Listens {
  std::array<loop::Address, limits::listeners_max> addresses = {};
  uint32_t count = 0;
};

enum class Loop : uint64_t { plain, epoll };
enum class LogChoice : uint64_t { off, case_study, common, by_face };

struct Config {
#define GROUP(title)
#define NUMBER(member, standard, least, most, name, value, help) uint64_t member = standard;
#define SWITCH(member, name, help) bool member = false;
#define CHOICE(member, standard, choices, name, help) uint64_t member = standard;
#define LISTEN(member, name, value, help) Listens member;
#include "tables/flags.def"
#undef GROUP
#undef NUMBER
#undef SWITCH
#undef CHOICE
#undef LISTEN
  const char* directory = nullptr; // null: the greeting
};

// Reads the arguments, the program's name first. Nothing: go on with config. Else the exit
// status: 0 after --help or --version, 2 after a message about what is wrong.
std::optional<int> read_arguments(std::span<const char* const> arguments, Config& config);

// "8080", "127.0.0.1:8080", "[::1]:8080".
std::optional<loop::Address> parse_address(std::string_view text);

} // namespace minhttp::app
