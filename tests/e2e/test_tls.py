# SPDX-License-Identifier: MIT
"""minhttps: what clients see of TLS."""

import contextlib
import hashlib
import socket
import ssl
import subprocess

import pytest
import tls
from raw import Connection
from server import DEADLINE
from tls import curl, pair, server, shared, site, start_tls  # noqa: F401 (fixtures)

pytestmark = tls.NEEDED


@pytest.mark.parametrize("version", ["1.1", "2"])
def test_curl_gets_small_and_large_files(server, site, pair, version):
    option = {"1.1": "--http1.1", "2": "--http2"}[version]
    seen = curl(server, pair, "/", option, "-w", "%{http_version}")
    assert seen == b"<p>hello</p>" + version.encode()
    assert curl(server, pair, "/large.bin", option) == (site / "large.bin").read_bytes()
    assert curl(server, pair, "/large.bin", option, "-r", "100000-2500000") == (site / "large.bin").read_bytes()[100000:2500001]


@pytest.mark.parametrize("secure", ["TLSv1_2", "TLSv1_3"])
def test_wget_gets_a_file(server, site, pair, secure):
    seen = subprocess.run(["wget", "-q", "-O", "-", "--no-config", f"--ca-certificate={pair[0]}", f"--secure-protocol={secure}",
                           f"https://localhost:{server.port}/large.bin"], capture_output=True, timeout=DEADLINE, check=True).stdout
    assert seen == (site / "large.bin").read_bytes()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_versions(server, pair, version):
    with tls.connect(server.port, pair[0], version=version) as client:
        for _ in range(3):
            assert tls.get(client)[1] == b"<p>hello</p>"
        assert client.version() == {"TLSv1_2": "TLSv1.2", "TLSv1_3": "TLSv1.3"}[version.name]


def test_older_versions_are_refused(server):
    for version in ["-tls1", "-tls1_1"]:
        seen = subprocess.run(["openssl", "s_client", version, "-cipher", "ALL:@SECLEVEL=0", "-connect", f"127.0.0.1:{server.port}"],
                              input=b"", capture_output=True, timeout=DEADLINE, check=False)
        assert seen.returncode != 0 and b"alert protocol version" in seen.stderr, seen.stderr


def test_modern_has_1_3_only(start, site, pair):
    server = start_tls(start, site, pair, "--tls", "modern")
    with tls.connect(server.port, pair[0]) as client:
        assert client.version() == "TLSv1.3"
    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION|protocol version"):
        tls.connect(server.port, pair[0], version=ssl.TLSVersion.TLSv1_2)


@pytest.mark.parametrize(("version", "option"), [("-tls1_2", "-cipher"), ("-tls1_3", "-ciphersuites")])
def test_the_server_has_an_order_of_ciphers(server, version, option):
    """The cheapest first; but ChaCha20 for a client that puts it first, since it has no AES in its processor."""
    prefix = {"-tls1_2": "ECDHE-ECDSA-", "-tls1_3": "TLS_"}[version]
    names = {"-tls1_2": ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"],
             "-tls1_3": ["AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256"]}[version]
    for offered, chosen in [((0, 1, 2), 0), ((1, 2, 0), 0), ((1, 2), 1), ((2, 1, 0), 2)]:
        seen = subprocess.run(["openssl", "s_client", version, option, ":".join(prefix + names[i] for i in offered),
                               "-connect", f"127.0.0.1:{server.port}"], input=b"", capture_output=True, timeout=DEADLINE, check=False)
        assert f"Cipher is {prefix}{names[chosen]}\n".encode() in seen.stdout, seen.stdout


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_session_is_resumed(server, pair, version):
    context = tls.context(pair[0], version=version)

    def connect(session):
        plain = socket.create_connection(("127.0.0.1", server.port), DEADLINE)
        with context.wrap_socket(plain, server_hostname="localhost", session=session) as client:
            tls.get(client)  # the ticket of TLS 1.3 comes with the first answer
            return client.session_reused, client.session

    reused, session = connect(None)
    assert not reused
    reused, _ = connect(session)
    assert reused


def test_renegotiation_is_refused(server):
    seen = subprocess.run(["openssl", "s_client", "-tls1_2", "-connect", f"127.0.0.1:{server.port}"], input=b"R\n",
                          capture_output=True, timeout=DEADLINE, check=False)
    assert b"no renegotiation" in seen.stderr, seen.stderr


@pytest.mark.parametrize(("offered", "chosen"), [(["h2", "http/1.1"], "h2"), (["http/1.1"], "http/1.1"), ([], None)])
def test_the_protocol_is_chosen_by_alpn(server, pair, offered, chosen):
    with tls.connect(server.port, pair[0], protocols=offered) as client:
        assert client.selected_alpn_protocol() == chosen


def test_http2_only_where_it_was_chosen(server, pair):
    with tls.connect(server.port, pair[0], protocols=["http/1.1"]) as client:
        client.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 ")


@pytest.mark.parametrize("begun", [b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"PRI * HTTP/2.1\r\n", b"\r\n", b"\x00"])
def test_http1_never_where_http2_was_chosen(server, pair, begun):
    with tls.connect(server.port, pair[0], protocols=["h2"]) as client:
        client.sendall(begun)
        received = b""
        while data := client.recv(1000):
            received += data
    # SETTINGS, then GOAWAY with PROTOCOL_ERROR (RFC 9113 section 3.4)
    assert received == bytes.fromhex("000000 04 00 00000000" "000008 07 00 00000000 00000000 00000001")


def test_the_end_is_said(server, pair):
    with tls.connect(server.port, pair[0]) as client:
        head, body = tls.get(client, more="Connection: close\r\n")
        assert b"connection: close" in head.lower() and body == b"<p>hello</p>"
        assert client.recv(100) == b""  # an end without close_notify would be an SSLEOFError
        client.unwrap()


def test_a_client_that_ends_its_side_gets_its_answer(server, pair):
    """Without close_notify: what is missing of a request HTTP says itself."""
    with contextlib.closing(tls.Cut(server.port, pair[0], size=65536)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.socket.shutdown(socket.SHUT_WR)
        assert tls.answer(client)[1] == b"<p>hello</p>"


def test_http_on_the_port_of_https(server):
    with Connection(server.port) as client:
        answer = client.ask("/")
        assert answer.status == 400 and b"https" in answer.body


def test_garbage_on_the_port_of_https(server, pair):
    for garbage in [b"\0" * 100, b"\x16\x03\x01\0\0", b"\x16\x03\x01\xff\xff" + b"a" * 1000, b"\x16" * 5000]:
        with Connection(server.port) as client:
            client.send(garbage)
            client.end_sending()
            client.rest()
    with tls.connect(server.port, pair[0]) as client:
        assert tls.get(client)[1] == b"<p>hello</p>"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_records_that_come_byte_by_byte(server, pair, version):
    with contextlib.closing(tls.Cut(server.port, pair[0], version=version)) as client:
        assert tls.get(client)[1] == b"<p>hello</p>"
        assert tls.get(client)[1] == b"<p>hello</p>"


def test_many_requests_in_one_record(server, pair):
    with tls.connect(server.port, pair[0]) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50)
        seen = b""
        while seen.count(b"<p>hello</p>") < 50:
            data = client.recv(65536)
            assert data
            seen += data


def test_a_slow_reader_gets_all(server, site, pair):
    with contextlib.closing(tls.Cut(server.port, pair[0], size=65536, receive=3000)) as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        _, body = tls.get(client, "/large.bin")
        assert hashlib.sha256(body).digest() == hashlib.sha256((site / "large.bin").read_bytes()).digest()
