# SPDX-License-Identifier: MIT
"""The numbers of docs/pack-format.md: structures and hashes of a pack, for a reader and a writer."""

import struct

from content_hash import digest

MAGIC = b"minhttp\x1a"
VERSION = 1
BYTE_ORDER = 0x01020304
SEGMENT_ALIGN = 64 * 1024
CONTENT_ALIGN = 64
NO_ENTRY = 0xFFFFFFFF
DIRECTORY, HIDDEN = 1, 2  # flags of an entry
VIRTUAL_HOSTS = 1  # flag of the header
BUCKETS, SLOTS = 1, 2  # tables of cells
CODINGS = ("", "br", "zstd", "gzip")  # by their bit
SUFFIXES = ("", ".br", ".zst", ".gz")

HEADER = struct.Struct("<8sIIQ6I12QQQQ")
CELL = struct.Struct("<II")
ENTRY = struct.Struct("<QHBBIIIQ")
BODY = struct.Struct("<QQQQ")
SECTIONS = ("buckets", "slots", "entries", "bodies", "names", "options")
assert (HEADER.size, CELL.size, ENTRY.size, BODY.size) == (168, 8, 32, 32)

_WORD = (1 << 64) - 1


def reduced(hashed, count):
    return hashed * count >> 64


def bucket_of(path, count):
    return reduced(path[0], count)


def slot_of(path, seed, count):
    odd = 0xA4093822299F31D1
    hashed = (path[1] ^ (seed << 32 | seed)) * odd & _WORD
    return reduced((hashed ^ hashed >> 32) * odd & _WORD, count)


def cell_check(table, index, value):
    odd = 0x082EFA98EC4E6C89
    hashed = ((index << 32 | value) + table) * odd & _WORD
    return ((hashed ^ hashed >> 32) * odd & _WORD) >> 32


def entry_check(entry, path, bodies):
    """`entry`: its first 24 bytes. `path`: the digest of its path. `bodies`: their bytes."""
    return digest(entry + struct.pack("<Q", path[1]) + bodies)[0]
