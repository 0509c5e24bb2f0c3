# SPDX-License-Identifier: MIT
"""reset_connections.py PORT COUNT: opens so many connections, one after the other, and resets each: before a word, in
the middle of a head, behind a request, or in the middle of its answer. Says how many of which when it is done."""

import socket
import struct
import sys

RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER, socket(7)
REQUEST = b"GET /big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n"
KINDS = ["silent", "in head", "silent", "behind request", "in head", "in answer", "in pipeline", "in body"]
SAYS = {
    "silent": b"",
    "in head": REQUEST[:30],
    "behind request": REQUEST,
    "in answer": REQUEST,
    "in pipeline": REQUEST.replace(b"big.bin", b"file.txt") * 20,
    "in body": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc",
}


def main(port, count):
    done = dict.fromkeys(SAYS, 0)
    for i in range(count):
        kind = KINDS[i % len(KINDS)]
        with socket.socket() as connection:
            connection.connect(("127.0.0.1", port))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            if SAYS[kind]:
                connection.send(SAYS[kind])
            if kind == "in answer":
                connection.recv(100)
        done[kind] += 1
    print(done)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
