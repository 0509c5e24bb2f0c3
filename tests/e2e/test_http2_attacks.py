# SPDX-License-Identifier: MIT
"""Attacks on HTTP/2: each ends with ENHANCE_YOUR_CALM, or costs nearly nothing, while a good client is served."""

import contextlib
import os
import select
from pathlib import Path

import pytest

import http2_client as h2
import programs
import sites
from http2_client import (CONTINUATION, END_HEADERS, ENHANCE_YOUR_CALM, HAS_PRIORITY, PADDED, PRIORITY, PRIORITY_UPDATE, frame, literal,
                          number)

CPU_MAX = 0.05  # seconds of processor time that an attack may cost the server; what each costs is printed (pytest -s)
SOME = 20_000   # frames, or streams, of an attack
BLOCK = h2.block(*h2.get("/large"))


@pytest.fixture(scope="module")
def server(start_for_session, tmp_path_factory):
    root = tmp_path_factory.mktemp("http2")
    for directory in (root, *root.parents[:2]):
        directory.chmod(0o755)
    return start_for_session(sites.write_files(root, {"large": b"l" * (1 << 20), "index.html": "index"}), "--h2c", "--log", "off",
                             before=programs.UNTRACED)


@contextlib.contextmanager
def cheap(server, name, most=CPU_MAX):
    """In nanoseconds where the scheduler counts them (proc(5): schedstat)."""
    def cpu_seconds():
        return int(Path(f"/proc/{server.serving}/schedstat").read_text().split()[0]) / 1e9

    before = cpu_seconds()
    yield
    used = cpu_seconds() - before
    print(f"{used * 1000:6.2f} ms of CPU: {name}")
    assert used < most


def odd(count, begin=1):
    return range(begin, begin + 2 * count, 2)


def each(make, count=SOME):
    return lambda: (make(i) for i in odd(count))


def continuations():
    yield h2.headers(1, b"", flags=0)
    yield from [frame(CONTINUATION, 0, 1, b"")] * SOME


def small_continuations():
    for i in odd(SOME):
        yield h2.headers(i, BLOCK[:-10], flags=0) + b"".join(frame(CONTINUATION, 0, i, BLOCK[-10 + n:-9 + n]) for n in range(9))
        yield frame(CONTINUATION, END_HEADERS, i, BLOCK[-1:])


def open_and_then(*frames_of):
    """A stream whose response is complete and whose request is not, and frames for it."""
    def send():
        yield h2.headers(1, h2.get("/", "POST"), end=False)
        for _ in range(SOME):
            yield b"".join(frames_of)
    return send


def hpack_bomb():
    """One entry as large as the table, and then references to it."""
    yield h2.headers(1, h2.block(*h2.get()) + literal("x", "v" * 4000, 0x40))
    for i in odd(100, 3):
        yield h2.headers(i, b"\xbe" * 16_000)


def hpack_bomb_behind_a_request():
    yield h2.headers(1, h2.block(*h2.get()) + literal("x", "v" * 4000, 0x40))
    for i in odd(100, 3):
        yield h2.headers(i, h2.block(*h2.get()) + b"\xbe" * 16_000)


# Each of these must end with ENHANCE_YOUR_CALM. The server sees a part of the frames only.
ENDED = {
    "HPACK bomb": hpack_bomb,
    "HPACK bomb behind a request": hpack_bomb_behind_a_request,
    "Rapid Reset": each(lambda i: h2.headers(i, BLOCK) + h2.reset(i)),
    "MadeYouReset by WINDOW_UPDATE of 0": each(lambda i: h2.headers(i, BLOCK) + h2.window_update(i, 0)),
    "MadeYouReset by too large a window": each(lambda i: h2.headers(i, BLOCK) + h2.window_update(i, h2.WINDOW_MAX)),
    "MadeYouReset by DATA behind the end": each(lambda i: h2.headers(i, BLOCK) + h2.data(i, b"x")),
    "MadeYouReset by HEADERS behind the end": each(lambda i: h2.headers(i, BLOCK) + h2.headers(i, BLOCK)),
    "MadeYouReset by PRIORITY of another length": each(lambda i: h2.headers(i, BLOCK) + frame(PRIORITY, 0, i, b"x")),
    "MadeYouReset by content-length": each(
        lambda i: h2.headers(i, h2.get("/large", "POST", ("content-length", "1")), end=False) + h2.data(i, b"xx")),
    "malformed requests": each(lambda i: h2.headers(i, b"")),
    "requests that depend on themselves": each(
        lambda i: h2.headers(i, number(i) + b"\0" + BLOCK, flags=END_HEADERS | HAS_PRIORITY)),
    "more streams than allowed": each(lambda i: h2.headers(i, h2.get("/", "POST"), end=False)),
    "trailers on streams that were reset": lambda: (h2.headers(1, b""), *[h2.headers(1, b"")] * SOME),
    "CONTINUATION flood": continuations,
    "small CONTINUATIONs": small_continuations,
    "PING flood": each(lambda _: h2.ping()),
    "SETTINGS flood": each(lambda _: h2.settings()),
    "SETTINGS that change windows": each(lambda i: h2.settings((h2.INITIAL_WINDOW_SIZE, i))),
    "PRIORITY flood": each(lambda i: frame(PRIORITY, 0, i, b"\0\0\0\0\x01")),
    "PRIORITY_UPDATE flood": each(lambda i: frame(PRIORITY_UPDATE, 0, 0, number(i) + b"u=1")),
    "flood of unknown types": each(lambda i: frame(0xBE, 0, i)),
    "flood of empty DATA": open_and_then(h2.data(1)),
    "flood of DATA that is padding": open_and_then(h2.data(1, b"\0", flags=PADDED)),
    "flood of small DATA": open_and_then(h2.data(1, b"x")),
    "tiny WINDOW_UPDATEs": open_and_then(h2.window_update(1, 1)),
    "tiny WINDOW_UPDATEs of the connection": each(lambda _: h2.window_update(0, 1)),
    "WINDOW_UPDATEs of a closed stream": each(lambda i: h2.window_update(1, 10_000) if i > 1 else h2.headers(1)),
    "PINGs of the server, acknowledged": each(lambda _: frame(h2.PING, h2.ACK, 0, b"01234567")),
    "SETTINGS of the server, acknowledged": each(lambda _: frame(h2.SETTINGS, h2.ACK)),
    "GOAWAYs": lambda: (h2.headers(1, h2.get("/", "POST"), end=False), *[h2.goaway()] * SOME),
    "RST_STREAMs of a closed stream": each(lambda i: h2.reset(1) if i > 1 else h2.headers(1)),
    "DATA for a closed stream": each(lambda i: h2.data(1, b"x" * 2000) if i > 1 else h2.headers(1)),
}


def attack(client, pieces):
    """Sends until the server has ended the connection, and reads what comes meanwhile. How much was sent."""
    sent = 0
    pending = b""
    pieces = iter(pieces)
    while True:
        while len(pending) < 8192 and (piece := next(pieces, None)) is not None:
            pending += piece
        readable, _, _ = select.select([client.connection.socket], [], [], 0 if pending else None)
        try:
            if readable:
                client.read_frame()
            elif pending:
                sent += len(pending)
                client.send(pending)
                pending = b""
        except (h2.Closed, ConnectionError):
            return sent


@pytest.mark.parametrize("name", ENDED)
def test_an_attack_is_ended(server, name):
    with h2.Client(server.port) as good, h2.Client(server.port) as client:
        assert good.ask(1).status == 200
        with cheap(server, name):
            attack(client, ENDED[name]())
        assert [code for _, code in client.end().goaways] == [ENHANCE_YOUR_CALM]
        assert good.ask(3).body == b"index"
    assert h2.is_served(server.port)


def hpack_names():
    """Each insertion copies the name of the entry before (CVE-2016-1544 and its sisters)."""
    yield h2.headers(1, h2.block(*h2.get()) + literal("x" * 2000, "v", 0x40))
    for i in odd(100, 3):
        yield h2.headers(i, b"\x7e\x00" * 8000)


def resized_tables():
    for i in odd(100):
        yield h2.headers(i, b"\x20\x3f\xe1\x1f" + h2.block(*h2.get()) + b"".join(literal("x%d" % n, "", 0x40) for n in range(100)))


# These are requests like others, or errors of their own; their cost is bounded.
CHEAP = {
    "names copied from entry to entry": hpack_names,
    "tables that shrink and grow": resized_tables,
}


@pytest.mark.parametrize("name", CHEAP)
def test_an_attack_is_cheap(server, name):
    with h2.Client(server.port) as good, h2.Client(server.port) as client:
        assert good.ask(1).status == 200
        with cheap(server, name):
            attack(client, [*CHEAP[name](), h2.goaway()])
        assert {code for _, code in client.goaways} <= {h2.NO_ERROR, h2.PROTOCOL_ERROR, h2.COMPRESSION_ERROR, ENHANCE_YOUR_CALM}
        assert good.ask(3).body == b"index"


def test_windows_that_stay_closed_cost_nothing(server):
    clients = [h2.Client(server.port, own=[(h2.INITIAL_WINDOW_SIZE, 0)]) for _ in range(20)]
    try:
        for client in clients:
            client.send(*(h2.headers(i, BLOCK) for i in odd(100)))
            client.sync()
        with cheap(server, "windows that stay closed"), h2.Client(server.port) as good:
            for i in odd(50):
                assert good.ask(i).body == b"index"
    finally:
        for client in clients:
            client.connection.reset()
    assert h2.is_served(server.port)


def test_a_file_byte_by_byte_is_ended(server):
    """One WINDOW_UPDATE for each byte: as many frames, and calls, as the body has bytes."""
    with h2.Client(server.port, own=[(h2.INITIAL_WINDOW_SIZE, 1)]) as client:
        client.send(h2.headers(1, BLOCK))
        client.on_data = lambda frame: client.send(h2.window_update(1, 1))
        with cheap(server, "a file byte by byte"):
            try:
                assert client.end().goaways == [(1, ENHANCE_YOUR_CALM)]
            except ConnectionError:
                assert client.goaways == [(1, ENHANCE_YOUR_CALM)]
        assert 100 < len(client.stream(1).body) < 400
