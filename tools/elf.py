# SPDX-License-Identifier: MIT
"""Of an executable, what elf(5) has in its headers: 64 bits, little-endian, as all three architectures have it."""
import struct

MACHINES = {62: "x86_64", 183: "aarch64", 243: "riscv64"}  # by e_machine
DEBIAN = {"x86_64": "amd64", "aarch64": "arm64", "riscv64": "riscv64"}  # what Debian calls them
PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")  # type, flags, offset, address, ...
LOADED, LOADER = 1, 3  # PT_LOAD, PT_INTERP


def architecture(binary):
    """None: it is no such executable."""
    if binary[:6] != b"\x7fELF\x02\x01":
        return None
    return MACHINES.get(int.from_bytes(binary[18:20], "little"))


def program_headers(binary):
    """(type, offset) of each."""
    start, size, count = int.from_bytes(binary[32:40], "little"), *(int.from_bytes(binary[at:at + 2], "little") for at in (54, 56))
    for at in range(start, start + size * count, size):
        kind, _, offset, *_ = PROGRAM_HEADER.unpack_from(binary, at)
        yield kind, offset


def is_dynamic(binary):
    """Does it name a loader?"""
    return any(kind == LOADER for kind, _ in program_headers(binary))
