# SPDX-License-Identifier: MIT
"""A server with the fault that smuggling is about: it does not know of bodies, and takes each for the next request. The
tests must find it out, or they would find nothing."""

import socket
import threading


class NaiveServer:
    def __init__(self, root):
        self.root = root
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lines = []
        threading.Thread(target=self._accept, daemon=True).start()

    def log_lines(self):
        return [f'"{line}"' for line in self.lines]

    def stop(self):
        self.listener.close()

    def _accept(self):
        try:
            while True:
                threading.Thread(target=self._serve, args=(self.listener.accept()[0],), daemon=True).start()
        except OSError:
            pass  # closed: that was all

    def _serve(self, connection):
        unread = b""
        with connection:
            try:
                while data := connection.recv(65536):
                    unread += data
                    while b"\r\n\r\n" in unread:
                        head, _, unread = unread.partition(b"\r\n\r\n")
                        connection.sendall(self._answer(head.split(b"\r\n")[0].decode("latin-1")))
            except OSError:
                pass

    def _answer(self, line):
        self.lines.append(line)
        file = self.root / line.split(" ")[1].removeprefix("/") if line.count(" ") == 2 else self.root
        body = file.read_bytes() if file.is_file() else b""
        return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
