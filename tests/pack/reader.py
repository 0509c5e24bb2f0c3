# SPDX-License-Identifier: MIT
"""Reads packs, written from docs/pack-format.md without the server's code: lists, verifies and extracts them.

python3 tests/pack/reader.py list|verify SITE, or extract SITE DIRECTORY"""

import struct
import sys
from pathlib import Path
from typing import NamedTuple

import layout
from content_hash import digest

PT_LOAD, PF_W, PF_R = 1, 2, 4


class Damaged(Exception):
    pass


class Body(NamedTuple):
    offset: int
    size: int
    digest: tuple


class Entry(NamedTuple):
    path: bytes
    directory: bool
    hidden: bool
    bodies: dict  # by coding; "" is the file itself
    children: range  # indexes, of a directory


def _segments(elf):
    offset, size, count = struct.unpack_from("<Q14xHH", elf, 32)
    for i in range(count):
        kind, flags, at, address, _, in_file = struct.unpack_from("<IIQQQQ", elf, offset + i * size)
        yield kind, flags, at, address, in_file


def find(elf):
    """Where the pack lies in an executable, as (offset, size); None: there is none."""
    if elf[:6] != b"\x7fELF\x02\x01":
        raise Damaged("not an ELF file of 64 bits, little-endian")
    loads = sorted((segment for segment in _segments(elf) if segment[0] == PT_LOAD), key=lambda segment: segment[3])
    behind_writable = any(flags & PF_W for _, flags, *_ in loads)
    if not loads or loads[-1][1] != PF_R or not loads[-1][4] or not behind_writable:
        return None
    return loads[-1][2], loads[-1][4]


class Pack:
    def __init__(self, data):
        self.data = memoryview(data)
        if len(data) < layout.HEADER.size + 8:
            raise Damaged("too short")
        magic, version, order, self.size, self.flags, buckets, slots, entries, bodies, zero, *rest = layout.HEADER.unpack_from(data)
        check = rest[-1]
        if magic != layout.MAGIC or order != layout.BYTE_ORDER or digest(self.data[:160])[0] != check:
            raise Damaged("header")
        if version != layout.VERSION:
            raise Damaged(f"version {version}")
        if self.size != len(data) or struct.unpack_from("<Q", data, len(data) - 8)[0] != check:
            raise Damaged("the end is missing")
        self.counts = {"buckets": buckets, "slots": slots, "entries": entries, "bodies": bodies}
        self.sections = {name: (rest[2 * i], rest[2 * i + 1]) for i, name in enumerate(layout.SECTIONS)}
        for name, (offset, size) in self.sections.items():
            if offset % layout.CONTENT_ALIGN or offset + size > len(data):
                raise Damaged(f"section {name}")
        for name, structure in (("buckets", layout.CELL), ("slots", layout.CELL), ("entries", layout.ENTRY), ("bodies", layout.BODY)):
            if self.sections[name][1] != self.counts[name] * structure.size:
                raise Damaged(f"size of {name}")
        if digest(self._section("options")) != (rest[12], rest[13]):
            raise Damaged("options")

    @classmethod
    def of_file(cls, path):
        data = Path(path).read_bytes()
        place = find(data)
        if place is None:
            raise Damaged("there is no pack")
        return cls(data[place[0]:place[0] + place[1]])

    def _section(self, name):
        offset, size = self.sections[name]
        return self.data[offset:offset + size]

    @property
    def options(self):
        return bytes(self._section("options")).decode().split("\0")[:-1]

    def _cell(self, table, name, index):
        value, check = layout.CELL.unpack_from(self._section(name), index * layout.CELL.size)
        if check != layout.cell_check(table, index, value):
            raise Damaged(f"{name} {index}")
        return value

    def body(self, index):
        offset, size, high, low = layout.BODY.unpack_from(self._section("bodies"), index * layout.BODY.size)
        if offset + size > self.size:
            raise Damaged(f"body {index}")
        return Body(offset, size, (high, low))

    def entry(self, index):
        start = index * layout.ENTRY.size
        raw = bytes(self._section("entries")[start:start + layout.ENTRY.size])
        name, name_size, flags, codings, first, count, _, check = layout.ENTRY.unpack(raw)
        path = bytes(self._section("names")[name:name + name_size])
        directory = bool(flags & layout.DIRECTORY)
        bodies = b"" if directory else bytes(self._section("bodies")[first * 32:(first + count) * 32])
        if check != layout.entry_check(raw[:24], layout.path_hash(path), bodies):
            raise Damaged(f"entry {index}")
        found = {}
        for bit, coding in enumerate(layout.CODINGS):
            if codings >> bit & 1:
                found[coding] = self.body(first + len(found))
        return Entry(path, directory, bool(flags & layout.HIDDEN), found, range(first, first + count) if directory else range(0))

    def entries(self):
        return (self.entry(i) for i in range(self.counts["entries"]))

    def find(self, path):
        hashed = layout.path_hash(path)
        seed = self._cell(layout.BUCKETS, "buckets", layout.bucket_of(hashed, self.counts["buckets"]))
        index = self._cell(layout.SLOTS, "slots", layout.slot_of(hashed, seed, self.counts["slots"]))
        if index == layout.NO_ENTRY:
            return None
        entry = self.entry(index)
        return entry if entry.path == path else None

    def content(self, body):
        return bytes(self.data[body.offset:body.offset + body.size])

    def verify(self):
        for i in range(self.counts["entries"]):
            entry = self.entry(i)
            if self.find(entry.path) != entry:
                raise Damaged(f"{entry.path} is not found")
            for coding, body in entry.bodies.items():
                if digest(self.content(body)) != body.digest:
                    raise Damaged(f"{entry.path} {coding}")

    def extract(self, target):
        for entry in self.entries():
            place = Path(target) / entry.path.decode(errors="surrogateescape")
            if entry.directory:
                place.mkdir(exist_ok=True)
            else:
                place.write_bytes(self.content(entry.bodies[""]))


def main(arguments):
    command, file, *rest = arguments
    pack = Pack.of_file(file)
    if command == "list":
        for entry in pack.entries():
            sizes = " ".join(f"{coding or 'identity'}={body.size}" for coding, body in entry.bodies.items())
            print(entry.path.decode(errors="backslashreplace") + ("/" if entry.directory else f"  {sizes}"))
    elif command == "verify":
        pack.verify()
    else:
        Path(rest[0]).mkdir(exist_ok=True)
        pack.extract(rest[0])


if __name__ == "__main__":
    main(sys.argv[1:])
