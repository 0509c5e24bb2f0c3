# SPDX-License-Identifier: MIT
"""Opens connections to a port on 127.0.0.1 and holds them: a process of its own, for its descriptors.

Each asks once, and then says no more. Of those who never say anything the kernel forgets some when thousands
come at once, until they speak: it need not let them in before (TCP_DEFER_ACCEPT in tcp(7), SYN cookies).

usage: hold_connections.py PORT COUNT    says "held N" once all are open; ends when its input ends
"""

import resource
import socket
import struct
import sys

RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # leaves no thousands of ports in TIME_WAIT

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def main():
    port, count = map(int, sys.argv[1:])
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    held = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        connection.send(REQUEST)
        held.append(connection)
    print("held", len(held), flush=True)
    sys.stdin.read()


main()
