// SPDX-License-Identifier: MIT
#pragma once
// Inputs for the encoder: like what is served, and unlike it.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace minhttp::test {

struct Input {
  const char* name;
  std::function<std::string(size_t)> make; // that many bytes, the same ones each time
};

const std::vector<Input>& inputs();

std::string random_bytes(size_t size, uint32_t seed = 1);
std::string prose(size_t size, uint32_t seed = 1); // words between tags, drawn by their rank
std::string real_file();                           // the conformance cases

} // namespace minhttp::test
