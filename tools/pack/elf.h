// SPDX-License-Identifier: MIT
#pragma once
// The server's executable, to which a pack is appended as one more loadable segment (elf(5)).

#include <cstdint>
#include <string>
#include <string_view>

namespace minhttp::packer {

// Where a server's file gets its pack. The pack begins at `offset` of the new file; `head` replaces the beginning of
// the server's bytes.
struct Attachment {
  uint64_t offset = 0; // in the file: a multiple of content_align
  std::string machine; // x86_64, aarch64, riscv64
  std::string head;    // ELF header and program headers, with a segment for the pack
};

// server: bytes of an executable for 64 bits, little-endian. pack_bytes: size of the pack. Takes a program header that
// was reserved (PT_NULL), or one that only describes a note (PT_NOTE). Failure: it is no such executable, has no header
// to spare, or has a pack already.
Attachment attach(std::string_view server, uint64_t pack_bytes);

// The pack in an executable; Failure if there is none.
struct Packed {
  std::string_view pack;
  std::string machine;
};
Packed find_pack(std::string_view executable);

} // namespace minhttp::packer
