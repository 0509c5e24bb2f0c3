// SPDX-License-Identifier: MIT
#include "pack/elf.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "pack/report.h"
#include "site/pack_format.h"

namespace minhttp::packer {
namespace {

namespace format = site::pack;

std::string machine_name(unsigned machine) {
  switch (machine) {
    case EM_X86_64: return "x86_64";
    case EM_AARCH64: return "aarch64";
    case EM_RISCV: return "riscv64";
    default: throw Failure("not for an architecture that minhttp runs on (x86_64, aarch64, riscv64)");
  }
}

struct Headers {
  Elf64_Ehdr file = {};
  std::vector<Elf64_Phdr> segments;
};

Headers read_headers(std::string_view bytes) {
  Headers headers;
  if (bytes.size() < sizeof headers.file || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0) {
    throw Failure("not an executable (ELF)");
  }
  std::memcpy(&headers.file, bytes.data(), sizeof headers.file);
  const Elf64_Ehdr& file = headers.file;
  if (file.e_ident[EI_CLASS] != ELFCLASS64 || file.e_ident[EI_DATA] != ELFDATA2LSB ||
      (file.e_type != ET_EXEC && file.e_type != ET_DYN)) {
    throw Failure("not an executable for 64 bits, little-endian");
  }
  if (file.e_phentsize != sizeof(Elf64_Phdr) || file.e_phoff > bytes.size() || file.e_phnum == PN_XNUM ||
      size_t{file.e_phnum} * sizeof(Elf64_Phdr) > bytes.size() - file.e_phoff) {
    throw Failure("its program headers lie outside of the file");
  }
  headers.segments.resize(file.e_phnum);
  std::memcpy(headers.segments.data(), bytes.data() + file.e_phoff, file.e_phnum * sizeof(Elf64_Phdr));
  return headers;
}

const Elf64_Phdr* pack_segment(const Headers& headers, std::string_view bytes) {
  for (const Elf64_Phdr& segment : headers.segments) {
    if (segment.p_type != PT_LOAD || segment.p_offset > bytes.size()) continue;
    std::string_view content = bytes.substr(segment.p_offset);
    if (content.starts_with(std::string_view(format::magic.data(), format::magic.size()))) return &segment;
  }
  return nullptr;
}

uint64_t align_up(uint64_t value, uint64_t alignment) { return (value + alignment - 1) / alignment * alignment; }

} // namespace

Attachment attach(std::string_view server, uint64_t pack_bytes) {
  Headers headers = read_headers(server);
  if (pack_segment(headers, server) != nullptr) {
    throw Failure("has a site inside already: name the server that it was made from");
  }
  auto& segments = headers.segments;
  auto spare = std::find_if(segments.begin(), segments.end(), [](auto& one) { return one.p_type == PT_NULL; });
  if (spare == segments.end()) {
    spare = std::find_if(segments.begin(), segments.end(), [](auto& one) { return one.p_type == PT_NOTE; });
  }
  if (spare == segments.end())
    throw Failure("has no program header to spare for a site: it is no minhttp that knows packs");
  uint64_t end = 0; // of what is in memory
  size_t last = 0;  // index of the last segment that is loaded
  for (size_t i = 0; i < segments.size(); i++) {
    if (segments[i].p_type != PT_LOAD) continue;
    end = std::max(end, segments[i].p_vaddr + segments[i].p_memsz);
    last = i;
  }
  Attachment made;
  made.machine = machine_name(headers.file.e_machine);
  made.offset = align_up(server.size(), format::content_align);
  Elf64_Phdr pack = {};
  pack.p_type = PT_LOAD;
  pack.p_flags = PF_R;
  pack.p_offset = made.offset;
  pack.p_vaddr = align_up(end, format::segment_align) + made.offset % format::segment_align;
  pack.p_paddr = pack.p_vaddr;
  pack.p_filesz = pack_bytes;
  pack.p_memsz = pack_bytes;
  pack.p_align = format::segment_align;
  // elf(5): loadable segments stand in order of their addresses.
  auto place = static_cast<size_t>(spare - segments.begin());
  segments.erase(spare);
  segments.insert(segments.begin() + static_cast<ptrdiff_t>(place < last ? last : std::max(place, last + 1)), pack);
  // Without sections: strip(1) and its like would keep only what they know, and now refuse to touch the file.
  headers.file.e_shoff = 0;
  headers.file.e_shentsize = headers.file.e_shnum = headers.file.e_shstrndx = 0;
  made.head.assign(reinterpret_cast<const char*>(&headers.file), sizeof headers.file);
  if (headers.file.e_phoff < sizeof headers.file) throw Failure("its program headers lie in its header");
  made.head += server.substr(sizeof headers.file, headers.file.e_phoff - sizeof headers.file);
  made.head.append(reinterpret_cast<const char*>(segments.data()), segments.size() * sizeof(Elf64_Phdr));
  return made;
}

Packed find_pack(std::string_view executable) {
  Headers headers = read_headers(executable);
  const Elf64_Phdr* segment = pack_segment(headers, executable);
  if (segment == nullptr) throw Failure("has no site inside");
  if (segment->p_filesz > executable.size() - segment->p_offset) throw Failure("its end is missing");
  return {.pack = executable.substr(segment->p_offset, segment->p_filesz),
          .machine = machine_name(headers.file.e_machine)};
}

} // namespace minhttp::packer
