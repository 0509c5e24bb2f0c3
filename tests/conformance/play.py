# SPDX-License-Identifier: MIT
"""Playing one case against a server on 127.0.0.1 and recording what comes back."""

import re
import socket
import struct
import time
from dataclasses import dataclass

import cases
import wire

QUIET_SECONDS = 1.0  # silence that long means: the server has said all and keeps the connection
SEND_SECONDS = 3.0
SLOW_SECONDS = 95.0
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass
class Recording:
    """What one conversation looked like from the client's side."""

    sent: bytes = b""
    received: bytes = b""
    end: str = "timeout"  # close, reset, timeout, send error
    kept: bool | None = None  # a further request was answered; None where nobody asked
    alive: bool | None = None  # after our reset: does the server still answer others?
    freed: bool | None = None  # we never read: did the server let go of us in time?
    refused: str | None = None  # why there was no connection at all
    seconds: float = 0.0


def _get(path):
    return f"GET {path} HTTP/1.1\r\nHost: {{}}\r\nConnection: close\r\n\r\n"


class Player:
    """Knows one server: its port, and the validators of /file.txt that cases refer to."""

    def __init__(self, port, quiet=QUIET_SECONDS):
        self.quiet = quiet
        self.port = port
        self.host = f"127.0.0.1:{port}"
        head = self.ask(_get("/file.txt").replace("GET", "HEAD").format(self.host).encode())
        self.values = {"H": self.host, "ETAG": _field(head, b"ETag"), "LM": _field(head, b"Last-Modified")}

    def ask(self, request):
        """One request on a connection of its own; everything until the server closes or falls silent."""
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall(request)
            return _read_until_quiet(connection, self.quiet)[0]

    def play(self, case):
        recording = Recording()
        patience = SLOW_SECONDS if case.get("slow") else self.quiet
        begin = time.monotonic()
        with socket.socket() as connection:
            try:
                connection.connect(("127.0.0.1", self.port))
            except OSError as error:
                recording.refused = str(error)
                return recording
            self._send_steps(connection, case, recording, patience, begin)
            if any(step.get("rst") for step in cases.steps(case)):
                recording.alive = b" 200" in self.ask(_get("/file.txt").format(self.host).encode())[:20]
            elif any(step.get("no_read") for step in cases.steps(case)):
                recording.freed = self._freed_within(connection, patience)
            else:
                received, recording.end = _read_until_quiet(connection, patience)
                recording.received += received
                recording.seconds = time.monotonic() - begin
                if self._worth_probing(case, recording):
                    self._probe(connection, recording)
        return recording

    def play_to_the_end(self, case):
        """The raw bytes answered when our end of file follows the case at once, Date values taken out.

        With an end in sight no server has to wait for a deadline, so two servers can be compared
        quickly and without a word about time.
        """
        recording = Recording()
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            self._send_steps(connection, case, recording, SLOW_SECONDS, time.monotonic())
            try:
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # the server was faster; what it said can still be read
            received, recording.end = _read_until_quiet(connection, SLOW_SECONDS)
            recording.received += received
        return wire.without_dates(recording.received)

    def _send_steps(self, connection, case, recording, patience, begin):
        try:
            for step in cases.steps(case):
                for _ in range(step.get("repeat", 1)):
                    self._send_step(connection, step, recording)
                    if not step.get("delay_ms"):
                        continue
                    pause = step["delay_ms"] / 1000
                    if not step.get("repeat"):
                        time.sleep(pause)  # the pause belongs to the case: segments must not melt together
                        continue
                    received, recording.end = _read_until_quiet(connection, pause)
                    recording.received += received
                    if recording.end != "timeout" or time.monotonic() - begin > patience:
                        break
        except OSError:
            recording.end = "send error"

    def _send_step(self, connection, step, recording):
        if step.get("send"):
            data = cases.to_bytes(step["send"], self.values)
            recording.sent += data
            if step.get("no_read"):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(SEND_SECONDS)
            connection.sendall(data)
        if step.get("rst"):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            connection.close()
        if step.get("half_close"):
            connection.shutdown(socket.SHUT_WR)

    def _worth_probing(self, case, recording):
        return (
            recording.end == "timeout"
            and case["expect"]["conn"] in ("keep", "any")
            and not case.get("slow")
            and not any(step.get("half_close") for step in cases.steps(case))
        )

    def _probe(self, connection, recording):
        """Is the connection really kept? Only a further answer shows it."""
        answer = b""
        try:
            connection.sendall(f"GET /file.txt?probe HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode())
            answer, recording.end = _read_until_quiet(connection, self.quiet / 2)
        except OSError:
            recording.end = "reset"
        recording.kept = answer.startswith(b"HTTP/1.1 200")
        # The judge asks whether the case itself left the connection open.
        recording.end = "timeout"

    def _freed_within(self, connection, patience):
        """The kernel's table tells when the server has closed its end; reading would free it ourselves."""
        our_port = connection.getsockname()[1]
        begin = time.monotonic()
        while time.monotonic() - begin < patience - 1:
            if not _established(self.port, our_port):
                return True
            time.sleep(0.2)
        return False


def _established(server_port, client_port):
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    return any(
        row[3] == "01" and row[1].endswith(f":{server_port:04X}") and row[2].endswith(f":{client_port:04X}")
        for row in rows
    )


def _read_until_quiet(connection, patience):
    """Bytes until the server closes, resets, or says nothing for `patience` seconds; and which it was."""
    received = bytearray()
    try:
        connection.settimeout(patience)
        while data := connection.recv(262144):
            received += data
        return bytes(received), "close"
    except TimeoutError:
        return bytes(received), "timeout"
    except OSError:
        return bytes(received), "reset"


def _field(head, name):
    match = re.search(rb"(?im)^" + name + rb":\s*(.*?)\r?$", head)
    return match.group(1).decode() if match else '"none"'
