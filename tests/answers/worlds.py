# SPDX-License-Identifier: MIT
"""What was recorded: trees of files, the options of servers on them, and what clients sent to these servers.

One JSON object a line, packed by xz. All bytes stand as characters U+0000 to U+00FF. There are three kinds of lines:

    {"blob": ID, "text": CONTENT, "size": N}                       what is in a file; behind CONTENT zeros up to N bytes
    {"tree": ID, "entries": [[PATH, KIND, MODE, MTIME, VALUE]]}    VALUE is a blob's ID, or where a link points
    {"arguments": [...], "trees": [ID], "environment": {}, "conversations": [...], "ends": BOOL}

`{0}` in an argument is where the first of its trees was laid out.
"""

import hashlib
import json
import lzma
import os
import re
import socket
import stat
import zlib
from dataclasses import dataclass, field
from pathlib import Path

RECORDED = Path(__file__).resolve().with_name("recorded.jsonl.xz")
BLOB_MAX = 1 << 20  # of a longer file the rest is zeros
_SLOW = re.compile(rb"\$6\$rounds=\d{5,}\$")  # a password hash that takes its time: it becomes that of no password, checked fast
FILE_MAX = 6 << 20  # a longer file is cut; the server hashes and compresses none of this size otherwise than a longer one
RANDOM_MAX = 4 << 10  # likewise of what cannot be compressed
ENTRIES_MAX = 3000  # of a tree; a larger one is not recorded


@dataclass
class World:
    arguments: list
    trees: list  # IDs
    environment: dict = field(default_factory=dict)
    conversations: list = field(default_factory=list)  # of bytes
    ends: bool = False  # ends by itself: a wrong usage, --help, check

    def key(self):
        return json.dumps([self.arguments, self.trees, self.environment, self.ends])


class Recorded:
    def __init__(self):
        self.blobs = {}  # ID: (bytes, size)
        self.trees = {}  # ID: entries
        self.worlds = {}  # key: World

    def add_tree(self, entries):
        identity = _digest(json.dumps(entries).encode())
        self.trees[identity] = entries
        return identity

    def add_blob(self, content, size):
        if len(content) > RANDOM_MAX and len(zlib.compress(content)) > len(content) * 0.9:
            content = content[:RANDOM_MAX]
        identity = _digest(content + str(size).encode())
        self.blobs[identity] = (content, size)
        return identity

    def add_world(self, world):
        known = self.worlds.setdefault(world.key(), world)
        if known is not world:
            known.conversations = list(dict.fromkeys(known.conversations + world.conversations))

    def add(self, other):
        self.blobs |= other.blobs
        self.trees |= other.trees
        for world in other.worlds.values():
            self.add_world(world)

    def lines(self):
        for identity, (content, size) in sorted(self.blobs.items()):
            yield {"blob": identity, "text": content.decode("latin-1"), "size": size}
        for identity, entries in sorted(self.trees.items()):
            yield {"tree": identity, "entries": entries}
        for world in sorted(self.worlds.values(), key=World.key):
            yield vars(world) | {"conversations": [sent.decode("latin-1") for sent in world.conversations]}

    def save(self, path=RECORDED):
        text = "".join(json.dumps(line) + "\n" for line in self.lines())
        Path(path).write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))

    @classmethod
    def load(cls, path=RECORDED):
        recorded = cls()
        for line in lzma.decompress(Path(path).read_bytes()).splitlines():
            line = json.loads(line)
            if "blob" in line:
                recorded.blobs[line["blob"]] = (line["text"].encode("latin-1"), line["size"])
            elif "tree" in line:
                recorded.trees[line["tree"]] = line["entries"]
            else:
                line["conversations"] = [sent.encode("latin-1") for sent in line["conversations"]]
                recorded.add_world(World(**line))
        return recorded

    def note_tree(self, root, time):
        """The tree beneath `root` as it is now, with times passed through `time`; None where it is too large."""
        entries = []
        for directory, names, files in os.walk(os.fsencode(root)):
            for name in [b"", *sorted(names), *sorted(files)] if directory == os.fsencode(root) else sorted(names) + sorted(files):
                path = os.path.join(directory, name) if name else directory
                entries.append(self._entry(path, os.path.relpath(path, os.fsencode(root)), time))
                if len(entries) > ENTRIES_MAX:
                    return None
        return self.add_tree(sorted(entries))

    def _entry(self, path, name, time):
        status = os.lstat(path)
        kind, value = stat.S_IFMT(status.st_mode), ""
        if kind == stat.S_IFLNK:
            value = os.readlink(path).decode("latin-1")
        elif kind == stat.S_IFREG:
            with open(path, "rb") as file:
                value = self.add_blob(file.read(BLOB_MAX), min(status.st_size, FILE_MAX))
        return [name.decode("latin-1"), kind, stat.S_IMODE(status.st_mode), time(int(status.st_mtime)), value]

    def lay_out(self, identity, root):
        """As root: there are devices among the entries, and files that the server may not read."""
        times = []
        for name, kind, mode, mtime, value in self.trees[identity]:
            path = os.path.join(os.fsencode(root), name.encode("latin-1"))
            if kind == stat.S_IFDIR:
                os.makedirs(path, exist_ok=True)
            elif kind == stat.S_IFLNK:
                os.symlink(value.encode("latin-1"), path)
            elif kind == stat.S_IFREG:
                content, size = self.blobs[value]
                with open(path, "wb") as file:
                    file.write(_SLOW.sub(b"$6$rounds=1000$", content[:size]))
                    file.truncate(size)
            elif kind == stat.S_IFSOCK:
                _make_socket(path)
            else:
                os.mknod(path, kind | mode, os.makedev(1, 3))  # /dev/null, or a FIFO
            if kind != stat.S_IFLNK:
                os.chmod(path, mode)
            times.append((path, mtime))
        for path, mtime in reversed(times):  # a directory's time changes with what comes into it
            os.utime(path, (mtime, mtime), follow_symlinks=False)


def _make_socket(path):
    here = os.getcwd()
    os.chdir(os.path.dirname(path))  # a socket's path is 107 bytes at most
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(os.path.basename(path))
    finally:
        os.chdir(here)


def _digest(content):
    return hashlib.sha256(content).hexdigest()[:16]
