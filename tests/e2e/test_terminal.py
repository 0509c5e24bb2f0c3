# SPDX-License-Identifier: MIT
"""What a person sees at a terminal: where to look, from here and from another device; how to begin."""

import fcntl
import os
import re
import signal
import socket
import struct
import subprocess

import pytest

import programs
import raw
import sites
from own_network import own_network
from server import DEADLINE, Lines

_SIOCGIFFLAGS, _SIOCGIFADDR = 0x8913, 0x8915
_LOOPBACK, _UP_AND_RUNNING = 8, 0x41
LINE = re.compile(r"  on (this machine|the network): +(http://\S+)$")


def addresses_in_the_network():
    """IPv4 addresses of this machine that others may reach, asked for in another way than the server does."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        for _, name in socket.if_nameindex():
            request = struct.pack("16s24x", name.encode())
            try:
                flags = struct.unpack_from("H", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request), 16)[0]
                address = fcntl.ioctl(any_socket, _SIOCGIFADDR, request)[20:24]
            except OSError:
                continue  # it has none
            if flags & _UP_AND_RUNNING == _UP_AND_RUNNING and not flags & _LOOPBACK:
                found.append(socket.inet_ntoa(address))
    return found


class Terminal:
    """A server whose standard error is a terminal, and standard output a pipe."""

    def __init__(self, *arguments):
        ours, its = os.openpty()
        os.fchmod(its, 0o666)
        command = programs.command(programs.MINHTTP, arguments)
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=its,
                                         **programs.unprivileged())
        os.close(its)
        self.out = Lines(self._process.stdout)
        self.err = Lines(open(ours, "rb", buffering=0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.kill(self._process.pid, signal.SIGTERM)
        self._process.wait(DEADLINE)

    def urls(self, last):
        """The URLs, by where they lead from, once `last` is among the lines."""
        assert self.err.wait_for(lambda line: last in line), self.err.all
        return [match.groups() for match in map(LINE.match, (line.rstrip("\r") for line in self.err.all)) if match]


@pytest.fixture
def site(place):
    return sites.write_files(place, {"index.html": "index"})


@pytest.mark.parametrize("loop", ["epoll", "plain"])
def test_a_line_for_each_url(site, loop):
    lan = addresses_in_the_network()[:4]
    with Terminal(site, "--port", 0, "--loop", loop, "--base-path", "/app") as terminal:
        urls = terminal.urls(last=lan[-1] if lan else "this machine")
        port = int(urls[0][1].rpartition(":")[2].partition("/")[0])
        assert urls == [("this machine", f"http://localhost:{port}/app/"),
                        *(("the network", f"http://{address}:{port}/app/") for address in lan)]
        assert terminal.err.all[0].rstrip("\r") == f"minhttp serving {site}"
        for address in ["127.0.0.1", *lan]:
            with raw.Connection(port, address) as connection:
                assert connection.ask("/app/", connection="close").body == b"index"
        assert terminal.out.wait_for(lambda line: "GET /app/ " in line)
        assert not [line for line in terminal.out.all if "http:" in line]


def test_one_address_only(site):
    with Terminal(site, "--listen", "127.0.0.1:0", "--listen", "[::1]:0") as terminal:
        urls = terminal.urls(last="[::1]")
        assert [(who, re.sub(r":\d+/", "/", url)) for who, url in urls] == [
            ("this machine", "http://127.0.0.1/"), ("this machine", "http://[::1]/")]


def test_an_address_of_the_network(site):
    with own_network():
        if programs.AS_ROOT:  # a network that every machine can have; else there may be none to try
            for words in ("link add left type veth peer name right", "address add 192.0.2.7/24 dev left",
                          "link set left up", "link set right up"):
                subprocess.run(["ip", *words.split()], check=True)
        for address in addresses_in_the_network()[:1]:
            with Terminal(site, "--listen", f"{address}:0") as terminal:
                assert [who for who, _ in terminal.urls(last=address)] == ["the network"]


def test_the_greeting_says_what_to_type_next():
    with Terminal("--port", 0) as terminal:
        assert terminal.err.wait_for(lambda line: line.rstrip("\r").endswith("minhttp ."))
        assert terminal.out.wait_for(re.compile(r"minhttp listening on port \d+\.\.\.$").match)
        assert len(terminal.err.all) == 1 and len(terminal.out.all) == 1
