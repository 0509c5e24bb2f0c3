# SPDX-License-Identifier: MIT
"""Deadlines of HTTP/2: whom they end, and whom they leave alone."""

import pytest

import http2_client as h2
import sites
from http2_client import CANCEL, NO_ERROR, frame
from server import wait_until

LARGE = b"l" * 300_000
FOR_EVER = 3_600_000
NAMES = ("head", "body", "idle", "send", "linger")


@pytest.fixture
def impatient(start, place):
    """Its deadlines are long, but for one."""
    sites.write_files(place, {"index.html": "index", "large": LARGE})

    def begin(*short, ms=400, **options):
        return start(place, "--h2c", *(word for name in NAMES for word in (f"--{name}-ms", ms if name in short else FOR_EVER)), **options)

    return begin


PARTS = {
    "half a frame's header": h2.headers(1)[:5],
    "a frame's header": h2.headers(1)[:9],
    "half a frame": h2.headers(1)[:20],
    "half a header block": h2.headers(1, flags=0),
    "half an unknown frame": frame(0xBE, 0, 0, b"x" * 10, length=1000),
    "half a DATA frame": h2.headers(1, h2.get("/", "POST"), end=False) + frame(h2.DATA, 0, 1, b"x" * 10, length=1000),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_frame_that_does_not_end(impatient, name):
    server = impatient("head", "linger")
    with h2.Client(server.port) as client:
        client.sync()
        client.send(PARTS[name])
        assert [code for _, code in client.end().goaways] == [NO_ERROR]


@pytest.mark.parametrize("length", [1, 10, 23])
def test_a_preface_that_does_not_end(impatient, length):
    server = impatient("head", "linger")
    with h2.Client(server.port, own=None) as client:
        client.send(h2.PREFACE[:length])
        assert client.connection.rest()[:12] in (b"", b"HTTP/1.1 408")


def test_bytes_buy_no_time(impatient):
    """A header block that comes in pieces, each within the deadline, but not the whole."""
    server = impatient("head", "linger", ms=500)
    with h2.Client(server.port) as client:
        client.send(h2.headers(1, b"", flags=0))
        stopped = []

        def drip():
            client.connection.socket.settimeout(0.05)
            try:
                client.read_frame()
            except TimeoutError:
                client.send(b"\0")
            except (h2.Closed, ConnectionError):
                stopped.append(True)
            return bool(stopped)

        assert wait_until(drip)
        assert [code for _, code in client.goaways] in ([NO_ERROR], [])


@pytest.mark.parametrize("asks", [0, 1])
def test_an_idle_connection_is_told(impatient, asks):
    server = impatient("idle", "head", "linger")
    with h2.Client(server.port) as client:
        if asks:
            assert client.ask(1).status == 200
        assert client.end().goaways == [(asks, NO_ERROR)]


def test_a_stream_whose_window_stays_closed_is_reset_alone(impatient):
    server = impatient("send", "body")
    with h2.Client(server.port, own=[(h2.INITIAL_WINDOW_SIZE, 0)]) as client:
        client.send(h2.headers(1, h2.get("/large")), h2.headers(3, h2.get("/large")))
        client.on_data = lambda _: client.send(h2.window_update(3, 2000), h2.window_update(0, 2000))
        client.send(h2.window_update(3, 2000))  # goes on, 2,000 bytes at a time
        client.read_until(lambda: client.stream(1).over or client.stream(3).over)
        if not client.stream(3).over:
            client.send(h2.window_update(3, len(LARGE)), h2.window_update(0, len(LARGE)))
        assert client.response(3).body == LARGE
        assert client.response(1).code == CANCEL
        assert client.ask(5, "/", "HEAD").status == 200
        assert not client.goaways


def test_a_request_that_does_not_end_is_reset_alone(impatient):
    server = impatient("send", "body")
    with h2.Client(server.port) as client:
        client.send(h2.headers(1, h2.get("/", "POST"), end=False))
        client.read_until(lambda: client.stream(1).code is not None)
        assert (client.stream(1).status, client.stream(1).ended) == (405, True)
        assert client.ask(3).status == 200
        assert not client.goaways


def test_a_connection_whose_window_stays_closed(impatient):
    """The windows of its streams are open, that of the connection is not."""
    server = impatient("send", "body", "idle", "linger", "head")
    listeners = server.open_sockets()
    with h2.Client(server.port, own=[(h2.INITIAL_WINDOW_SIZE, h2.WINDOW_MAX)]) as client:
        client.send(h2.headers(1, h2.get("/large")), h2.headers(3, h2.get("/large")))
        client.read_until(lambda: client.stream(1).code is not None and client.stream(3).code is not None)
        assert len(client.stream(1).body) + len(client.stream(3).body) == h2.WINDOW
        client.end()
        assert [code for _, code in client.goaways] == [NO_ERROR]
    assert wait_until(lambda: server.open_sockets() == listeners)


def test_a_client_that_does_not_read_is_closed(impatient):
    server = impatient("send", "linger")
    listeners = server.open_sockets()
    with h2.Client(server.port, own=[(h2.INITIAL_WINDOW_SIZE, h2.WINDOW_MAX)], receive_buffer=4096) as client:
        client.send(h2.window_update(0, h2.WINDOW_MAX - h2.WINDOW), *(h2.headers(i, h2.get("/large")) for i in range(1, 100, 2)))
        client.read_until(lambda: client.streams)
        assert wait_until(lambda: server.open_sockets() == listeners)
