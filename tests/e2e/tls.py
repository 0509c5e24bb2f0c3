# SPDX-License-Identifier: MIT
"""Certificates for tests, and clients of minhttps."""

import contextlib
import os
import shutil
import socket
import ssl
import subprocess

import programs
import pytest
from server import DEADLINE

MINHTTPS = programs.MINHTTP.with_name("minhttps")
# Without OpenSSL (RISC-V on Debian 12) there is none; tests/tidy/test_binary.py wants it in a release.
NEEDED = pytest.mark.skipif(not MINHTTPS.exists(), reason="there is no minhttps: it needs OpenSSL's static libraries")


def make_pair(place, name="localhost", names=("DNS:localhost", "IP:127.0.0.1"), kind="ec", days=30, stem="site", by=None,
              extensions=()):
    """A certificate and its key, signed by itself or by another pair; both readable for everybody, as tests are."""
    certificate, key = place / f"{stem}.pem", place / f"{stem}.key"
    kinds = {"ec": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "rsa": ["rsa:2048"], "ed25519": ["ed25519"]}
    signer = ["-CA", by[0], "-CAkey", by[1]] if by else []
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", *kinds[kind], "-nodes", "-keyout", key, "-out", certificate,
         "-days", str(days), "-subj", f"/CN={name}", "-addext", "subjectAltName=" + ",".join(names),
         *(word for extension in extensions for word in ("-addext", extension)), *signer],
        check=True, capture_output=True, timeout=DEADLINE)
    key.chmod(0o644)
    return certificate, key


def options(pair):
    return ["--cert", pair[0], "--key", pair[1]]


def context(authority, protocols=(), version=None):
    made = ssl.create_default_context(cafile=authority)
    if protocols:
        made.set_alpn_protocols(list(protocols))
    if version:
        made.minimum_version = made.maximum_version = version
    return made


def connect(port, authority, **options):
    """A connection whose handshake is done."""
    plain = socket.create_connection(("127.0.0.1", port), DEADLINE)
    return context(authority, **options).wrap_socket(plain, server_hostname="localhost")


def get(connection, path="/", more=""):
    """One request, and its whole answer: head and body."""
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n".encode())
    return answer(connection)


def answer(connection):
    head, body = b"", b""
    while b"\r\n\r\n" not in head:
        data = connection.recv(65536)
        assert data, f"it ended within a head: {head!r}"
        head += data
    head, _, body = head.partition(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    while len(body) < length:
        data = connection.recv(65536)
        assert data, "it ended within a body"
        body += data
    return head, body


def client_hello(**settings):
    """The bytes with which a client begins."""
    made = ssl.create_default_context()
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = made.wrap_bio(incoming, outgoing, server_hostname="localhost")
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


class Cut:
    """A client whose bytes leave one at a time, or in pieces of any size."""

    def __init__(self, port, authority, size=1, receive=65536, version=None, made=None):
        self.socket = socket.create_connection(("127.0.0.1", port), DEADLINE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = (made or context(authority, version=version)).wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        self.size, self.receive = size, receive
        self.do(self.tls.do_handshake)

    def flush(self):
        data = self.outgoing.read()
        for at in range(0, len(data), self.size):
            self.socket.sendall(data[at:at + self.size])

    def do(self, call, *arguments):
        while True:
            try:
                result = call(*arguments)
                self.flush()
                return result
            except ssl.SSLWantReadError:
                self.flush()
                data = self.socket.recv(self.receive)
                if data:
                    self.incoming.write(data)
                else:
                    self.incoming.write_eof()

    def sendall(self, data):
        self.do(self.tls.write, data)

    def recv(self, size):
        return self.do(self.tls.read, size)

    def close(self):
        self.socket.close()


class Step:
    """One that goes from step to step of its handshake when it is told to."""

    def __init__(self, port, authority, source="127.0.0.1"):
        self.plain = socket.create_connection(("127.0.0.1", port), DEADLINE, source_address=(source, 0))
        self.plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context(authority).wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()

    def flush(self):
        self.plain.sendall(self.outgoing.read())

    def read_flight(self):
        """What the server says to the first message; nothing is sent."""
        while True:
            self.incoming.write(self._some())
            with contextlib.suppress(ssl.SSLWantReadError):
                return self.tls.do_handshake()

    def read_tickets(self):
        """The server sends them as soon as it has the client's last message, and so has ended the handshake."""
        self.incoming.write(self._some())

    def _some(self):
        data = self.plain.recv(65536)
        assert data, "it was closed"
        return data

    def shake_hands(self):
        self.flush()
        self.read_flight()
        self.flush()
        return self

    def ask(self, path="/"):
        """Without reading."""
        self.tls.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        self.flush()
        return self

    def get(self):
        self.ask()
        return answer(self)[1]

    def recv(self, size):
        while True:
            with contextlib.suppress(ssl.SSLWantReadError):
                return self.tls.read(size)
            self.incoming.write(self._some())

    def lives(self):
        try:
            return self.get() == b"<p>hello</p>"
        except (OSError, AssertionError):
            return False

    def close(self):
        self.plain.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


# Fixtures of the modules that import them.
LARGE = 3_000_000


@pytest.fixture(scope="module")
def shared():
    place = programs.open_directory()
    yield place
    shutil.rmtree(place)


@pytest.fixture(scope="module")
def pair(shared):
    return make_pair(shared)


@pytest.fixture(scope="module")
def site(shared):
    directory = shared / "site"
    directory.mkdir()
    (directory / "index.html").write_text("<p>hello</p>")
    (directory / "large.bin").write_bytes(os.urandom(LARGE))
    challenge = directory / ".well-known/acme-challenge"
    challenge.mkdir(parents=True)
    (challenge / "token").write_text("token.key")
    return directory


def start_tls(start, site, pair, *more, **how):
    if "--port" not in more and "--listen" not in more:
        more = (*more, "--listen", "127.0.0.1:0")
    if "--workers" not in more:
        more = (*more, "--workers", 1)
    return start(site, *options(pair), *more, program=MINHTTPS, **how)


@pytest.fixture(scope="module")
def server(start_for_session, site, pair):
    return start_tls(start_for_session, site, pair, "--sandbox", "require")


def curl(server, pair, path, *more):
    return subprocess.run(["curl", "-s", "--cacert", pair[0], *more, f"https://localhost:{server.port}{path}"],
                          capture_output=True, timeout=DEADLINE, check=True).stdout
