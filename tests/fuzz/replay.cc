// SPDX-License-Identifier: MIT
// In place of libFuzzer: plays the files of the given folders, once each, and says what was the most expensive of each
// part: steps, bytes of the request, steps for each byte, bound.

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "fuzz/cost.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int main(int count, char** folders) {
  size_t played = 0;
  for (int i = 1; i < count; i++) {
    for (const auto& entry : std::filesystem::directory_iterator(folders[i])) {
      std::ifstream file(entry.path(), std::ios::binary);
      std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
      LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
      played++;
    }
  }
  minhttp::test::print_costs();
  std::printf("%zu inputs\n", played);
  return played > 0 ? 0 : 1;
}
