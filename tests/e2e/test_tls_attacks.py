# SPDX-License-Identifier: MIT
"""Those who do not speak TLS as they should: each attack ends in bounded time, others are served meanwhile, and the
memory of TLS is what it was."""

import contextlib
import re
import resource
import socket
import ssl
import struct
import time

import pytest
import tls
from forged import ALERT, APPLICATION, HANDSHAKE, Forger
from raw import Connection
from server import DEADLINE, wait_until
from test_tls_server import plain_port
from tls import pair, shared, site, start_tls  # noqa: F401 (fixtures)

pytestmark = tls.NEEDED
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


FIBRE = 34 << 10  # bytes


class Attacked:
    def __init__(self, server, authority):
        self.server, self.port, self.authority = server, server.port, authority
        self.admin = plain_port(server)
        # Bytes: fibres, in which signatures are waited for, are kept for the next handshakes, as many as there were at once.
        self.may_keep = 4 * FIBRE

    def metric(self, name):
        with Connection(self.admin) as client:
            text = client.ask("/metrics").body.decode()
        return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)[1])

    def memory(self):
        """Of TLS, when no client is there. The worker tells once a second."""
        assert wait_until(lambda: self.metric('minhttp_connections{state="idle"}') <= 1)
        return self.metric("minhttp_tls_memory_bytes")

    def serves(self):
        with tls.connect(self.port, self.authority) as client:
            assert tls.get(client)[1] == b"<p>hello</p>"


@pytest.fixture
def attacked(start, site, pair):
    """After the test its memory is what it was before, and it serves."""
    made = Attacked(start_tls(start, site, pair, "--admin", "127.0.0.1:0", "--head-ms", 2000), pair[0])
    for version in VERSIONS * 5:
        with contextlib.closing(tls.Cut(made.port, pair[0], size=100, version=version)) as client:
            tls.get(client)
    assert wait_until(lambda: made.metric('minhttp_tls_handshakes_total{result="full"}') == 10)
    before = made.memory()
    yield made
    made.serves()
    assert wait_until(lambda: made.memory() <= before + made.may_keep), (before, made.memory())


class Split(tls.Cut):
    """Its bytes leave in two pieces, or only the first does: cut behind so many of all that it sends."""

    def __init__(self, port, authority, at, stops=False, version=None):
        self.left, self.stops, self.total = at, stops, 0
        super().__init__(port, authority, version=version)

    def flush(self):
        data = self.outgoing.read()
        self.total += len(data)
        first, rest = data[:self.left], data[self.left:]
        if first:
            self.socket.sendall(first)
        if rest and self.stops:
            raise ConnectionAbortedError
        if rest:
            self.socket.sendall(rest)
        self.left = max(0, self.left - len(data)) if len(data) < self.left or not rest else 1 << 30


def bytes_of_a_client(attacked, version):
    with contextlib.closing(Split(attacked.port, attacked.authority, 1 << 30, version=version)) as client:
        tls.get(client)
        return client.total


@pytest.mark.parametrize("version", VERSIONS)
def test_a_client_that_is_cut_at_every_byte_is_served(attacked, version):
    for at in range(1, bytes_of_a_client(attacked, version)):
        with contextlib.closing(Split(attacked.port, attacked.authority, at, version=version)) as client:
            assert tls.get(client)[1] == b"<p>hello</p>"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_client_may_vanish_at_every_byte(attacked, version):
    for at in range(bytes_of_a_client(attacked, version)):
        with contextlib.suppress(ConnectionAbortedError):
            Split(attacked.port, attacked.authority, at, stops=True, version=version).close()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_handshake_that_stops_is_ended_in_time(attacked, version):
    """Behind each of its messages: nothing, half a ClientHello, all of it, the last flight but for a byte."""
    hello = len(tls.client_hello())
    stopped = []
    for at in (0, hello // 2, hello, hello + 40):
        made = Split.__new__(Split)
        with contextlib.suppress(ConnectionAbortedError):
            made.__init__(attacked.port, attacked.authority, at, stops=True, version=version)
        stopped.append(made)
    begin = time.monotonic()
    for client in stopped:
        client.socket.settimeout(DEADLINE)
        with contextlib.suppress(ConnectionError):
            while client.socket.recv(65536):
                pass
        client.close()
    assert time.monotonic() - begin < 10, "--head-ms is 2 seconds"


PLAIN = {
    "empty records": b"\x16\x03\x01\0\0" * 100_000,
    "warnings": b"\x15\x03\x01\0\2\x01\x5a" * 50_000,
    "other records": b"\x17\x03\x03\0\x01a" * 50_000,
    "a record of 64 KiB": b"\x16\x03\x01\xff\xff" + b"\x01" * 65_535,
    "a ClientHello of 16 MiB": b"\x16\x03\x01\x40\0\x01\xff\xff\xff" + bytes(16_380),
    "a ClientHello of zeros": b"".join(b"\x16\x03\x01\x40\0" + (b"\x01\0\xff\xfc" if i == 0 else bytes(4)) + bytes(16_380)
                                       for i in range(4)),
    "http": REQUEST,
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "SSL 2": b"\x80\x2e\x01\x03\x01" + bytes(44),
}


@pytest.mark.parametrize("what", PLAIN)
def test_what_is_no_handshake_is_ended(attacked, what):
    for _ in range(3):
        with Connection(attacked.port) as client:
            with contextlib.suppress(ConnectionError):
                client.send(PLAIN[what])
            client.rest()
        attacked.serves()


@pytest.mark.parametrize("noise", ["ccs", "warning", "empty"])
def test_noise_behind_a_hello_is_ended(attacked, noise):
    piece = {"ccs": b"\x14\x03\x03\0\x01\x01", "warning": b"\x15\x03\x03\0\2\x01\x5a", "empty": b"\x16\x03\x03\0\0"}[noise]
    with Connection(attacked.port) as client:
        with contextlib.suppress(ConnectionError):
            client.send(tls.client_hello() + piece * 50_000)
        client.rest()


def test_a_hello_of_64_kib(attacked):
    """A real one, with as much padding (RFC 7685) as its length can say, in four records."""
    hello = tls.client_hello()[5:]
    session = 4 + 2 + 32
    suites = session + 1 + hello[session]
    compression = suites + 2 + struct.unpack_from(">H", hello, suites)[0]
    extensions = compression + 1 + hello[compression]
    known = hello[extensions + 2:]
    padding = 65_535 - len(known) - 4
    all_of_them = known + struct.pack(">HH", 21, padding) + bytes(padding)
    body = hello[4:extensions] + struct.pack(">H", len(all_of_them)) + all_of_them
    message = b"\x01" + len(body).to_bytes(3, "big") + body
    with Connection(attacked.port) as client:
        for at in range(0, len(message), 16_384):
            piece = message[at:at + 16_384]
            client.send(b"\x16\x03\x01" + struct.pack(">H", len(piece)) + piece)
        assert client.body_bytes(1) in (b"\x16", b"\x15")  # a ServerHello, or an alert


FLOODS = {
    "empty records": lambda forger: forger.record(APPLICATION, b""),
    "padding": lambda forger: forger.record(APPLICATION, b"", padding=1000),
    "warnings": lambda forger: forger.record(ALERT, b"\x01\x5a"),
    "new keys": lambda forger: forger.key_update(0),
    "new keys that ask for new keys": lambda forger: forger.key_update(1),
}


@pytest.mark.parametrize("what", FLOODS)
def test_floods_after_the_handshake_are_ended(attacked, place, what):
    """Of each a client may send some; OpenSSL counts them, or we do, and a worker does not read on for ever."""
    with contextlib.closing(Forger(attacked.port, attacked.authority, place)) as forger:
        forger.send(b"".join(FLOODS[what](forger) for _ in range(2000)))
        with tls.connect(attacked.port, attacked.authority) as good:
            begin = time.monotonic()
            assert tls.get(good)[1] == b"<p>hello</p>"
            assert time.monotonic() - begin < 1
        forger.ends()


@pytest.mark.parametrize("asks", [0, 1])
def test_new_keys_have_a_bound(start, site, pair, place, asks):
    """A worker derives keys for as long as a client sends them, before it looks at anybody else: no deadline helps."""
    server = start_tls(start, site, pair, "--head-ms", "60s")
    with contextlib.closing(Forger(server.port, pair[0], place)) as forger:
        forger.send(b"".join(forger.key_update(0) for _ in range(256)) + forger.record(APPLICATION, REQUEST))
        assert tls.answer(forger.client)[1] == b"<p>hello</p>"
    with contextlib.closing(Forger(server.port, pair[0], place)) as forger:
        forger.send(b"".join(forger.key_update(asks) for _ in range(2000)))
        forger.ends()


WRONG = {
    "a second ClientHello": lambda forger: forger.record(HANDSHAKE, tls.client_hello()[5:]),
    "a handshake message of 16 MiB": lambda forger: forger.record(HANDSHAKE, b"\x18\xff\xff\xff" + bytes(16_000)),
    "a record that is too long": lambda forger: forger.record(APPLICATION, bytes(16_385)),
    "a record of an unknown kind": lambda forger: forger.record(99, b"a"),
    "a record of padding alone": lambda forger: forger.record(0, b""),
    "a record that was changed": lambda forger: forger.record(APPLICATION, REQUEST)[:-1] + b"\0",
    "a fatal alert": lambda forger: forger.record(ALERT, b"\x02\x28"),
    "half an alert": lambda forger: forger.record(ALERT, b"\x02"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_record_ends_the_connection(attacked, place, what):
    with contextlib.closing(Forger(attacked.port, attacked.authority, place)) as forger:
        forger.send(WRONG[what](forger))
        forger.ends()


def test_requests_between_new_keys_and_padding_are_answered(attacked, place):
    """What the forger sends is understood, where it is right."""
    with contextlib.closing(Forger(attacked.port, attacked.authority, place)) as forger:
        pieces = [forger.key_update(0)] + [forger.record(APPLICATION, bytes([byte]), padding=byte) for byte in REQUEST]
        forger.send(b"".join(pieces) + forger.key_update(1))
        assert tls.answer(forger.client)[1] == b"<p>hello</p>"


def test_thousands_of_silent_handshakes_beside_a_good_client(attacked):
    attacked.may_keep = 64 * FIBRE  # as many as limits.h says
    hello = tls.client_hello()
    silent = []
    with tls.connect(attacked.port, attacked.authority) as kept:
        for i in range(2000):
            plain = socket.create_connection(("127.0.0.1", attacked.port), DEADLINE)
            with contextlib.suppress(ConnectionError):
                plain.sendall([b"", hello[:200], hello][i % 3])
            silent.append(plain)
            if i % 200 == 0:
                attacked.serves()
                with contextlib.suppress(AssertionError):  # idle, it may have made room
                    assert tls.get(kept)[1] == b"<p>hello</p>"
    begin = time.monotonic()
    for plain in silent:
        plain.settimeout(DEADLINE)
        with contextlib.suppress(ConnectionError):
            while plain.recv(65536):
                pass
        plain.close()
    assert time.monotonic() - begin < 10, "--head-ms is 2 seconds"


def test_http2_without_alpn_is_answered_by_http1(attacked):
    with tls.connect(attacked.port, attacked.authority) as client:
        client.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 ")


@pytest.mark.long  # the handshakes alone take seconds of processor time
def test_ten_thousand_silent_handshakes(start, site, pair):
    """Each has sent its first message and says nothing more. Good clients get in meanwhile, and the memory stays within
    its bound: who has no place is refused, or makes room."""
    silent = 10_000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (silent + 1000, max(hard, silent + 1000)))
    server = start_tls(start, site, pair, "--admin", "127.0.0.1:0", "--connections", silent + 100, "--head-ms", "60s")
    attacked = Attacked(server, pair[0])
    hello = tls.client_hello()
    try:
        with contextlib.ExitStack() as stack:
            for number in range(silent):
                client = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), DEADLINE))
                with contextlib.suppress(ConnectionError):
                    client.sendall(hello)
                if number % 500 == 499:
                    attacked.serves()
            peak = attacked.metric("minhttp_tls_memory_peak_bytes")
            assert 32 << 20 < peak < 256 << 20, "its bound is the default of --tls-bytes"
            most = silent - (256 << 20) // (144 << 10)
            counted = 'minhttp_tls_handshakes_total{result="%s"}'
            assert wait_until(lambda: sum(attacked.metric(counted % how) for how in ("failed", "refused")) > most)
            attacked.serves()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    attacked.serves()


def test_more_clients_at_once_than_signatures_wait(start, site, shared):
    """All have sent their first message before one is answered: who must wait for a fibre loses nothing of it."""
    pair = tls.make_pair(shared, kind="rsa", stem="slow")
    server = start_tls(start, site, pair, "--head-ms", "60s")
    made = tls.context(pair[0])
    clients = []
    for _ in range(3 * 64):  # limits::tls_signatures
        plain = socket.create_connection(("127.0.0.1", server.port), DEADLINE)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = made.wrap_bio(incoming, outgoing, server_hostname="localhost")
        with contextlib.suppress(ssl.SSLWantReadError):
            client.do_handshake()
        clients.append((plain, incoming, outgoing.read(), client))
    for plain, _, hello, _ in clients:
        plain.sendall(hello)
    for plain, incoming, _, client in clients:
        done = False
        while not done:
            data = plain.recv(65536)
            assert data, "it was closed within its handshake"
            incoming.write(data)
            with contextlib.suppress(ssl.SSLWantReadError):
                client.do_handshake()
                done = True
        plain.close()
