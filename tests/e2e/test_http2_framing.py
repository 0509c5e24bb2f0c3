# SPDX-License-Identifier: MIT
"""What RFC 9113 demands of frames and of a connection (sections 3 to 6), each rule broken once, and kept at its edge."""

import pytest

import http2_client as h2
import raw
from http2_client import (ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HAS_PRIORITY, HEADERS, PADDED, PING, PRIORITY,
                          PRIORITY_UPDATE, PUSH_PROMISE, RST_STREAM, SETTINGS, WINDOW_UPDATE, ENHANCE_YOUR_CALM,
                          FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, PROTOCOL_ERROR, frame, number)
from http2_rules import IGNORED, answered, broken, cases, check, reset

BLOCK = h2.block(*h2.get())
POST = h2.headers(3, h2.get("/", "POST"), end=False)
OPEN = [h2.headers(3, end=False), 3]  # its response is complete, and took 5 bytes of a window of 16
PARTS = [h2.headers(3, BLOCK[:5], flags=0)]
EXCLUSIVE = 1 << 31


def priority(depends_on, weight=16):
    return number(depends_on) + bytes([weight - 1])


def continuation(stream, payload=b"", end=True):
    return frame(CONTINUATION, END_HEADERS if end else 0, stream, payload)


FRAMES = {
    # Section 4.1
    "unknown type": (IGNORED, frame(0xBE, 0xFF, 0, b"what?")),
    "unknown type on an idle stream": (IGNORED, frame(0xBE, 0, 77, b"what?")),
    "unknown type, empty": (IGNORED, frame(0xFF)),
    "unknown type, as long as a frame may be": (IGNORED, frame(0xBE, 0, 0, b"x" * h2.FRAME_MAX)),
    "unknown type, longer": (broken(FRAME_SIZE_ERROR), frame(0xBE, 0, 0, b"x" * 10, length=h2.FRAME_MAX + 1)),
    "unknown flags": (answered(3), frame(HEADERS, 0xD2 | END_HEADERS | END_STREAM, 3, BLOCK)),
    "reserved bit of the stream": (answered(3), frame(HEADERS, END_HEADERS | END_STREAM, 3 | EXCLUSIVE, BLOCK)),
    "priority update of RFC 9218": (IGNORED, frame(PRIORITY_UPDATE, 0, 0, number(1) + b"u=0, i")),
    # Section 4.2
    "DATA as long as a frame may be": (answered(3, 405), POST, h2.data(3, b"x" * h2.FRAME_MAX, end=True)),
    "DATA, longer": (broken(FRAME_SIZE_ERROR), POST, frame(DATA, 0, 3, b"", length=h2.FRAME_MAX + 1)),
    "HEADERS, longer": (broken(FRAME_SIZE_ERROR), frame(HEADERS, 0, 3, b"", length=h2.FRAME_MAX + 1)),
    "SETTINGS, longer": (broken(FRAME_SIZE_ERROR), frame(SETTINGS, 0, 0, b"", length=16386)),
    "PING, the longest there is": (broken(FRAME_SIZE_ERROR), frame(PING, 0, 0, b"", length=(1 << 24) - 1)),
    # Section 6.1
    "DATA on stream 0": (broken(PROTOCOL_ERROR), h2.data(0, b"x")),
    "DATA, all of it padding": (answered(3, 405), POST, h2.data(3, b"\x04" + b"\0" * 4, True, PADDED)),
    "DATA, padding of other bytes": (answered(3, 405), POST, h2.data(3, b"\x02body!!", True, PADDED)),
    "DATA, more padding than payload": (broken(PROTOCOL_ERROR), POST, h2.data(3, b"\x05" + b"\0" * 4, True, PADDED)),
    "DATA, padding of 255 bytes": (broken(PROTOCOL_ERROR), POST, h2.data(3, b"\xff", True, PADDED)),
    "DATA without the length of its padding": (broken(FRAME_SIZE_ERROR), POST, h2.data(3, b"", True, PADDED)),
    "DATA, empty": (answered(3, 405), POST, h2.data(3), h2.data(3, end=True)),
    # Section 6.2
    "HEADERS on stream 0": (broken(PROTOCOL_ERROR), h2.headers(0)),
    "HEADERS with padding": (answered(3), h2.headers(3, b"\x03" + BLOCK + b"\0\0\0", flags=END_HEADERS | PADDED)),
    "HEADERS with padding and priority": (
        answered(3), h2.headers(3, b"\x03" + priority(1) + BLOCK + b"abc", flags=END_HEADERS | PADDED | HAS_PRIORITY)),
    "HEADERS, all of it padding": (reset(3, PROTOCOL_ERROR), h2.headers(3, b"\x02\0\0", flags=END_HEADERS | PADDED)),
    "HEADERS, more padding than payload": (broken(PROTOCOL_ERROR), h2.headers(3, b"\xf0" + BLOCK, flags=END_HEADERS | PADDED)),
    "HEADERS, padding into the priority": (
        broken(PROTOCOL_ERROR), h2.headers(3, b"\x01" + priority(0), flags=END_HEADERS | PADDED | HAS_PRIORITY)),
    "HEADERS without the length of the padding": (broken(FRAME_SIZE_ERROR), h2.headers(3, b"", flags=END_HEADERS | PADDED)),
    "HEADERS, half a priority": (broken(FRAME_SIZE_ERROR), h2.headers(3, b"\0\0\0\1", flags=END_HEADERS | HAS_PRIORITY)),
    "HEADERS with padding, continued": (
        answered(3), h2.headers(3, b"\x03" + BLOCK[:9] + b"\0\0\0", flags=PADDED), continuation(3, BLOCK[9:])),
    "HEADERS that depend on themselves": (
        reset(3, PROTOCOL_ERROR), h2.headers(3, priority(3) + BLOCK, flags=END_HEADERS | HAS_PRIORITY)),
    # Section 6.3
    "PRIORITY on stream 0": (broken(PROTOCOL_ERROR), frame(PRIORITY, 0, 0, priority(1))),
    "PRIORITY of an idle stream": (IGNORED, frame(PRIORITY, 0, 33, priority(1))),
    "PRIORITY of an open stream": (IGNORED, frame(PRIORITY, 0, 1, priority(5 | EXCLUSIVE))),
    "PRIORITY, too short": (reset(3, FRAME_SIZE_ERROR), POST, frame(PRIORITY, 0, 3, b"\0\0\0\0")),
    "PRIORITY, too long": (reset(3, FRAME_SIZE_ERROR), POST, frame(PRIORITY, 0, 3, b"\0" * 6)),
    "PRIORITY of an idle stream, too short": (broken(FRAME_SIZE_ERROR), frame(PRIORITY, 0, 33, b"\0\0\0\0")),
    "PRIORITY, depends on itself": (reset(3, PROTOCOL_ERROR), POST, frame(PRIORITY, 0, 3, priority(3))),
    # Section 6.4
    "RST_STREAM on stream 0": (broken(PROTOCOL_ERROR), h2.reset(0)),
    "RST_STREAM, too short": (broken(FRAME_SIZE_ERROR), POST, frame(RST_STREAM, 0, 3, b"\0\0\0")),
    "RST_STREAM, too long": (broken(FRAME_SIZE_ERROR), POST, frame(RST_STREAM, 0, 3, b"\0" * 5)),
    "RST_STREAM with an unknown code": (IGNORED, POST, h2.reset(3, 0xDEADBEEF)),
    # Section 6.5
    "SETTINGS on a stream": (broken(PROTOCOL_ERROR), frame(SETTINGS, 0, 1)),
    "SETTINGS, empty": (IGNORED, h2.settings()),
    "SETTINGS, a byte too short": (broken(FRAME_SIZE_ERROR), frame(SETTINGS, 0, 0, b"\0" * 5)),
    "SETTINGS, a byte too long": (broken(FRAME_SIZE_ERROR), frame(SETTINGS, 0, 0, b"\0" * 7)),
    "SETTINGS, acknowledged": (IGNORED, frame(SETTINGS, ACK)),
    "SETTINGS, acknowledged with values": (broken(FRAME_SIZE_ERROR), frame(SETTINGS, ACK, 0, b"\0" * 6)),
    "SETTINGS, acknowledged on a stream": (broken(PROTOCOL_ERROR), frame(SETTINGS, ACK, 1)),
    "SETTINGS, unknown one": (IGNORED, h2.settings((0xFF, 1), (0, 0), (0xFFFF, 0xFFFFFFFF))),
    "ENABLE_PUSH": (IGNORED, h2.settings((h2.ENABLE_PUSH, 0), (h2.ENABLE_PUSH, 1))),
    "ENABLE_PUSH, neither 0 nor 1": (broken(PROTOCOL_ERROR), h2.settings((h2.ENABLE_PUSH, 2))),
    "INITIAL_WINDOW_SIZE, too large": (broken(FLOW_CONTROL_ERROR), h2.settings((h2.INITIAL_WINDOW_SIZE, 1 << 31))),
    "MAX_FRAME_SIZE, too small": (broken(PROTOCOL_ERROR), h2.settings((h2.MAX_FRAME_SIZE, h2.FRAME_MAX - 1))),
    "MAX_FRAME_SIZE, too large": (broken(PROTOCOL_ERROR), h2.settings((h2.MAX_FRAME_SIZE, 1 << 24))),
    "MAX_FRAME_SIZE, largest": (IGNORED, h2.settings((h2.MAX_FRAME_SIZE, (1 << 24) - 1))),
    "HEADER_TABLE_SIZE": (IGNORED, h2.settings((h2.HEADER_TABLE_SIZE, 0), (h2.HEADER_TABLE_SIZE, 0xFFFFFFFF))),
    "other settings of any value": (
        IGNORED, h2.settings((h2.MAX_CONCURRENT_STREAMS, 0), (h2.MAX_HEADER_LIST_SIZE, 0), (h2.MAX_HEADER_LIST_SIZE, 0xFFFFFFFF))),
    "NO_RFC7540_PRIORITIES, neither 0 nor 1": (broken(PROTOCOL_ERROR), h2.settings((9, 2))),
    "a good setting behind a bad one": (broken(PROTOCOL_ERROR), h2.settings((h2.ENABLE_PUSH, 3), (h2.ENABLE_PUSH, 1))),
    # Section 6.6
    "PUSH_PROMISE": (broken(PROTOCOL_ERROR), frame(PUSH_PROMISE, END_HEADERS, 1, number(2) + BLOCK)),
    "PUSH_PROMISE on stream 0": (broken(PROTOCOL_ERROR), frame(PUSH_PROMISE, END_HEADERS, 0, number(2) + BLOCK)),
    # Section 6.7
    "PING on a stream": (broken(PROTOCOL_ERROR), frame(PING, 0, 1, b"\0" * 8)),
    "PING, too short": (broken(FRAME_SIZE_ERROR), frame(PING, 0, 0, b"\0" * 7)),
    "PING, too long": (broken(FRAME_SIZE_ERROR), frame(PING, 0, 0, b"\0" * 9)),
    "PING, empty": (broken(FRAME_SIZE_ERROR), frame(PING)),
    "PING with unknown flags": (IGNORED, frame(PING, 0xFE, 0, b"flagged!")),
    "PING, acknowledged": (IGNORED, frame(PING, ACK, 0, b"unasked!")),
    "PING, acknowledged, too short": (broken(FRAME_SIZE_ERROR), frame(PING, ACK, 0, b"unasked")),
    # Section 6.8
    "GOAWAY on a stream": (broken(PROTOCOL_ERROR), frame(GOAWAY, 0, 1, b"\0" * 8)),
    "GOAWAY, too short": (broken(FRAME_SIZE_ERROR), frame(GOAWAY, 0, 0, b"\0" * 7)),
    # Section 6.9
    "WINDOW_UPDATE of 0": (broken(PROTOCOL_ERROR), h2.window_update(0, 0)),
    "WINDOW_UPDATE of 0 for a stream": (reset(3, PROTOCOL_ERROR), POST, h2.window_update(3, 0)),
    "WINDOW_UPDATE, its reserved bit": (broken(PROTOCOL_ERROR), h2.window_update(0, EXCLUSIVE)),
    "WINDOW_UPDATE, too short": (broken(FRAME_SIZE_ERROR), frame(WINDOW_UPDATE, 0, 0, b"\0\0\1")),
    "WINDOW_UPDATE, too long": (broken(FRAME_SIZE_ERROR), frame(WINDOW_UPDATE, 0, 1, b"\0\0\0\0\1")),
    "WINDOW_UPDATE beyond the largest window": (broken(FLOW_CONTROL_ERROR), h2.window_update(0, h2.WINDOW_MAX)),
    "WINDOW_UPDATE beyond the largest window of a stream": (reset(3, FLOW_CONTROL_ERROR), *OPEN, h2.window_update(3, h2.WINDOW_MAX - 10)),
    "WINDOW_UPDATE beyond it in two steps": (
        reset(3, FLOW_CONTROL_ERROR), *OPEN, h2.window_update(3, h2.WINDOW_MAX - 11), h2.window_update(3, 1)),
    "WINDOW_UPDATE up to the largest windows": (
        IGNORED, *OPEN, h2.window_update(3, h2.WINDOW_MAX - 11), h2.window_update(0, h2.WINDOW_MAX - h2.WINDOW)),
    "SETTINGS beyond the largest window of a stream": (
        broken(FLOW_CONTROL_ERROR), *OPEN, h2.window_update(3, h2.WINDOW_MAX - 11), h2.settings((h2.INITIAL_WINDOW_SIZE, 17))),
    # Section 6.10
    "CONTINUATION": (answered(3), *PARTS, continuation(3, BLOCK[5:])),
    "CONTINUATION, byte by byte": (
        answered(3), h2.headers(3, BLOCK[:-15], flags=0), *(continuation(3, BLOCK[i:i + 1], i == len(BLOCK) - 1)
                                                             for i in range(len(BLOCK) - 15, len(BLOCK)))),
    "CONTINUATION, empty": (answered(3), *PARTS, continuation(3, end=False), continuation(3, BLOCK[5:])),
    "CONTINUATION, too many": (broken(ENHANCE_YOUR_CALM), *PARTS, *[continuation(3, end=False)] * 17),
    "CONTINUATION, more bytes than a head may have": (
        answered(3, 431), h2.headers(3, BLOCK, flags=0), continuation(3, h2.literal("x", "y" * (h2.FRAME_MAX - 10)))),
    "CONTINUATION, too many bytes": (
        broken(ENHANCE_YOUR_CALM), h2.headers(3, BLOCK, flags=0), *[continuation(3, b"\x82" * h2.FRAME_MAX, end=False)] * 4),
    "CONTINUATION of nothing": (broken(PROTOCOL_ERROR), continuation(3, BLOCK)),
    "CONTINUATION of nothing, on an open stream": (broken(PROTOCOL_ERROR), continuation(1, BLOCK)),
    "CONTINUATION on stream 0": (broken(PROTOCOL_ERROR), *PARTS, continuation(0, BLOCK[5:])),
    "CONTINUATION of another stream": (broken(PROTOCOL_ERROR), *PARTS, continuation(5, BLOCK[5:])),
    "CONTINUATION behind the end": (broken(PROTOCOL_ERROR), h2.headers(3), continuation(3)),
    "CONTINUATION behind the end of others": (broken(PROTOCOL_ERROR), *PARTS, continuation(3, BLOCK[5:]), continuation(3)),
    "CONTINUATION behind DATA": (broken(PROTOCOL_ERROR), POST, h2.data(3, b"x"), continuation(3, BLOCK)),
    **{f"{name} within a header block": (broken(PROTOCOL_ERROR), *PARTS, other) for name, other in {
        "PING": h2.ping(), "DATA": h2.data(1, b"x"), "PRIORITY": frame(PRIORITY, 0, 3, priority(1)), "RST_STREAM": h2.reset(3),
        "SETTINGS": h2.settings(), "WINDOW_UPDATE": h2.window_update(0, 9), "an unknown type": frame(0xBE),
        "HEADERS": h2.headers(3, BLOCK[5:]), "HEADERS of another stream": h2.headers(5), "GOAWAY": h2.goaway()}.items()},
    # RFC 9218 section 7.1
    "PRIORITY_UPDATE on a stream": (broken(PROTOCOL_ERROR), frame(PRIORITY_UPDATE, 0, 1, number(1) + b"u=1")),
    "PRIORITY_UPDATE, too short": (broken(FRAME_SIZE_ERROR), frame(PRIORITY_UPDATE, 0, 0, b"\0\0\1")),
    "PRIORITY_UPDATE of stream 0": (broken(PROTOCOL_ERROR), frame(PRIORITY_UPDATE, 0, 0, number(0) + b"u=1")),
    "PRIORITY_UPDATE of an idle stream": (IGNORED, frame(PRIORITY_UPDATE, 0, 0, number(99) + b"u=1")),
    "PRIORITY_UPDATE that is no dictionary": (IGNORED, frame(PRIORITY_UPDATE, 0, 0, number(1) + b"\xff,,;=u=9,u=,i=?7")),
}


@cases(FRAMES)
def test_rule(http2_server, case):
    check(http2_server, case)


def test_the_servers_settings(http2_server):
    with h2.Client(http2_server.port) as client:
        client.sync()
        assert client.settings == {h2.HEADER_TABLE_SIZE: 4096, h2.MAX_CONCURRENT_STREAMS: 100,
                                   h2.MAX_HEADER_LIST_SIZE: 16384, 9: 1}


def test_each_settings_frame_is_acknowledged(http2_server):
    with h2.Client(http2_server.port) as client:
        client.send(h2.settings() * 5)
        acknowledged = 0
        while acknowledged < 6:
            acknowledged += client.read_frame().flags == {"ACK"}


def test_each_ping_is_answered_with_its_bytes(http2_server):
    sent = [number(i, 8) for i in range(1, 20)]
    with h2.Client(http2_server.port) as client:
        client.send(*map(h2.ping, sent))
        client.read_until(lambda: len(client.pongs) == len(sent))
        assert client.pongs == sent


@pytest.mark.parametrize("first", [
    h2.ping(), h2.headers(1), frame(SETTINGS, ACK), h2.window_update(0, 9), frame(0xBE), h2.data(1), h2.goaway()])
def test_settings_must_come_first(http2_server, first):
    with h2.Client(http2_server.port, own=None) as client:
        client.send(h2.PREFACE, first)
        assert client.end().goaways == [(0, PROTOCOL_ERROR)]
    assert h2.is_served(http2_server.port)


def test_the_preface_comes_in_pieces(http2_server):
    with h2.Client(http2_server.port, own=None) as client:
        for byte in h2.PREFACE + h2.settings() + h2.headers(1):
            client.send(bytes([byte]))
        assert client.response(1).body == b"small"


@pytest.mark.parametrize("preface", [
    h2.PREFACE[:-1] + b"X", h2.PREFACE.replace(b"SM", b"MS"), h2.PREFACE.replace(b"2.0", b"2.1"),
    h2.PREFACE.replace(b"PRI", b"PRY"), b"PRI * HTTP/2.0\r\n\r\n" + h2.settings()])
def test_a_wrong_preface_is_refused(http2_server, preface):
    """As HTTP/1, which has no such version."""
    answer = raw.exchange(http2_server.port, preface + h2.settings() + h2.headers(1))
    assert answer.startswith((b"HTTP/1.1 505 ", b"HTTP/1.1 400 ", b"HTTP/1.1 501 ")) and b"\r\nConnection: close\r\n" in answer
    assert h2.is_served(http2_server.port)


@pytest.mark.parametrize("length", range(0, 24, 4))
def test_a_preface_that_breaks_off(http2_server, length):
    with h2.Client(http2_server.port, own=None) as client:
        client.send(h2.PREFACE[:length])
        client.connection.end_sending()
        assert client.connection.rest() == b""


def test_the_preface_is_a_first_request_only(http2_server):
    with h2.Client(http2_server.port, own=None) as client:
        assert client.connection.ask("/").status == 200
        client.send(h2.PREFACE)
        assert client.connection.answer().status in (400, 501, 505)


def test_http1_beside_it(http2_server):
    assert raw.ask(http2_server.port, "/").body == b"small"
    upgrade = raw.ask(http2_server.port, "/", upgrade="h2c", http2_settings="AAMAAABkAARAAAAAAAIAAAAA")
    assert upgrade.status == 200, "Upgrade: h2c is no more (RFC 9113 section 3.1)"


def test_without_the_option_there_is_no_http2(fixture_server):
    answer = raw.exchange(fixture_server.port, h2.PREFACE + h2.settings())
    assert answer.startswith(b"HTTP/1.1 ")


def test_a_connection_error_names_the_last_stream(http2_server):
    with h2.Client(http2_server.port) as client:
        client.ask(1)
        client.ask(9)
        client.send(h2.data(0))
        assert client.end().goaways == [(9, PROTOCOL_ERROR)]
