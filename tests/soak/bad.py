# SPDX-License-Identifier: MIT
"""Clients who vanish, dawdle and talk nonsense. What becomes of them is no matter."""

import random
import subprocess
import threading

import raw

BIG = "/still/400000.bin"


class Bad(threading.Thread):
    def __init__(self, port, seed, enough):
        super().__init__(daemon=True)
        self.port, self.enough = port, enough
        self.random = random.Random(seed)
        self.faults = 0

    def run(self):
        kinds = [self._reset_in_head, self._reset_in_answer, self._half_closed, self._garbage, self._body_breaks_off]
        kinds += [self._pipeline_unread, self._never_asks, self._many_at_once]
        rare = [self._slow_reader, self._silent, self._killed, self._dripping]
        while not self.enough.is_set():
            try:
                self.random.choice(rare if self.random.random() < 0.02 else kinds)()
            except (OSError, AssertionError):
                pass  # the server may well have closed first
            self.faults += 1
            self.enough.wait(0.005)

    def _connect(self, **options):
        return raw.Connection(self.port, deadline=10, **options)

    def _reset_in_head(self):
        connection = self._connect()
        connection.send(raw.request(BIG)[: self.random.randrange(1, 40)])
        connection.reset()

    def _reset_in_answer(self):
        connection = self._connect(receive_buffer=4096)
        connection.send(raw.request(BIG))
        connection.socket.recv(self.random.randrange(1, 4096))
        connection.reset()

    def _half_closed(self):
        with self._connect() as connection:
            whole = raw.request(BIG)
            connection.send(whole[: self.random.randrange(len(whole) + 1)])
            connection.end_sending()
            connection.rest()

    def _garbage(self):
        with self._connect() as connection:
            connection.send(self.random.randbytes(self.random.randrange(1, 3000)))
            connection.end_sending()
            connection.rest()

    def _body_breaks_off(self):
        connection = self._connect()
        connection.send(raw.request("/", "POST", transfer_encoding="chunked") + b"1000\r\n" + b"x" * 77)
        connection.reset()

    def _pipeline_unread(self):
        with self._connect(receive_buffer=4096) as connection:
            connection.send(raw.request("/still/20.bin") * 50 + raw.request(BIG) * 3)
            connection.socket.recv(100)

    def _never_asks(self):
        with self._connect():
            pass

    def _many_at_once(self):
        several = [self._connect() for _ in range(20)]
        for connection in several:
            connection.send(raw.request("/still/2048.bin"))
        for connection in several:
            connection.reset()

    def _slow_reader(self):
        with self._connect(receive_buffer=2048) as connection:
            connection.send(raw.request(BIG))
            for _ in range(20):
                connection.socket.recv(100)
                if self.enough.wait(0.1):
                    break

    def _silent(self):
        """Until the server loses its patience, or we do."""
        several = [self._connect() for _ in range(10)]
        for connection in several[5:]:
            connection.send(b"GET / HTTP/1.1\r\n")
        for connection in several:
            with connection:
                connection.rest()

    def _dripping(self):
        with self._connect() as connection:
            for byte in raw.request("/still/1.bin", x_padding="y" * 200):
                connection.send(bytes([byte]))
                if self.enough.wait(0.01):
                    break

    def _killed(self):
        """The process is gone in the middle of its download, and the kernel cleans up behind it."""
        command = ["curl", "-s", "--limit-rate", "50k", "-o", "/dev/null", f"http://127.0.0.1:{self.port}{BIG}"]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        self.enough.wait(0.3)
        process.kill()
        process.wait()
