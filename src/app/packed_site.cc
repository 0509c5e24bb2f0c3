// SPDX-License-Identifier: MIT
#include "app/packed_site.h"

#include <linux/auxvec.h>
#include <linux/elf.h>

#include "app/arguments.h"
#include "app/message.h"
#include "base/bytes.h"
#include "sys/event.h"

namespace minhttp::app {
namespace {

using Text = std::string_view;

uint64_t value_of(const uint64_t* auxiliary, uint64_t type) {
  for (; auxiliary[0] != AT_NULL; auxiliary += 2) {
    if (auxiliary[0] == type) return auxiliary[1];
  }
  return 0;
}

// What the addresses of program headers are relative to. The headers follow the ELF header, with which the first
// segment begins; where there is a PT_PHDR, it says where they are.
uint64_t base_of(std::span<const Elf64_Phdr> segments, uint64_t headers) {
  for (const Elf64_Phdr& segment : segments) {
    if (segment.p_type == PT_PHDR) return headers - segment.p_vaddr;
  }
  for (const Elf64_Phdr& segment : segments) {
    if (segment.p_type == PT_LOAD && segment.p_offset == 0 && segment.p_filesz > 0) {
      return headers - sizeof(Elf64_Ehdr) - segment.p_vaddr;
    }
  }
  return 0;
}

int refuse(Text why) {
  named_message(2) << "the site in this executable cannot be served: " << why << "; copy or pack it again";
  return 1;
}

} // namespace

Text packed_segment(const uint64_t* auxiliary) {
  uint64_t headers = value_of(auxiliary, AT_PHDR);
  if (headers == 0 || value_of(auxiliary, AT_PHENT) != sizeof(Elf64_Phdr)) return {};
  std::span<const Elf64_Phdr> segments(
      reinterpret_cast<const Elf64_Phdr*>(headers), // NOLINT(performance-no-int-to-ptr)
      value_of(auxiliary, AT_PHNUM));
  const Elf64_Phdr* last = nullptr;
  for (const Elf64_Phdr& segment : segments) {
    if (segment.p_type == PT_LOAD && (last == nullptr || segment.p_vaddr > last->p_vaddr)) last = &segment;
  }
  if (last == nullptr || last->p_flags != PF_R) return {};
  bool behind_writable = false;
  for (const Elf64_Phdr& segment : segments) {
    behind_writable |= segment.p_type == PT_LOAD && (segment.p_flags & PF_W) != 0;
  }
  if (!behind_writable) return {};
  uint64_t address = base_of(segments, headers) + last->p_vaddr;
  return {reinterpret_cast<const char*>(address), last->p_filesz}; // NOLINT(performance-no-int-to-ptr)
}

// A page that the file no longer has would end the process with SIGBUS. So the kernel reads there first: it says
// EFAULT. What is missing at the end of a file is missing in front of it, too.
std::optional<int> open_packed_site(const rt::Start& start, site::Pack& pack, Config& config) {
  Text segment = packed_segment(start.auxiliary);
  if (segment.data() == nullptr) return {};
  constexpr size_t header = sizeof(site::pack::Header);
  constexpr size_t trailer = sizeof(uint64_t);
  if (segment.size() < header + trailer) return refuse("it is missing, as strip(1) leaves it"sv);
  for (size_t at : {size_t{0}, header - trailer, segment.size() - trailer}) {
    if (!sys::can_read(segment.data() + at)) return refuse("the file was cut off"sv);
  }
  Text wrong = pack.open(segment);
  if (!wrong.empty()) return refuse(wrong);
  config.pack = &pack;
  return {};
}

bool read_packed_options(Config& config) {
  if (config.pack == nullptr) return true;
  std::array<const char*, limits::pack_arguments_max + 1> list = {"minhttp"};
  size_t count = 1;
  for (Text rest = config.pack->options(); !rest.empty() && count < list.size(); count++) {
    list[count] = rest.data(); // each ends with a NUL, the last one too
    (void)take_until(rest, '\0');
  }
  Arguments arguments({list.data(), count});
  while (true) {
    auto argument = arguments.next();
    bool option = argument && argument->kind == Argument::Kind::option;
    if (argument && argument->kind == Argument::Kind::end && !arguments.is_check()) return true;
    if (option && equal(name_of(*argument->option), "--config")) option = false;
    if (option && set_option(config, *argument->option, argument->value, {.level = Level::packed})) continue;
    if (argument && !option)
      named_message(2) << "a directory, a command or --config cannot be packed with a site: only options";
    named_message(2) << "the options that were packed with this site are wrong: pack it anew";
    return false;
  }
}

} // namespace minhttp::app
