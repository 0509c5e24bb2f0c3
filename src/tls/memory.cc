// SPDX-License-Identifier: MIT
#include "tls/memory.h"

#include <openssl/crypto.h>

#include "sys/process.h"

namespace minhttp::tls {
namespace {

constinit Heap heap;

// malloc(3), realloc(3) and free(3) as OpenSSL calls them (CRYPTO_set_mem_functions(3)). Where no block is left it gets
// null, which admission (transport.h) keeps from happening.
void* take(size_t bytes, const char*, int) { return heap.take(bytes); }

void give_back(void* block, const char*, int) {
  if (block != nullptr) heap.give_back(block);
}

void* resize(void* block, size_t bytes, const char*, int) {
  if (block == nullptr) return heap.take(bytes);
  if (bytes == 0) {
    heap.give_back(block);
    return nullptr;
  }
  size_t had = heap.size_of(block);
  if (bytes <= had) return block;
  void* larger = heap.take(bytes);
  if (larger == nullptr) return nullptr;
  __builtin_memcpy(larger, block, had);
  heap.give_back(block);
  return larger;
}

} // namespace

Result<> start_memory(size_t bytes) {
  if (CRYPTO_set_mem_functions(take, resize, give_back) != 1) return Errno::EINVAL_;
  size_t books = Heap::books_for(bytes);
  auto* block = reinterpret_cast<char*>(TRY(sys::map_memory(books + bytes)));
  heap.begin({block + books, bytes}, {block, books});
  return {};
}

std::string_view library() { return {OpenSSL_version(OPENSSL_FULL_VERSION_STRING)}; }

const Heap& memory() { return heap; }

} // namespace minhttp::tls
