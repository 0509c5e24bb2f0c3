# SPDX-License-Identifier: MIT
"""States of streams (RFC 9113 section 5): what may come when, how many there may be, and how they end."""

import pytest

import http2_client as h2
import sites
from http2_client import (CONTINUATION, END_HEADERS, PRIORITY, FLOW_CONTROL_ERROR, NO_ERROR, PROTOCOL_ERROR, REFUSED_STREAM,
                          STREAM_CLOSED, frame)
from http2_rules import HELD, IGNORED, SMALL, answered, broken, cases, check, lay_site, reset
from server import wait_until

BLOCK = h2.block(*h2.get())
POST = h2.headers(3, h2.get("/", "POST"), end=False)          # open, though its response is complete
HALF_CLOSED = h2.headers(3, h2.get("/held"))                  # by the client; its response waits for a window
CLOSED = [h2.headers(3), 3]                                   # by both
RESET_BY_CLIENT = HALF_CLOSED + h2.reset(3)
RESET_BY_SERVER = HALF_CLOSED + h2.window_update(3, 0)
REFUSED = h2.headers(3, h2.block((":method", "GET")))
PRIORITY_OF_3 = frame(PRIORITY, 0, 3, b"\0\0\0\1\x0f")

STATES = {
    # Idle
    "DATA on an idle stream": (broken(PROTOCOL_ERROR), h2.data(3, b"x")),
    "RST_STREAM on an idle stream": (broken(PROTOCOL_ERROR), h2.reset(3)),
    "WINDOW_UPDATE on an idle stream": (broken(PROTOCOL_ERROR), h2.window_update(3, 100)),
    "CONTINUATION on an idle stream": (broken(PROTOCOL_ERROR), frame(CONTINUATION, END_HEADERS, 3, BLOCK)),
    "DATA on a stream of the server": (broken(PROTOCOL_ERROR), *CLOSED, h2.data(2, b"x")),
    "RST_STREAM on a stream of the server": (broken(PROTOCOL_ERROR), *CLOSED, h2.reset(2)),
    "WINDOW_UPDATE on a stream of the server": (broken(PROTOCOL_ERROR), *CLOSED, h2.window_update(2, 100)),
    "HEADERS on a stream of the server": (broken(PROTOCOL_ERROR), h2.headers(2)),
    # Open
    "a body": (answered(3, 405), POST, h2.data(3, b"some"), h2.data(3, b"thing", end=True)),
    "a body, and trailers": (answered(3, 405), POST, h2.data(3, b"something"), h2.headers(3, h2.block(("x-sum", "1")))),
    "trailers alone": (answered(3, 405), POST, h2.headers(3, h2.block(("x-sum", "1")))),
    "other frames before its end": (answered(3, 405), POST, PRIORITY_OF_3, h2.window_update(3, 9), h2.data(3, end=True)),
    "a reset before its end": (IGNORED, POST, h2.reset(3)),
    # Half-closed by the client
    "DATA behind the end": (reset(3, STREAM_CLOSED), HALF_CLOSED, h2.data(3, b"x")),
    "DATA, empty, behind the end": (reset(3, STREAM_CLOSED), HALF_CLOSED, h2.data(3, end=True)),
    "HEADERS behind the end": (reset(3, STREAM_CLOSED), HALF_CLOSED, h2.headers(3)),
    "CONTINUATION behind the end": (broken(PROTOCOL_ERROR), HALF_CLOSED, frame(CONTINUATION, END_HEADERS, 3, BLOCK)),
    "WINDOW_UPDATE behind the end": (answered(3), HALF_CLOSED, h2.window_update(3, 100)),
    "PRIORITY behind the end": (answered(3), HALF_CLOSED, PRIORITY_OF_3),
    "RST_STREAM behind the end": (answered(3), HALF_CLOSED, h2.reset(3)),
    "WINDOW_UPDATE of 0 behind the end": (reset(3, PROTOCOL_ERROR), HALF_CLOSED, h2.window_update(3, 0)),
    "too large a window behind the end": (reset(3, FLOW_CONTROL_ERROR), HALF_CLOSED,
                                           h2.window_update(3, h2.WINDOW_MAX) + h2.window_update(3, h2.WINDOW_MAX)),
    # Closed by both
    "DATA on a closed stream": (reset(3, STREAM_CLOSED), *CLOSED, h2.data(3, b"x")),
    "HEADERS on a closed stream": (broken(STREAM_CLOSED), *CLOSED, h2.headers(3)),
    "CONTINUATION on a closed stream": (broken(PROTOCOL_ERROR), *CLOSED, frame(CONTINUATION, END_HEADERS, 3, BLOCK)),
    "WINDOW_UPDATE on a closed stream": (answered(3), *CLOSED, h2.window_update(3, 100), h2.window_update(3, h2.WINDOW_MAX)),
    "WINDOW_UPDATE of 0 on a closed stream": (answered(3), *CLOSED, h2.window_update(3, 0)),
    "PRIORITY on a closed stream": (answered(3), *CLOSED, PRIORITY_OF_3),
    "RST_STREAM on a closed stream": (answered(3), *CLOSED, h2.reset(3)),
    # Closed by RST_STREAM
    "DATA behind a reset": (reset(3, STREAM_CLOSED), RESET_BY_CLIENT, h2.data(3, b"x")),
    "HEADERS behind a reset": (broken(STREAM_CLOSED), RESET_BY_CLIENT, h2.headers(3)),
    "CONTINUATION behind a reset": (broken(PROTOCOL_ERROR), RESET_BY_CLIENT, frame(CONTINUATION, END_HEADERS, 3, BLOCK)),
    "WINDOW_UPDATE behind a reset": (IGNORED, RESET_BY_CLIENT, h2.window_update(3, 100)),
    "PRIORITY behind a reset": (IGNORED, RESET_BY_CLIENT, PRIORITY_OF_3),
    "RST_STREAM behind a reset": (IGNORED, RESET_BY_CLIENT, h2.reset(3)),
    # By the server's: what was under way is ignored
    **{f"{name} behind a reset of the server": (reset(3, PROTOCOL_ERROR), RESET_BY_SERVER, *parts) for name, parts in {
        "DATA": [h2.data(3, b"x"), h2.data(3, end=True)], "HEADERS": [h2.headers(3)], "WINDOW_UPDATE": [h2.window_update(3, 5)],
        "RST_STREAM": [h2.reset(3)], "PRIORITY": [PRIORITY_OF_3]}.items()},
    "DATA behind a refusal": (reset(3, PROTOCOL_ERROR), REFUSED, h2.data(3, b"x")),
    "HEADERS behind a refusal": (reset(3, PROTOCOL_ERROR), REFUSED, h2.headers(3)),
    # Section 5.1.1
    "a stream of a lower number": (broken(PROTOCOL_ERROR), h2.headers(7), h2.headers(5)),
    "DATA on a stream that was left out": (reset(5, STREAM_CLOSED), h2.headers(7), h2.data(5, b"x")),
    "RST_STREAM on a stream that was left out": (answered(7), h2.headers(7), h2.reset(5)),
    "WINDOW_UPDATE on a stream that was left out": (answered(7), h2.headers(7), h2.window_update(5, 100)),
    "a stream of a higher number": (answered(501), h2.headers(501)),
}


@cases(STATES)
def test_rule(http2_server, case):
    check(http2_server, case)


def test_the_last_stream_there_can_be(http2_server):
    with h2.Client(http2_server.port) as client:
        assert client.ask(h2.WINDOW_MAX).body == SMALL
        client.send(h2.headers(h2.WINDOW_MAX, h2.get("/held")))
        assert client.end().goaways == [(h2.WINDOW_MAX, STREAM_CLOSED)]


@pytest.mark.parametrize("count", [1, 3, 100])
def test_more_streams_than_allowed_are_refused(start, place, count):
    server = start(lay_site(place / "site"), "--h2c", "--streams", count)
    with h2.Client(server.port, own=[(h2.INITIAL_WINDOW_SIZE, 1)]) as client:
        held = range(1, 2 * count, 2)
        client.send(*(h2.headers(i, h2.get("/held")) for i in held), h2.headers(2001, h2.get("/held")))
        assert client.response(2001).code == REFUSED_STREAM
        assert client.settings[h2.MAX_CONCURRENT_STREAMS] == count
        client.send(h2.headers(2003, h2.get("/held"), flags=0), frame(CONTINUATION, END_HEADERS, 2003))
        assert client.response(2003).code == REFUSED_STREAM
        client.send(h2.reset(held[0]))  # makes room for one
        client.send(h2.headers(2005, h2.get("/held")), h2.headers(2007, h2.get("/held")))
        assert client.response(2007).code == REFUSED_STREAM
        client.send(h2.settings((h2.INITIAL_WINDOW_SIZE, 1000)))
        for i in (*held[1:], 2005):
            assert client.response(i).body == HELD
        assert client.ask(2009).body == SMALL
        assert not client.goaways


def test_streams_whose_body_is_not_complete_count(start, place):
    server = start(lay_site(place / "site"), "--h2c", "--streams", 2)
    with h2.Client(server.port) as client:
        for i in (1, 3):
            client.send(h2.headers(i, h2.get("/", "POST"), end=False))
            assert client.response(i).status == 405
        assert client.ask(5).code == REFUSED_STREAM
        client.send(h2.data(1, end=True))
        assert client.ask(7).status == 200


def test_a_client_that_leaves_gets_its_responses(http2_server):
    """GOAWAY from a client: what is under way is finished, then the connection ends."""
    with h2.Client(http2_server.port, own=[(h2.INITIAL_WINDOW_SIZE, 16)]) as client:
        client.send(h2.headers(1, h2.get("/held")), h2.headers(3, h2.get("/held")), h2.goaway(debug=b"I must go"))
        client.sync()
        client.send(h2.window_update(1, 1000), h2.window_update(3, 1000))
        client.end()
        assert [bytes(client.stream(i).body) for i in (1, 3)] == [HELD] * 2
        assert all(code == NO_ERROR for _, code in client.goaways)


def test_a_client_that_leaves_with_nothing_under_way(http2_server):
    with h2.Client(http2_server.port) as client:
        client.ask(1)
        client.send(h2.goaway(last=0))
        client.end()


def test_a_client_that_ends_its_side_gets_its_responses(http2_server):
    with h2.Client(http2_server.port) as client:
        client.send(h2.headers(1), h2.headers(3, h2.get("/held")))
        client.connection.end_sending()
        client.end()
        assert (client.stream(1).body, client.stream(3).body) == (SMALL, HELD)


def test_many_streams_one_after_the_other(http2_server):
    with h2.Client(http2_server.port) as client:
        for begin in range(1, 2001, 200):
            client.send(*(h2.headers(i) for i in range(begin, begin + 200, 2)))
            assert all(client.response(i).body == SMALL for i in range(begin, begin + 200, 2))


def test_uploads_are_read_as_fast_as_they_come(start, place):
    """The windows of the server open again as it drops what comes: more than the first window, on two streams in turns."""
    site = sites.write_files(place, {"index.html": SMALL})
    server = start(site, "--h2c")
    with h2.Client(server.port) as client:
        post = h2.get("/", "POST", ("content-length", str(40 * 10_000)))
        client.send(h2.headers(1, post, end=False), h2.headers(3, post, end=False))
        for i in range(40):
            for stream in (1, 3):
                client.send(h2.data(stream, b"x" * 10_000, end=i == 39))
            client.sync(h2.number(i, 8))
        assert (client.response(1).status, client.response(3).status) == (405, 405)
        assert client.ask(5).status == 200


def test_a_client_that_ends_its_side_within_a_request_is_closed(start, place):
    """Nobody can complete the request, or open the window, any more."""
    server = start(lay_site(place / "site"), "--h2c", "--send-ms", 600_000, "--body-ms", 600_000)
    listeners = server.open_sockets()
    with h2.Client(server.port, own=[(h2.INITIAL_WINDOW_SIZE, 16)]) as client:
        client.send(h2.headers(1, h2.get("/", "POST"), end=False), h2.headers(3, h2.get("/held")))
        client.connection.end_sending()
        client.end()
        assert client.stream(3).body == HELD[:16]
    assert wait_until(lambda: server.open_sockets() == listeners)


def test_a_body_without_end_is_stopped_without_an_error(http2_server):
    """Its response was sent long ago, and must not be lost on the client (section 8.1)."""
    with h2.Client(http2_server.port) as client:
        client.send(h2.headers(1, h2.get("/", "POST"), end=False))
        client.read_until(lambda: client.stream(1).ended)
        client.send(*[h2.data(1, b"x" * h2.FRAME_MAX)] * 65)
        client.read_until(lambda: client.stream(1).code is not None)
        assert (client.stream(1).status, client.stream(1).code) == (405, NO_ERROR)
        client.sync()
        assert client.ask(3).status == 200 and not client.goaways
