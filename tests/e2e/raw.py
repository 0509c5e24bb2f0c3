# SPDX-License-Identifier: MIT
"""A client without opinions: sends the bytes it is given, reads answers one by one."""

import socket
import struct

import wire
from server import DEADLINE


class Connection:
    def __init__(self, port, host="127.0.0.1", receive_buffer=None, deadline=DEADLINE, source=None):
        """`source`: the address to come from."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.settimeout(deadline)
        if receive_buffer:
            # Before connecting: the window offered first must be small already.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source:
            self.socket.bind((source, 0))
        self.socket.connect((host, port))
        self.unread = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def ask(self, path, method="GET", **options):
        """Sends one request and reads its answer."""
        self.send(request(path, method, **options))
        return self.answer(method)

    def end_sending(self):
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        """Vanishes without a goodbye: the server sees a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def head(self):
        """The raw bytes of the next head, and the answer with no body yet."""
        while b"\r\n\r\n" not in self.unread:
            self._more()
        raw = self._take(self.unread.index(b"\r\n\r\n"))
        return raw + self._take(4), wire.read_head(raw)

    def body_bytes(self, count):
        while len(self.unread) < count:
            self._more()
        return self._take(count)

    def _take(self, count):
        taken = bytes(self.unread[:count])
        del self.unread[:count]
        return taken

    def answer(self, method="GET"):
        """The next answer, whole. One without a length lasts until the server closes."""
        raw, answer = self.head()
        assert answer is not None, f"no HTTP answer: {raw[:200]!r}"
        if method == "HEAD" or answer.status in (204, 304) or not answer.is_final:
            return answer
        if "content-length" in answer.fields:
            answer.body = self.body_bytes(int(answer.fields["content-length"]))
        else:
            answer.body = self.rest()
        return answer

    def rest(self):
        """All that comes until the server ends the connection; a reset ends it as well."""
        try:
            while data := self.socket.recv(1 << 18):
                self.unread += data
        except ConnectionResetError:
            pass
        return self._take(len(self.unread))

    def is_closed(self):
        """Waits for the server to end the connection without another byte."""
        return self.rest() == b""

    def is_open_and_silent(self, seconds=0.2):
        """Nothing has come within a short while; only ever a supporting observation."""
        self.socket.settimeout(seconds)
        try:
            return not self.unread and self.socket.recv(1, socket.MSG_PEEK) is None
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(DEADLINE)

    def _more(self):
        data = self.socket.recv(1 << 18)
        assert data, f"the server closed after {bytes(self.unread[:200])!r}"
        self.unread += data


def request(path, method="GET", body=b"", version="1.1", **fields):
    """Field names are given with underscores: content_length=5."""
    fields = {"host": "localhost", **fields}
    if body:
        fields.setdefault("content_length", len(body))
    lines = [f"{method} {path} HTTP/{version}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def ask(port, path, method="GET", **options):
    """One request on a connection of its own."""
    with Connection(port) as connection:
        return connection.ask(path, method, connection="close", **options)


def exchange(port, data, host="127.0.0.1"):
    """Sends the bytes, and returns all that comes until the server closes."""
    with Connection(port, host) as connection:
        connection.send(data)
        return connection.rest()
