#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""ask.py ADDRESS PORT CLIENTS SECONDS PATH...: so many clients on kept connections ask for the paths in turn, until standard input
ends or the time is over. A line of JSON for each request: who, when it began, ms, status or error, ETag, the body's digest."""

import hashlib
import http.client
import json
import os
import sys
import threading
import time

PATIENCE = 20.0
PAUSE = 0.01  # between two requests of a client: their number is bounded, and the machine's two processors have time for the rest


def client(address, port, paths, number, enough, write):
    connection, own = None, number
    while not enough.wait(PAUSE):
        path = paths[number % len(paths)]
        number += 1
        begin = time.monotonic()
        told = {"client": own, "begin": begin, "path": path}
        try:
            connection = connection or http.client.HTTPConnection(address, port, timeout=PATIENCE)
            connection.request("GET", path, headers={"Host": "site.example"})
            answer = connection.getresponse()
            body = answer.read()
            told |= {"status": answer.status, "etag": answer.getheader("ETag"), "digest": hashlib.sha256(body).hexdigest()}
            if answer.will_close:
                connection = None
        except (OSError, http.client.HTTPException) as fault:
            told |= {"status": 0, "error": repr(fault)}
            connection = None
        told["ms"] = (time.monotonic() - begin) * 1000
        write(json.dumps(told) + "\n")


def main():
    address, port, clients, seconds, *paths = sys.argv[1:]
    enough = threading.Event()
    lock = threading.Lock()

    def write(line):
        with lock:
            sys.stdout.write(line)
            sys.stdout.flush()

    threads = [threading.Thread(target=client, args=(address, int(port), paths, number, enough, write)) for number in range(int(clients))]
    for thread in threads:
        thread.start()
    threading.Timer(float(seconds), enough.set).start()
    threading.Thread(target=lambda: (sys.stdin.read(), enough.set()), daemon=True).start()
    for thread in threads:
        thread.join()
    sys.stdout.flush()
    os._exit(0)  # without waiting for the timer


if __name__ == "__main__":
    main()
