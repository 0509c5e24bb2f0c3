// SPDX-License-Identifier: MIT
#pragma once
// All memory of OpenSSL is one heap, which is mapped at start and never grows.

#include <string_view>

#include "base/result.h"
#include "tls/heap.h"

namespace minhttp::tls {

// Maps the heap and hands it to OpenSSL, which must not have been used before. bytes: of the heap. Once in a program;
// processes that are forked later have copies of their own. EINVAL: OpenSSL has allocated memory already.
Result<> start_memory(size_t bytes);

// The version of OpenSSL.
std::string_view library();

// The heap; empty before start_memory().
const Heap& memory();

} // namespace minhttp::tls
