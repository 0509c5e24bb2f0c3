# SPDX-License-Identifier: MIT
"""A client of HTTP/2 without opinions: sends the bytes it is given. What comes back must be frames that hyperframe reads
and header blocks that hpack decodes."""

import socket
from dataclasses import dataclass, field

import hpack
import hyperframe.frame as frames

import raw

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
FRAME_MAX = 16_384
WINDOW = 65_535
WINDOW_MAX = 2**31 - 1

# Types of frames (RFC 9113 section 6; RFC 9218 section 7.1).
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
PRIORITY_UPDATE = 16
END_STREAM = ACK = 0x1
END_HEADERS, PADDED, HAS_PRIORITY = 0x4, 0x8, 0x20

# Error codes (section 7).
(NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED, FRAME_SIZE_ERROR,
 REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM) = range(12)

# Settings (section 6.5.2).
HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = range(1, 7)


def number(value, size=4):
    return value.to_bytes(size, "big")


def frame(type_, flags=0, stream=0, payload=b"", length=None):
    length = len(payload) if length is None else length
    return number(length, 3) + bytes([type_, flags]) + number(stream) + payload


def settings(*pairs):
    return frame(SETTINGS, payload=b"".join(number(name, 2) + number(value) for name, value in pairs))


def window_update(stream, bytes_):
    return frame(WINDOW_UPDATE, stream=stream, payload=number(bytes_))


def reset(stream, code=CANCEL):
    return frame(RST_STREAM, stream=stream, payload=number(code))


def goaway(code=NO_ERROR, last=0, debug=b""):
    return frame(GOAWAY, payload=number(last) + number(code) + debug)


def ping(opaque=b"01234567"):
    return frame(PING, payload=opaque)


def data(stream, payload=b"", end=False, flags=0):
    return frame(DATA, flags | (END_STREAM if end else 0), stream, payload)


def integer(value, prefix, first=0):
    """RFC 7541 section 5.1."""
    most = (1 << prefix) - 1
    if value < most:
        return bytes([first | value])
    out, value = [first | most], value - most
    while value >= 128:
        out.append(value % 128 | 128)
        value //= 128
    return bytes([*out, value])


def literal(name, value, first=0x00):
    """A field whose name and value are spelled out; 0x40 puts it into the table."""
    name, value = (text.encode("latin-1") if isinstance(text, str) else text for text in (name, value))
    return bytes([first]) + integer(len(name), 7) + name + integer(len(value), 7) + value


def block(*fields):
    return b"".join(literal(name, value) for name, value in fields)


def get(path="/", method="GET", *extra):
    """The fields of a request that nobody can object to."""
    return ((":method", method), (":scheme", "http"), (":path", path), (":authority", "localhost"), *extra)


def headers(stream, fields=None, end=True, flags=END_HEADERS):
    """fields: pairs, or the bytes of a block."""
    fields = get() if fields is None else fields
    return frame(HEADERS, flags | (END_STREAM if end else 0), stream,
                 fields if isinstance(fields, bytes) else block(*fields))


@dataclass
class Stream:
    fields: list = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)
    code: int = None  # of RST_STREAM
    ended: bool = False

    @property
    def over(self):
        return self.ended or self.code is not None

    @property
    def status(self):
        return int(dict(self.fields)[":status"]) if self.fields else None

    def __getitem__(self, name):
        return dict(self.fields)[name]


class Closed(Exception):
    """The server has ended the connection."""


class Client:
    """A connection that notes all that comes. own: the settings that it begins with; None: it sends no preface."""

    def __init__(self, port, own=(), **options):
        self.connection = raw.Connection(port, **options)
        self.connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.streams = {}
        self.settings = None  # of the server
        self.goaways = []     # (last stream, code)
        self.pongs = []
        self.answers_pings = True
        self.decoder = hpack.Decoder()
        self.on_data = None   # called with each DATA frame
        if own is not None:
            self.send(PREFACE + settings(*own))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.socket.close()

    def send(self, *parts):
        self.connection.send(b"".join(parts))

    def stream(self, number_):
        return self.streams.setdefault(number_, Stream())

    def read_frame(self):
        try:
            head = self.connection.body_bytes(9)
            parsed, length = frames.Frame.parse_frame_header(memoryview(head))
            assert length <= FRAME_MAX, parsed
            parsed.parse_body(memoryview(self.connection.body_bytes(length)))
        except (AssertionError, ConnectionError) as end:
            if isinstance(end, AssertionError) and "the server closed" not in str(end):
                raise
            assert not self.connection.unread, "the server closed within a frame"
            raise Closed from None
        self._note(parsed)
        return parsed

    def _note(self, parsed):
        assert self.settings is not None or (isinstance(parsed, frames.SettingsFrame) and "ACK" not in parsed.flags), \
            "SETTINGS come first (section 3.4)"
        if isinstance(parsed, frames.SettingsFrame) and "ACK" not in parsed.flags:
            self.settings = dict(parsed.settings)
        elif isinstance(parsed, frames.GoAwayFrame):
            self.goaways.append((parsed.last_stream_id, parsed.error_code))
        elif isinstance(parsed, frames.PingFrame):
            if "ACK" in parsed.flags:
                self.pongs.append(parsed.opaque_data)
            elif self.answers_pings:
                self.send(frame(PING, ACK, 0, parsed.opaque_data))
        elif isinstance(parsed, frames.RstStreamFrame):
            self.stream(parsed.stream_id).code = parsed.error_code
        elif isinstance(parsed, (frames.HeadersFrame, frames.ContinuationFrame, frames.DataFrame)):
            self._note_response(parsed)

    def _note_response(self, parsed):
        stream = self.stream(parsed.stream_id)
        assert not stream.over, f"stream {parsed.stream_id} was over"
        if isinstance(parsed, frames.DataFrame):
            assert stream.fields
            stream.body += parsed.data
            if self.on_data:
                self.on_data(parsed)
        else:
            assert "END_HEADERS" in parsed.flags, "no test has a head as long as that"
            stream.fields += self.decoder.decode(parsed.data)
        stream.ended = "END_STREAM" in parsed.flags

    def read_until(self, condition):
        while not condition():
            self.read_frame()

    def response(self, number_):
        """The stream, when its response is complete or was reset."""
        stream = self.stream(number_)
        self.read_until(lambda: stream.over)
        return stream

    def ask(self, number_, path="/", method="GET", *extra):
        self.send(headers(number_, get(path, method, *extra)))
        return self.response(number_)

    def sync(self, opaque=b"\xff" * 8):
        """The server has read all that was sent."""
        before = len(self.pongs)
        self.send(ping(opaque))
        self.read_until(lambda: len(self.pongs) > before)

    def end(self):
        """Reads until the server closes."""
        try:
            while True:
                self.read_frame()
        except Closed:
            return self


def is_served(port):
    with Client(port) as client:
        return client.ask(1, "/", "HEAD").status == 200
