# SPDX-License-Identifier: MIT
"""A network of one's own for what insists on a fixed port."""

import contextlib
import ctypes
import fcntl
import os
import socket
import struct

import programs

_CLONE_NEWNET = 0x40000000
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1
_libc = ctypes.CDLL(None, use_errno=True)


def _switch_loopback_on():
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _IFF_UP))


@contextlib.contextmanager
def own_network():
    """Until the end of the block, this thread and its children have a loopback to themselves.

    Without the right to it (or under a sandbox that refuses), the common loopback has to do.
    """
    if not programs.AS_ROOT:
        yield
        return
    common = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        separate = _libc.unshare(_CLONE_NEWNET) == 0
        if separate:
            _switch_loopback_on()
        yield
    finally:
        if separate and _libc.setns(common, _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "cannot go back to the common network")
        os.close(common)
