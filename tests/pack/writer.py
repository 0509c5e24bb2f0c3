# SPDX-License-Identifier: MIT
"""Writes packs for tests: as docs/pack-format.md says, without the packer's code and without compressing anything. The
siblings in a directory become bodies; so does what a test gives for a coding."""

import os
import stat
import struct
from pathlib import Path

import layout
from content_hash import digest

PT_NULL, PT_LOAD, PT_NOTE, PT_GNU_PROPERTY = 0, 1, 4, 0x6474E553


class Files(dict):
    """What goes into a pack: {path: {coding: bytes}}, and the directories, by their paths, with None."""

    def add(self, path, content, **codings):
        path = path if isinstance(path, bytes) else path.encode()
        self[path] = {"": content, **codings}
        while b"/" in path:
            path = path.rpartition(b"/")[0]
            self.setdefault(path, None)
        return self


def read_directory(root):
    """The files that the server would serve from there."""
    root = os.fsencode(root)
    real = os.path.realpath(root)
    files = Files()
    times = {}

    def walk(directory, prefix, above):
        for name in sorted(os.listdir(directory)):
            whole = directory + b"/" + name
            path = prefix + name
            if name.startswith(b".") and path != b".well-known":
                continue
            target = os.path.realpath(whole)
            inside = target == real or target.startswith(real + b"/")
            absolute = os.path.islink(whole) and os.readlink(whole).startswith(b"/")
            if not inside or absolute or not os.path.exists(whole):
                continue
            facts = os.stat(whole)
            if stat.S_ISDIR(facts.st_mode):
                if target in above:
                    continue
                files[path] = None
                walk(whole, path + b"/", above | {target})
            elif stat.S_ISREG(facts.st_mode) and os.access(whole, os.R_OK):
                files[path] = {"": Path(os.fsdecode(whole)).read_bytes()}
                times[path] = facts.st_mtime_ns

    walk(root, b"", {real})
    for path, bodies in list(files.items()):
        for coding, suffix in zip(layout.CODINGS[1:], layout.SUFFIXES[1:]):
            sibling = path + suffix.encode()
            if bodies is not None and files.get(sibling) is not None and _is_usable(files, times, path, sibling):
                bodies[coding] = files[sibling][""]
    return files


def _is_usable(files, times, path, sibling):
    """Not older than the original, where a copy without a fraction of a second may be of the same second."""
    copy, original = divmod(times[sibling], 10**9), divmod(times[path], 10**9)
    older = copy[0] < original[0] or (copy[0] == original[0] and copy[1] != 0 and copy[1] < original[1])
    return not older and len(files[sibling][""]) <= len(files[path][""])


def _is_rule_file(path, hosts):
    return path.split(b"/", 1)[-1 if hosts and b"/" in path else 0] in (b"_headers", b"_redirects") and path.count(b"/") <= hosts


class _Contents:
    """The bodies' bytes, equal ones once."""

    def __init__(self):
        self.parts = []
        self.size = 0
        self.places = {}

    def put(self, content, hashed):
        if not content:
            return 0
        key = (hashed, len(content))
        if key not in self.places:
            self.places[key] = self.size
            padding = bytes(-len(content) % layout.CONTENT_ALIGN)
            self.parts += [content, padding]
            self.size += len(content) + len(padding)
        return self.places[key]


def _index(paths):
    """Buckets and slots for the hashes of the paths."""
    bucket_count = max(1, len(paths) // 3)
    slot_count = len(paths) + len(paths) // 4 + 1
    buckets = [[] for _ in range(bucket_count)]
    for number, path in enumerate(paths):
        buckets[layout.bucket_of(path, bucket_count)].append(number)
    seeds = [0] * bucket_count
    slots = [layout.NO_ENTRY] * slot_count
    for bucket in sorted(range(bucket_count), key=lambda i: -len(buckets[i])):
        seed = 0
        while True:
            places = [layout.slot_of(paths[number], seed, slot_count) for number in buckets[bucket]]
            if len(set(places)) == len(places) and all(slots[place] == layout.NO_ENTRY for place in places):
                break
            seed += 1
        seeds[bucket] = seed
        for number, place in zip(buckets[bucket], places):
            slots[place] = number
    cells = [b"".join(layout.CELL.pack(value, layout.cell_check(table, i, value)) for i, value in enumerate(values))
             for table, values in ((layout.BUCKETS, seeds), (layout.SLOTS, slots))]
    return bucket_count, slot_count, *cells


def write_pack(files, options=(), hosts=False):
    """The bytes of a pack."""
    def place(path):
        parent, _, name = path.rpartition(b"/")
        return (path != b"", parent, name)

    paths = sorted({b"", *files}, key=place)
    children = {}
    for number, path in enumerate(paths[1:], 1):
        children.setdefault(path.rpartition(b"/")[0], []).append(number)
    hashes = [layout.path_hash(path) for path in paths]
    contents = _Contents()
    names, entries, bodies = b"".join(paths), [], []
    name = 0
    for path, hashed in zip(paths, hashes):
        codings, mine = 0, []
        if files.get(path) is None:
            numbers = children.get(path, [])
            flags, first, count = layout.DIRECTORY, numbers[0] if numbers else 0, len(numbers)
        else:
            flags = layout.HIDDEN if _is_rule_file(path, hosts) else 0
            first = len(bodies)
            for bit, coding in enumerate(layout.CODINGS):
                if coding in files[path]:
                    content = files[path][coding]
                    of_content = digest(content)
                    mine.append((contents.put(content, of_content), len(content), *of_content))
                    codings |= 1 << bit
            count = len(mine)
            bodies += mine
        entries.append((name, len(path), flags, codings, first, count, 0))
        name += len(path)
    bucket_count, slot_count, buckets, slots = _index(hashes)
    option_text = b"".join(option.encode() + b"\0" for option in options)

    # Where everything lies is known once the sizes are.
    sizes = [len(buckets), len(slots), 32 * len(entries), 32 * len(bodies), len(names), len(option_text)]
    offsets, at = [], 192
    for size in sizes:
        offsets.append(at)
        at += size + -size % layout.CONTENT_ALIGN
    body_bytes = [layout.BODY.pack(offset + (at if size else 0), size, high, low) for offset, size, high, low in bodies]
    entry_bytes = []
    for entry, hashed in zip(entries, hashes):
        head = struct.pack("<QHBBIII", *entry)
        mine = b"" if entry[2] & layout.DIRECTORY else b"".join(body_bytes[entry[4]:entry[4] + entry[5]])
        entry_bytes.append(head + struct.pack("<Q", layout.entry_check(head, hashed, mine)))
    total = at + contents.size + 8
    head = layout.HEADER.pack(layout.MAGIC, layout.VERSION, layout.BYTE_ORDER, total, int(hosts), bucket_count, slot_count,
                              len(entries), len(bodies), 0, *[number for pair in zip(offsets, sizes) for number in pair],
                              *digest(option_text), 0)
    check = struct.pack("<Q", digest(head[:160])[0])
    out = bytearray(head[:160] + check)
    for offset, part in zip(offsets, (buckets, slots, b"".join(entry_bytes), b"".join(body_bytes), names, option_text)):
        out += bytes(offset - len(out)) + part
    out += bytes(at - len(out)) + b"".join(contents.parts) + check
    return bytes(out)


def append(server, pack, sections=False):
    """An executable: the server's bytes with the pack behind them, and a program header for it. Without sections, strip
    and its like refuse to touch it."""
    elf = bytearray(server)
    table, = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    headers = [struct.unpack_from("<IIQQQQQQ", elf, table + i * size) for i in range(count)]
    spare = next(i for wanted in (PT_NULL, PT_NOTE) for i, header in enumerate(headers) if header[0] == wanted)
    del headers[spare]
    end = max(header[3] + header[6] for header in headers if header[0] == PT_LOAD)
    offset = len(elf) + -len(elf) % layout.CONTENT_ALIGN
    address = end + -end % layout.SEGMENT_ALIGN + offset % layout.SEGMENT_ALIGN
    last = max(i for i, header in enumerate(headers) if header[0] == PT_LOAD)
    headers.insert(last + 1, (PT_LOAD, 4, offset, address, address, len(pack), len(pack), layout.SEGMENT_ALIGN))
    for i, header in enumerate(headers):
        struct.pack_into("<IIQQQQQQ", elf, table + i * size, *header)
    if not sections:
        struct.pack_into("<Q", elf, 40, 0)
        struct.pack_into("<HHH", elf, 58, 0, 0, 0)
    return bytes(elf) + bytes(offset - len(elf)) + pack


def write_site(path, server, files, options=(), hosts=False):
    """Lays files into a copy of the server."""
    path.write_bytes(append(Path(server).read_bytes(), write_pack(files, options, hosts)))
    path.chmod(0o755)
    return path
