# SPDX-License-Identifier: MIT
"""Who watches a server that is attacked: a good client all the while, and what the server holds."""

import os
import re
import threading
from pathlib import Path

import raw
from server import wait_until
from workers import all_begun


class GoodClient:
    """Asks for one file, again and again, on new connections and on kept ones, until the block ends."""

    def __init__(self, port, path, content):
        self.port, self.path, self.content = port, path, content
        self.answered = 0
        self.faults = []
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._enough.set()
        self._thread.join()

    def _run(self):
        while not self._enough.is_set():
            try:
                with raw.Connection(self.port) as connection:
                    for _ in range(5):
                        self._judge(connection.ask(self.path))
            except (OSError, AssertionError) as fault:
                self.faults.append(repr(fault))
            self._enough.wait(0.02)  # it is a client, not another flood

    def _judge(self, answer):
        if answer.status == 200 and answer.body == self.content:
            self.answered += 1
        else:
            self.faults.append(f"status {answer.status}, {len(answer.body)} bytes")

    def assert_undisturbed(self, at_least=1):
        assert not self.faults, self.faults[:5]
        assert self.answered >= at_least


def processes(server):
    """The server and its workers."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    return [server.pid, *map(int, children)]


def memory(server):
    """Bytes of its own that are there for all its processes: not the program, which they share."""
    return sum(_own_memory(pid) for pid in processes(server))


def _own_memory(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return sum(int(kib) * 1024 for kib in re.findall(r"^Rss(?:Anon|Shmem):\s+(\d+) kB", status, flags=re.M))


def begun(server, workers):
    """Waits until its workers have closed what they inherit: from then on it can be measured."""
    begun_now = all_begun(server, workers)
    own = (1, 3)  # its listener, and the pair over which connections are passed on, where there are descriptors enough
    assert wait_until(lambda: all(_sockets(pid) in own for pid in begun_now)), "each has its own sockets only"


def descriptors(server):
    """Of all its processes."""
    return sum(len(_descriptors(pid)) for pid in processes(server))


def sockets(server):
    """Listeners and connections of all its processes. Descriptors of files come and go with its cache."""
    return sum(map(_sockets, processes(server)))


def _sockets(pid):
    return sum(what.startswith("socket:") for what in _descriptors(pid))


def _descriptors(pid):
    found = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            found.append(os.readlink(f"/proc/{pid}/fd/{name}"))
        except FileNotFoundError:
            pass  # closed meanwhile
    return found


def assert_sockets_return_to(server, count):
    assert wait_until(lambda: sockets(server) == count), f"{sockets(server)} sockets are open, {count} at the start"


def assert_all_slots_are_free(server, count, path="/file.txt"):
    """As many connections as there are slots, each with an answer before and after all of them were there. A slot that
    got lost would be missing now: the oldest would have been closed to make room."""
    connections = [raw.Connection(server.port) for _ in range(count)]
    try:
        for _ in range(2):
            for connection in connections:
                assert connection.ask(path).status == 200
    finally:
        for connection in connections:
            connection.socket.close()
