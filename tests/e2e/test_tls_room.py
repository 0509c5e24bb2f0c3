# SPDX-License-Identifier: MIT
"""The memory of TLS: who makes room for a handshake when it is used up, and what is said."""

import contextlib
import os
import re
import select
import signal
import socket

import passwords
import pytest
import raw
import sites
import tls
from raw import Connection
from server import DEADLINE, children, name_of, wait_until
from test_tls_server import plain_port
from tls import pair, shared, start_tls  # noqa: F401 (fixtures)

pytestmark = tls.NEEDED
LITTLE = ("--tls-bytes", 8 << 20)  # some 35 handshakes at once, or 200 open connections
GOOD = "127.0.0.2"


@pytest.fixture
def world(start, pair, place):
    """A server with little memory, and clients of it."""
    site = place / "site"
    site.mkdir()
    (site / "index.html").write_text("<p>hello</p>")
    with (site / "huge.bin").open("wb") as file:
        file.truncate(1 << 26)  # more than the kernel takes for a connection (tcp_wmem)
    with contextlib.ExitStack() as stack:
        class World:
            server = start_tls(start, site, pair, *LITTLE, "--head-ms", "60s", "--send-ms", "60s", "--listen-http", "127.0.0.1:0")

            def client(self, source="127.0.0.1"):
                return stack.enter_context(contextlib.closing(tls.Step(self.server.port, pair[0], source)))

            def idle(self, source="127.0.0.1"):
                client = self.client(source).shake_hands()
                assert client.get() == b"<p>hello</p>"
                return client

            def stuck(self, source):
                return self.client(source).shake_hands().ask("/huge.bin")

            def plain(self, port=None):
                return stack.enter_context(Connection(port or self.server.port))

        yield World()


def fill(world):
    """Idle connections until one had to make room, and a few more."""
    clients = [world.idle()]
    while len(clients) < 1000:
        clients += [world.idle() for _ in range(20)]
        if not clients[0].lives():
            return
        clients.append(clients.pop(0))
    raise AssertionError("it was never full")


def test_clients_that_come_at_once_do_not_end_each_others_handshakes(world):
    fill(world)
    clients = [world.client() for _ in range(8)]
    for client in clients:
        client.flush()
    for client in clients:
        client.read_flight()
    for client in clients:
        client.flush()
        assert client.get() == b"<p>hello</p>"


def test_silent_clients_protect_neither_each_other_nor_idle_ones(world):
    """The first ones of all have nothing that could be given up, and there are more than are looked at."""
    kept = world.idle()
    hello = tls.client_hello()
    for _ in range(100):
        world.plain()
    assert wait_until(lambda: len(os.listdir(f"/proc/{world.server.serving}/fd")) > 100), "TCP_DEFER_ACCEPT"
    flood = [world.plain() for _ in range(200)]
    for client in flood:
        client.send(hello)
    # All have the server's first messages, or were closed: none waits for the key process any more, which is not its fault.
    assert all(select.select([client.socket], [], [], DEADLINE)[0] for client in flood)
    for _ in range(5):
        assert world.idle()
    assert kept.lives(), "a flood of handshakes pays for itself"


def test_idle_clients_of_another_listener_protect_nobody(world):
    """Of the port of http, who have no memory of TLS, and are idle for longest."""
    port = plain_port(world.server)
    for _ in range(100):
        assert world.plain(port).ask("/").status == 308
    fill(world)
    for _ in range(5):
        assert world.idle()


def test_a_greedy_client_that_takes_nothing_makes_room(world):
    good = [world.idle(f"127.0.1.{number}") for number in range(40)]
    for _ in range(300):
        with contextlib.suppress(OSError, AssertionError):
            world.stuck("127.0.0.9")
    for _ in range(5):
        assert world.idle(GOOD)
    # Some idle ones may have gone: the greedy client is looked for once a second, and of those of its connections that were
    # found then, all may have made progress or have been closed. Without it, all idle ones go first.
    assert sum(client.lives() for client in good) > len(good) / 2


def test_clients_that_take_nothing_make_room_after_a_while(world):
    """From many addresses. They may be good ones who have paused, so that newcomers wait."""
    for number in range(250):
        with contextlib.suppress(OSError, AssertionError):
            world.stuck(f"127.0.3.{number + 1}")

    def gets_in():
        with contextlib.suppress(OSError, AssertionError):
            return world.idle(GOOD)

    assert wait_until(gets_in)


def test_a_handshake_that_waits_for_the_key_process_does_not_make_room(world):
    """It is not its client's fault. Who finds no memory is refused, and the line names the option that gives more."""
    keys = next(child for child in children(world.server.pid) if name_of(child) == "minhttps-keys")
    os.kill(keys, signal.SIGSTOP)
    try:
        clients = [world.client() for _ in range(100)]
        for client in clients:
            with contextlib.suppress(ConnectionError):
                client.flush()
        line = world.server.err.wait_for(lambda line: "refused" in line)
        assert re.fullmatch(r"minhttps: refused \d+ times? in the last second: no memory is free for a handshake \(--tls-bytes\)", line)
    finally:
        os.kill(keys, signal.SIGCONT)
    for client in clients[:20]:
        client.read_flight()
        client.flush()
        assert client.get() == b"<p>hello</p>"


def test_who_gives_way_without_an_answer_gets_503_and_no_reset(start, pair, place):
    """A client that waits for the check of its password has sent more meanwhile, which nobody has read."""
    users = place / "users"
    users.write_text(f"joe:{passwords.ENDLESS}\n")
    site = sites.write_files(place / "site", {"private": b"", "index.html": b"<p>hello</p>"})
    server = start_tls(start, site, pair, "--workspaces", 1, "--auth", f"/private={users}", "--drain-ms", 0)
    with tls.Step(server.port, pair[0]) as waiting:
        waiting.shake_hands()
        request = raw.request("/private", authorization=passwords.basic("joe", "guess"))
        waiting.tls.write(request + b"x" * 17_500)  # more than a record, of which OpenSSL reads one
        waiting.flush()
        with tls.connect(server.port, pair[0]) as newcomer:
            assert tls.get(newcomer)[1] == b"<p>hello</p>"
        assert b" 503 " in tls.answer(waiting)[0]
        while waiting.plain.recv(65536):
            pass
        assert waiting.plain.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0, "a reset behind the end"


def test_a_retired_worker_leaves_the_memory_to_its_successor(start, pair, place):
    """It ends long after its successor has begun to tell, and uses less."""
    for number in "12":
        sites.write_files(place / "releases" / number, {"file": number, "large": b"x" * (16 << 20)})
    current = place / "current"
    current.symlink_to("releases/1")
    server = start_tls(start, current, pair, "--admin", "127.0.0.1:0")
    retired, admin = server.serving, plain_port(server)

    def memory():
        with Connection(admin) as client:
            return float(re.search(rb"^minhttp_tls_memory_bytes (\S+)$", client.ask("/metrics").body, re.M)[1])

    def serves(number):
        with contextlib.closing(tls.connect(server.port, pair[0])) as client:
            return tls.get(client, "/file")[1] == number

    with contextlib.ExitStack() as stack:
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 10)
        plain.connect(("127.0.0.1", server.port))
        download = stack.enter_context(tls.context(pair[0]).wrap_socket(plain, server_hostname="localhost"))
        download.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert download.recv(1000)
        (place / "next").symlink_to("releases/2")
        (place / "next").rename(current)
        assert wait_until(lambda: serves(b"2"))
        before = memory()
        for _ in range(100):
            tls.get(stack.enter_context(tls.connect(server.port, pair[0])), "/file")
        assert wait_until(lambda: memory() > before + (1 << 20))
        download.close()
        assert wait_until(lambda: not os.path.exists(f"/proc/{retired}"))
        assert memory() > before + (1 << 20)
