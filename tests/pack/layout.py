# SPDX-License-Identifier: MIT
"""The numbers of docs/pack-format.md: structures and hashes of a pack, for a reader and a writer."""

import struct

from content_hash import KEYS, fold

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


def path_hash(path):
    """(high, low)"""
    a, b = KEYS[2] ^ len(path), KEYS[3]
    blocks = [path[at:at + 16] for at in range(0, max(len(path) - 16, 0), 16)]
    last = path[-16:] if len(path) >= 16 else path[:8] + path[-8:] if len(path) >= 8 else path.ljust(16, b"\0")
    for block in [*blocks, last]:
        first, second = struct.unpack("<QQ", block)
        a, b = fold(first ^ a, second ^ KEYS[0]), fold(first ^ KEYS[1], second ^ b)
    return fold(a ^ KEYS[2], b ^ KEYS[3]), fold(b ^ KEYS[0], a ^ KEYS[1])


def reduced(hashed, count):
    return hashed * count >> 64


def bucket_of(path, count):
    return reduced(path[0], count)


def slot_of(path, seed, count):
    hashed = (path[1] ^ (seed << 32 | seed)) * KEYS[0] & _WORD
    return reduced((hashed ^ hashed >> 32) * KEYS[0] & _WORD, count)


def cell_check(table, index, value):
    hashed = ((index << 32 | value) + table) * KEYS[1] & _WORD
    return ((hashed ^ hashed >> 32) * KEYS[1] & _WORD) >> 32


def entry_check(entry, path, bodies):
    """`entry`: its first 24 bytes. `path`: the hash of its path. `bodies`: their bytes."""
    check, key = 0, KEYS[0]
    for first, second in struct.iter_unpack("<QQ", entry + struct.pack("<Q", path[1]) + bodies):
        check += fold(first ^ key, second ^ KEYS[1])
        key = key + KEYS[2] & _WORD
    return check & _WORD
