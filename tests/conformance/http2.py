# SPDX-License-Identifier: MIT
"""A client of HTTP/2 with prior knowledge that sends whatever it is told, and takes from the server only what RFC 9113
allows."""

import socket
from dataclasses import dataclass, field

import hpack
from hyperframe import frame as frames

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
PROTOCOL_ERROR = 1
ENHANCE_YOUR_CALM = 11
WINDOW_MAX = (1 << 31) - 1
WINDOW = 65535
FRAME_MAX = 16384
HEADER_BYTES = 9
_HUFFMAN_MAX = 32768  # bytes of a value


@dataclass
class Response:
    """How a stream ended. Without a status nothing was answered."""

    status: int | None = None
    fields: list = field(default_factory=list)  # without :status
    body: bytes = b""
    error: int | None = None  # of RST_STREAM, or of GOAWAY
    goaway: bool = False


class WrongServer(Exception):
    """The server broke a rule of RFC 9113."""


class Connection:
    """One connection; requests follow one another on it."""

    def __init__(self, port, patience=10.0):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=patience)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._input = b""
        self._encoder, self._decoder = hpack.Encoder(), hpack.Decoder()
        self._next_stream = 1
        self._initial_window = WINDOW
        self._window = WINDOW  # of the connection
        self._socket.sendall(
            PREFACE
            + frames.SettingsFrame(0, {frames.SettingsFrame.INITIAL_WINDOW_SIZE: WINDOW_MAX}).serialize()
            + frames.WindowUpdateFrame(0, WINDOW_MAX - WINDOW).serialize()
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def ask(self, block):
        """Sends the request of translate.Block as far as windows allow, in as few pieces as they allow, and reads its
        response."""
        stream, self._next_stream = self._next_stream, self._next_stream + 2
        response = Response()
        left, window = block.body, self._initial_window
        ready = self._head(stream, block.fields, block.complete and not left and not block.trailers)
        while left:
            most = min(FRAME_MAX, self._window, window, len(left))
            if most <= 0:
                self._send(ready)
                ready = b""
                change = self._read_frame(stream, response)
                if change is None:
                    return response
                window += change
                continue
            data, left = left[:most], left[most:]
            self._window -= most
            window -= most
            flags = ["END_STREAM"] if block.complete and not left and not block.trailers else []
            ready += frames.DataFrame(stream, data, flags=flags).serialize()
        if block.trailers:
            ready += self._head(stream, block.trailers, True)
        self._send(ready)
        while self._read_frame(stream, response) is not None:
            pass
        return response

    def _send(self, data):
        try:
            self._socket.sendall(data)
        except OSError:
            pass  # the server has closed; what it said before can still be read

    def _head(self, stream, fields, ends):
        block = _encode(self._encoder, fields)
        pieces = [block[i : i + FRAME_MAX] for i in range(0, len(block), FRAME_MAX)] or [b""]
        sent = [frames.HeadersFrame(stream, pieces[0], flags=["END_STREAM"] if ends else [])]
        sent += [frames.ContinuationFrame(stream, piece) for piece in pieces[1:]]
        sent[-1].flags.add("END_HEADERS")
        return b"".join(one.serialize() for one in sent)

    def _receive(self, count):
        while len(self._input) < count:
            data = self._socket.recv(1 << 18)
            if not data:
                return None
            self._input += data
        data, self._input = self._input[:count], self._input[count:]
        return data

    def _next_frame(self):
        """None at the end of the connection."""
        try:
            header = self._receive(HEADER_BYTES)
            if header is None:
                return None
            frame, length = frames.Frame.parse_frame_header(memoryview(header))
            if length > FRAME_MAX:
                raise WrongServer(f"a frame of {length} bytes")
            payload = self._receive(length)
        except ConnectionResetError:
            return None
        if payload is None:
            return None
        frame.parse_body(memoryview(payload))
        return frame

    def _read_frame(self, stream, response):
        """Reads one frame. None: the response is complete. Otherwise by how much the window of the stream grew."""
        frame = self._next_frame()
        if frame is None:
            raise WrongServer("the connection ended without GOAWAY")
        match frame:
            case frames.GoAwayFrame():
                response.error, response.goaway = frame.error_code, True
                return None
            case frames.SettingsFrame() if "ACK" not in frame.flags:
                window = frame.settings.get(frames.SettingsFrame.INITIAL_WINDOW_SIZE, self._initial_window)
                grown, self._initial_window = window - self._initial_window, window
                self._send(frames.SettingsFrame(0, flags=["ACK"]).serialize())
                return grown
            case frames.WindowUpdateFrame(stream_id=0):
                self._window += frame.window_increment
            case frames.PushPromiseFrame():
                raise WrongServer("a push, which was not allowed")
            case _ if frame.stream_id == stream:
                return self._read_frame_of_stream(frame, response)
        return 0

    def _read_frame_of_stream(self, frame, response):
        match frame:
            case frames.RstStreamFrame():
                response.error = frame.error_code
                return None
            case frames.WindowUpdateFrame():
                return frame.window_increment
            case frames.HeadersFrame():
                self._take_head(frame, response)
            case frames.DataFrame():
                if response.status is None:
                    raise WrongServer("DATA before HEADERS")
                response.body += frame.data
            case _:
                raise WrongServer(f"a frame of type {frame.type} on a stream")
        return None if "END_STREAM" in frame.flags else 0

    def _take_head(self, frame, response):
        block, last = bytes(frame.data), frame
        while "END_HEADERS" not in last.flags:
            last = self._next_frame()
            if not isinstance(last, frames.ContinuationFrame) or last.stream_id != frame.stream_id:
                raise WrongServer("HEADERS without their end")
            block += last.data
        fields = [tuple(field) for field in self._decoder.decode(block, raw=True)]
        names = [name for name, _ in fields]
        if names[:1] != [b":status"] or any(name.startswith(b":") or name != name.lower() for name in names[1:]):
            raise WrongServer(f"fields {names}")
        status = int(fields[0][1])
        if response.status is not None:
            raise WrongServer("a second response, or trailers")
        if status >= 200:  # 1xx precedes
            response.status = status
            response.fields = [(name.decode(), value.decode("latin-1")) for name, value in fields[1:]]


def _encode(encoder, fields):
    """hpack's Huffman coding takes time by the square of a length."""
    return encoder.encode(fields, huffman=max((len(value) for _, value in fields), default=0) < _HUFFMAN_MAX)


def encoded_bytes(fields):
    """What a field block has at the beginning of a connection."""
    return len(_encode(hpack.Encoder(), fields))
