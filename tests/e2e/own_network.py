"""A network of one's own for what insists on a fixed port."""

import contextlib
import ctypes
import os
import subprocess

import programs

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


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
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True, timeout=10)
        yield
    finally:
        if separate and _libc.setns(common, _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "cannot go back to the common network")
        os.close(common)
