# SPDX-License-Identifier: MIT
"""Clients of bench/tls.py, in a process of their own on another processor than the servers.

    handshakes PORT CERTIFICATE COUNT full|resumed   prints median and 99th percentile of a handshake in us
    hold PORT CERTIFICATE COUNT http/1.1|h2          opens connections, asks once on each, prints "ready", waits for the end of input"""
import itertools
import resource
import socket
import ssl
import statistics
import sys
import threading
import time

THREADS = 8
# The client's preface, empty SETTINGS, and GET /1k of stream 1 (RFC 9113, RFC 7541).
HTTP2 = (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5)
         + b"\x00\x00\x12\x01\x05\x00\x00\x00\x01" + b"\x82\x87\x04\x03/1k\x41\x09localhost")


def context_of(certificate, protocol="http/1.1"):
    made = ssl.create_default_context(cafile=certificate)
    made.set_alpn_protocols([protocol])
    made.minimum_version = ssl.TLSVersion.TLSv1_3  # or a server that does not speak it would not be noticed
    return made


def connect(context, port, session=None):
    plain = socket.create_connection(("127.0.0.1", port), 30)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(plain, server_hostname="localhost", session=session)


def ask(connection):
    connection.sendall(b"GET /1k HTTP/1.1\r\nHost: localhost\r\n\r\n")
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    assert data.startswith(b"HTTP/1.1 200 "), data
    left = 1024 - len(data.partition(b"\r\n\r\n")[2])
    while left > 0:
        left -= len(connection.recv(65536))


def handshakes(port, certificate, count, kind):
    context = context_of(certificate)
    session = None
    if kind == "resumed":
        with connect(context, port) as first:
            ask(first)
            session = first.session
    times, numbers = [], itertools.count()

    def run():
        while next(numbers) < count:
            begun = time.perf_counter()
            with connect(context, port, session) as connection:
                times.append(time.perf_counter() - begun)
                assert connection.session_reused == (session is not None)
                ask(connection)

    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(times) == count, "some connections have failed"
    print(statistics.median(times) * 1e6, statistics.quantiles(times, n=100)[98] * 1e6)


def hold(port, certificate, count, protocol):
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, max(count + 100, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    context = context_of(certificate, protocol)
    held = []
    for _ in range(count):
        connection = connect(context, port)
        assert connection.selected_alpn_protocol() == protocol
        if protocol == "h2":
            connection.sendall(HTTP2)
            data = b""
            while len(data) < 1024:
                data += connection.recv(65536)
        else:
            ask(connection)
        held.append(connection)
    print("ready", flush=True)
    sys.stdin.read()


command, port, certificate, count, how = sys.argv[1:]
{"handshakes": handshakes, "hold": hold}[command](int(port), certificate, int(count), how)
