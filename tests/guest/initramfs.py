# SPDX-License-Identifier: MIT
"""Packs a root file system for a kernel to start with: cpio's "newc" format (the kernel's
Documentation/driver-api/early-userspace/buffer-format.rst), written here because that takes neither root nor cpio."""

import stat


class Archive:
    def __init__(self):
        self._parts = []
        self._number = 0

    def directory(self, name, mode=0o755):
        self._add(name, stat.S_IFDIR | mode)

    def file(self, name, content, mode=0o644):
        self._add(name, stat.S_IFREG | mode, content if isinstance(content, bytes) else content.encode())

    def link(self, name, target):
        self._add(name, stat.S_IFLNK | 0o777, target.encode())

    def character_device(self, name, major, minor, mode=0o600):
        self._add(name, stat.S_IFCHR | mode, device=(major, minor))

    def packed(self):
        self._add("TRAILER!!!", 0)
        return b"".join(self._parts)

    def _add(self, name, mode, content=b"", device=(0, 0)):
        self._number += 1
        encoded = name.encode() + b"\0"
        # inode, mode, uid, gid, links, mtime, size, device (2), the node's device (2), length of the name, checksum
        numbers = [self._number, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(encoded), 0]
        head = b"070701" + b"".join(b"%08x" % number for number in numbers)
        self._parts += [_padded(head + encoded), _padded(content)]


def _padded(data):
    return data + b"\0" * (-len(data) % 4)
