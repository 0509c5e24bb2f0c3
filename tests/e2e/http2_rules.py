# SPDX-License-Identifier: MIT
"""Rules of RFC 9113 as cases: what a client sends, and what must come of it."""

import pytest

import http2_client as h2
import sites

WINDOW = 16
HELD = b"held back by its window, until the end"  # longer than WINDOW
SMALL = b"small"                                   # shorter


def lay_site(root):
    return sites.write_files(root, {"index.html": SMALL, "held": HELD, "404.html": SMALL})


class Expectation:
    def __init__(self, kind, stream=None, values=()):
        self.kind, self.stream, self.values = kind, stream, values


def broken(*codes):
    """A connection error: GOAWAY with one of these codes, and the end."""
    return Expectation("broken", values=codes)


def reset(stream, *codes):
    """A stream error: RST_STREAM with one of these codes."""
    return Expectation("reset", stream, codes)


def answered(stream, status=200):
    """No error, and a response."""
    return Expectation("answered", stream, (status,))


IGNORED = Expectation("ignored")


def cases(table):
    """table: a name, and what is expected, and what is sent; a number between says to wait for this stream's end."""
    return pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in table.items()])


def check(server, case):
    """Stream 1 is open all the time, and waits for its window: errors of other streams must leave it alone."""
    expected, *parts = case
    with h2.Client(server.port, own=[(h2.INITIAL_WINDOW_SIZE, WINDOW)]) as client:
        client.send(h2.headers(1, h2.get("/held")))
        client.read_until(lambda: len(client.stream(1).body) == WINDOW)
        for part in parts[:-1]:
            client.response(part) if isinstance(part, int) else client.send(part)
        client.send(parts[-1])
        if expected.kind == "broken":
            _check_broken(client, expected)
        else:
            client.send(h2.ping(b"the case"))
            client.read_until(lambda: b"the case" in client.pongs)
            _check_alive(client, expected)
    assert h2.is_served(server.port)


def _check_broken(client, expected):
    client.end()
    assert [code for _, code in client.goaways] in [[code] for code in expected.values]
    assert not client.stream(1).over, "it has not ended as if all were well"


def _check_alive(client, expected):
    codes = {number: stream.code for number, stream in client.streams.items() if stream.code is not None}
    if expected.kind == "reset":
        assert codes.keys() == {expected.stream} and codes[expected.stream] in expected.values, codes
    else:
        assert not codes
    if expected.kind == "answered":
        client.read_until(lambda: client.stream(expected.stream).fields)
        assert client.stream(expected.stream).status == expected.values[0]
    # Blocks of the case had to be read, whatever became of their streams, or the tables are out of step.
    client.send(h2.window_update(1, 1000), h2.headers(999, h2.block(*h2.get()) + h2.literal("x-case", "1", 0x40)),
                h2.headers(1001, h2.block(*h2.get()) + b"\xbe"))
    for number, body in ((1, HELD), (999, SMALL), (1001, SMALL)):
        stream = client.response(number)
        assert (stream.status, bytes(stream.body), stream.code) == (200, body, None)
    assert not client.goaways
