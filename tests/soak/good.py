# SPDX-License-Identifier: MIT
"""Clients who do everything right, and look at every byte of what they get."""

import random
import socket
import threading
import time

import raw

SLOW_HEAD = 40  # bytes of a head that are sent one by one


class Good(threading.Thread):
    """Asks for all kinds of things on kept connections until it is told that it is enough."""

    def __init__(self, port, site, seed, enough):
        super().__init__(daemon=True)
        self.port, self.site, self.enough = port, site, enough
        self.random = random.Random(seed)
        self.made = time.monotonic()  # and the files a moment before
        self.requests = 0
        self.faults = []
        self.connection = None

    def run(self):
        kinds = [self._whole, self._range, self._conditional, self._pipeline, self._head, self._byte_by_byte]
        kinds += [self._changing, self._changing, self._changing, self._in_place, self._new]
        while not self.enough.is_set():
            kind = self.random.choice(kinds)
            try:
                if self.connection is None:
                    self.connection = raw.Connection(self.port)
                kind()
            except (OSError, AssertionError, ValueError, KeyError) as fault:
                self.faults.append(f"{kind.__name__}: {fault!r}"[:300])
                self._leave()
            if self.random.random() < 0.05:
                self._leave()
        self._leave()

    def _leave(self):
        if self.connection:
            self.connection.socket.close()
        self.connection = None

    def _ask(self, path, method="GET", **fields):
        answer = self.connection.ask(path, method, **fields)
        self._judge(answer)
        return answer

    def _judge(self, answer):
        self.requests += 1
        if answer.status < 400:
            assert answer.fields.get("x-soak") in ("1", "2"), answer.fields

    def _still(self):
        return self.random.choice(list(self.site.still.items()))

    def _whole(self):
        path, body = self._still()
        answer = self._ask(path)
        assert (answer.status, answer.body) == (200, body), f"{path}: {answer.status}, {len(answer.body)} bytes"

    def _head(self):
        path, body = self._still()
        answer = self._ask(path, "HEAD")
        assert (answer.status, int(answer.fields["content-length"])) == (200, len(body))

    def _range(self):
        path, body = self._still()
        first = self.random.randrange(len(body) + 2)
        last = first + self.random.randrange(len(body) + 1)
        answer = self._ask(path, range=f"bytes={first}-{last}")
        if first < len(body):
            wanted = (206, body[first : last + 1])
            assert (answer.status, answer.body) == wanted, f"{path} {first}-{last}: {answer.status}"
        else:
            assert answer.status in ((416,) if body else (200, 416))

    def _conditional(self):
        path, body = self._still()
        answer = self._ask(path)
        if "etag" not in answer.fields:  # larger than what the cache holds, and written less than three seconds ago
            assert time.monotonic() < self.made + 10, f"{path} has no tag"
            return
        again = self._ask(path, if_none_match=answer.fields["etag"])
        assert (answer.body, again.status) == (body, 304)
        assert self._ask(path, if_match='"another"').status == 412

    def _pipeline(self):
        several = [self._still() for _ in range(self.random.randrange(2, 20))]
        self.connection.send(b"".join(raw.request(path) for path, _ in several))
        for path, body in several:
            answer = self.connection.answer()
            self._judge(answer)
            assert (answer.status, answer.body) == (200, body), f"{path} in a pipeline: {answer.status}"

    def _byte_by_byte(self):
        path, body = self._still()
        head = raw.request(path)
        self.connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in head[:SLOW_HEAD]:
            self.connection.send(bytes([byte]))
        self.connection.send(head[SLOW_HEAD:])
        answer = self.connection.answer()
        self._judge(answer)
        assert (answer.status, answer.body) == (200, body)

    def _changing(self):
        path = self.random.choice(list(self.site.states))
        answer = self._ask(path)
        found = answer.body if answer.status == 200 else None
        assert answer.status in (200, 403, 404), f"{path}: {answer.status}"
        assert found in self.site.states[path], f"{path}: {len(found or b'')} bytes that it never had"

    def _new(self):
        known = list(self.site.newest.items())
        if known:
            path, body = self.random.choice(known)
            answer = self._ask(path)
            there = (answer.status, answer.body) == (200, body)
            assert there or answer.status == 404, f"{path}: {answer.status} {answer.body[:50]!r}"

    def _in_place(self):
        """A file that shrinks under way ends its connection; until then all bytes are its own."""
        path = self.random.choice(self.site.in_place)
        self.connection.send(raw.request(path))
        _, answer = self.connection.head()
        assert answer.status == 200
        self._judge(answer)
        body = self._until_end(int(answer.fields["content-length"]))
        # Pages on their way to a client belong to the file: what is cut off meanwhile may become zeroes (sendfile(2)).
        assert body.strip(b"a\0") == b"", f"{path}: {body.strip(bytes(1) + b'a')[:50]!r}"

    def _until_end(self, length):
        connection = self.connection
        while len(connection.unread) < length:
            data = connection.socket.recv(1 << 18)
            connection.unread += data
            if not data:
                self._leave()
                return bytes(connection.unread)
        return connection.body_bytes(length)


def settled(port, site):
    """The paths whose answer is not what they are now, with nothing changing any more."""
    wrong = []
    for path, body in site.is_now().items():
        answer = raw.ask(port, path)
        if (answer.body if answer.status == 200 else None) != body:
            wrong.append(path)
    return wrong
