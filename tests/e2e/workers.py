# SPDX-License-Identifier: MIT
"""Who the workers of a server are, and whom each of them serves, as anybody can see it in /proc."""

import os
from pathlib import Path

import programs
from server import children, local_sockets, name_of, wait_until


def workers(server):
    """The processes that serve, in the order of their numbers. None: the server does it itself."""
    named = sorted((name_of(pid), pid) for pid in children(server.pid))
    return [pid for name, pid in named if name]


def all_begun(server, count):
    """They have names once they have begun, and are in the order of these."""
    begun = []

    def all_named():
        begun[:] = workers(server)
        names = [name_of(pid) for pid in begun]
        return (len(begun) == count and all(name.startswith("minhttp-") for name in names) and names == sorted(names)
                and all(map(is_running, begun)))

    assert wait_until(all_named)
    return begun


def sockets(pid):
    """The inodes of a process's sockets, but for the channel to its successor."""
    inodes = set()
    directory = programs.descriptors_of(pid)
    for name in os.listdir(directory):
        try:
            target = os.readlink(f"{directory}/{name}")
        except (FileNotFoundError, ProcessLookupError):
            continue  # closed meanwhile
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    return inodes - local_sockets(pid)


def server_side(port, connection):
    """The inode of the socket at the other end; "0" while nobody has accepted it."""
    client = connection.socket.getsockname()[1]
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            local, remote = (int(words[i].rpartition(":")[2], 16) for i in (1, 2))
            if (local, remote) == (port, client):
                return words[9]
    return None


def served_by(server, connection):
    """The worker that has accepted this connection; None: nobody has."""
    inode = server_side(server.port, connection)
    return next((pid for pid in workers(server) if inode in sockets(pid)), None)


def one_of_each(server, connect, count=2):
    """A connection to each worker; the kernel chooses, so many are made and the others closed.

    Each has asked for something: who is silent is accepted a second later only, and not kept for long."""
    found = {}
    for _ in range(200):
        connection = connect()
        connection.ask("/")
        served = []
        assert wait_until(lambda: served.append(served_by(server, connection)) or served[-1])
        if found.setdefault(served[-1], connection) is not connection:
            connection.socket.close()
        if len(found) == count:
            return found
    raise AssertionError(f"200 connections, and only {list(found)} have any")


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False
