# SPDX-License-Identifier: MIT
"""A file system that takes several names for one file, spoken to the kernel by hand (fuse(4), linux/fuse.h).

    folding_fs.py MOUNTPOINT SOURCE

shows what lies in SOURCE, for reading only. PRIVATE, "private. " and PRIVAT~1 are found where private is there, as on
NTFS and SMB; and names whose letters fold to the same, with or without invisible characters, as on ext4 with casefold.
It says "ready", and ends when it is unmounted.
"""

import ctypes
import errno
import os
import stat
import struct
import sys

IN_HEADER = struct.Struct("=IIQQIIII")
OUT_HEADER = struct.Struct("=IiQ")
ATTRIBUTES = struct.Struct("=QQQQQQIIIIIIIIII")
LOOKUP, FORGET, GETATTR, OPEN, READ, RELEASE, FLUSH, INIT, OPENDIR, READDIR, RELEASEDIR, INTERRUPT, BATCH_FORGET = (
    1, 2, 3, 14, 15, 18, 25, 26, 27, 28, 29, 36, 42)
INVISIBLE = dict.fromkeys([0xad, 0x200b, 0x200c, 0x200d, 0x2060, 0xfeff])


def fold(name):
    text = name.decode(errors="surrogateescape").translate(INVISIBLE)
    return text.casefold().rstrip(". ")


def short(name):
    stem, dot, end = fold(name).partition(".")
    return stem.replace(" ", "")[:6] + "~1" + dot + end[:3]


class Folding:
    def __init__(self, source):
        self.paths = [None, os.fsencode(source)]  # by node; 1 is the root

    def attributes(self, node):
        facts = os.stat(self.paths[node])
        kind = stat.S_IFDIR | 0o755 if stat.S_ISDIR(facts.st_mode) else stat.S_IFREG | 0o644
        seconds = int(facts.st_mtime)
        return ATTRIBUTES.pack(node, facts.st_size, 1, seconds, seconds, seconds, 0, 0, 0, kind, 1, 0, 0, 0, 4096, 0)

    def lookup(self, node, name):
        directory = self.paths[node]
        names = os.listdir(directory)
        for matches in (lambda other: other == name, lambda other: fold(other) == fold(name),
                        lambda other: other.startswith(b".") is False and short(other) == fold(name),
                        lambda other: other.startswith(b".") and short(other[1:]) == fold(name)):
            found = [other for other in names if matches(other)]
            if found and fold(name):
                path = os.path.join(directory, found[0])
                if path not in self.paths:
                    self.paths.append(path)
                node = self.paths.index(path)
                return struct.pack("=QQQQII", node, 0, 0, 0, 0, 0) + self.attributes(node)
        raise OSError(errno.ENOENT, "")

    def entries(self, node, offset):
        data = b""
        for number, name in enumerate(os.listdir(self.paths[node])[offset:], offset + 1):
            data += struct.pack("=QQII", number + 1000, number, len(name), 0) + name + bytes(-len(name) % 8)
        return data[:4096] if len(data) <= 4096 else b""

    def answer(self, opcode, node, body):
        if opcode == INIT:
            readahead = struct.unpack_from("=IIII", body)[2]
            return struct.pack("=IIIIHHIIHHI28x", 7, 31, readahead, 0, 0, 0, 65536, 1, 0, 0, 0)
        if opcode == LOOKUP:
            return self.lookup(node, body.rstrip(b"\0"))
        if opcode == GETATTR:
            return struct.pack("=QII", 0, 0, 0) + self.attributes(node)
        if opcode in (OPEN, OPENDIR):
            return struct.pack("=QII", 0, 0, 0)
        if opcode == READ:
            _, offset, size = struct.unpack_from("=QQI", body)
            with open(self.paths[node], "rb") as file:
                return os.pread(file.fileno(), size, offset)
        if opcode == READDIR:
            return self.entries(node, struct.unpack_from("=QQ", body)[1])
        if opcode in (RELEASE, RELEASEDIR, FLUSH):
            return b""
        raise OSError(errno.ENOSYS, "")

    def serve(self, fuse):
        while True:
            try:
                request = os.read(fuse, 1 << 20)
            except OSError as error:
                if error.errno in (errno.EINTR, errno.ENOENT):
                    continue
                return  # ENODEV: unmounted
            _, opcode, unique, node, *_ = IN_HEADER.unpack_from(request)
            if opcode in (FORGET, BATCH_FORGET, INTERRUPT):
                continue
            try:
                data, error = self.answer(opcode, node, request[IN_HEADER.size:]), 0
            except OSError as fault:
                data, error = b"", -fault.errno
            os.write(fuse, OUT_HEADER.pack(OUT_HEADER.size + len(data), error, unique) + data)


def main():
    mountpoint, source = sys.argv[1:]
    libc = ctypes.CDLL(None, use_errno=True)
    fuse = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={fuse},rootmode=40000,user_id=0,group_id=0,allow_other"
    if libc.mount(b"folding", os.fsencode(mountpoint), b"fuse", 6, options.encode()) != 0:  # MS_NOSUID | MS_NODEV
        raise OSError(ctypes.get_errno(), "mount")
    print("ready", flush=True)
    Folding(source).serve(fuse)


if __name__ == "__main__":
    main()
