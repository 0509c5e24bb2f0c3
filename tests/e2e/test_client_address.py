# SPDX-License-Identifier: MIT
"""Whose request it is, where proxies say so: the PROXY protocol, X-Forwarded-For and Forwarded, from trusted proxies only."""

import socket
import struct
import subprocess

import pytest

import http2_client as h2
import raw
import sites
from server import DEADLINE, run_to_end

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
LOCALHOST = ("--trusted-proxy", "127.0.0.0/8")


@pytest.fixture
def site(place):
    return sites.write_files(place / "site", {"index.html": "front"})


def v1(text):
    return b"PROXY " + text.encode() + b"\r\n"


def v2(command=0x21, family=0x11, addresses=None, values=b"", length=None):
    if addresses is None:
        addresses = socket.inet_aton("203.0.113.7") + socket.inet_aton("198.51.100.1") + struct.pack("!HH", 1234, 80)
    body = addresses + values
    return SIGNATURE + struct.pack("!BBH", command, family, len(body) if length is None else length) + body


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def with_checksum(wrong=0):
    header = v2(values=b"\x03\0\x04\0\0\0\0" + b"\x01\0\x02h2")
    at = 16 + 12 + 3
    return header[:at] + struct.pack("!I", crc32c(header) ^ wrong) + header[at + 4:]


def exchange(server, data, pieces=None, source=None):
    """All that comes back; in pieces of so many bytes, each read by the server on its own."""
    with raw.Connection(server.port, source=source) as connection:
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(data), pieces or len(data)):
            connection.send(data[at : at + (pieces or len(data))])
        answer = b""
        try:
            while piece := connection.socket.recv(65536):
                answer += piece
        except ConnectionResetError:
            pass
        return answer


REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@pytest.fixture
def proxied(start, site):
    return start(site, "--proxy-protocol", "127.0.0.1:0", "--listen", "127.0.0.1:0", "--h2c", *LOCALHOST)


def port_of(server, index):
    return int(server.start_lines(2)[index].rpartition(":")[2].strip("/"))


def client_in_log(server, behind=0):
    line = server.out.wait_for(lambda line: '"GET / ' in line, behind=behind)
    return line.split()[0]


@pytest.mark.parametrize(
    "header, client",
    [
        (v1("TCP4 203.0.113.7 198.51.100.1 1234 80"), "203.0.113.7"),
        (v1("TCP6 2001:db8::7 2001:db8::1 1234 80"), "2001:db8::7"),
        (v1("UNKNOWN"), "127.0.0.1"),
        (v1("UNKNOWN ffff::1 ffff::2 1 2"), "127.0.0.1"),
        (v2(), "203.0.113.7"),
        (v2(family=0x21, addresses=socket.inet_pton(socket.AF_INET6, "2001:db8::7") * 2 + b"\0\1\0\2"), "2001:db8::7"),
        (v2(command=0x20), "127.0.0.1"),
        (v2(command=0x20, family=0, addresses=b""), "127.0.0.1"),
        (v2(family=0, addresses=b""), "127.0.0.1"),
        (v2(family=0x31, addresses=b"\0" * 216), "127.0.0.1"),
        (v2(values=b"\x04\0\x03abc" + b"\x20\0\0"), "203.0.113.7"),
        (with_checksum(), "203.0.113.7"),
    ],
)
@pytest.mark.parametrize("pieces", [None, 1])
def test_the_log_has_the_client_of_the_header(proxied, header, client, pieces):
    assert exchange(proxied, header + REQUEST, pieces).startswith(b"HTTP/1.1 200 ")
    assert client_in_log(proxied) == client


@pytest.mark.parametrize(
    "header",
    [
        REQUEST,
        b"PROXY TCP4 203.0.113.7 198.51.100.1 1234 80\n",
        v1("TCP4 203.0.113.7 198.51.100.1 1234"),
        v1("TCP4 203.0.113.7 198.51.100.1 1234 80 "),
        v1("TCP4 203.0.113.7 198.51.100.1 1234 65536"),
        v1("TCP4 203.0.113.7 198.51.100.1 01234 80"),
        v1("TCP4 2001:db8::7 198.51.100.1 1234 80"),
        v1("TCP6 203.0.113.7 2001:db8::1 1234 80"),
        v1("TCP5 203.0.113.7 198.51.100.1 1234 80"),
        v1("TCP4  203.0.113.7 198.51.100.1 1234 80"),
        v1("UNKNOWN " + "x" * 100),
        b"PROXY " + b"x" * 200,
        v2(command=0x31), v2(command=0x22), v2(family=0x41), v2(family=0x13), v2(family=0x12),
        v2(length=11), v2(length=3000), v2(family=0x21), v2(values=b"\x04\0\x09abc"), v2(values=b"\x04"),
        v2(values=b"\x03\0\x01a"), with_checksum(wrong=1),
    ],
)
def test_what_is_no_header_ends_the_connection(proxied, header):
    assert exchange(proxied, header + REQUEST * 20) == b""
    assert exchange(proxied, v2() + REQUEST).startswith(b"HTTP/1.1 200 "), "nobody else is affected"


def test_a_header_that_is_cut_off_is_no_request(proxied):
    whole = v2()
    for size in (0, 1, 5, 12, 15, 16, len(whole) - 1):
        with raw.Connection(proxied.port) as connection:
            connection.send(whole[:size])
            connection.end_sending()
            assert connection.socket.recv(100) == b""


def test_a_header_that_does_not_come_is_waited_for_with_a_bound(start, site):
    server = start(site, "--proxy-protocol", "127.0.0.1:0", *LOCALHOST, "--head-ms", 300)
    assert exchange(server, b"PROXY TCP4 203.") == b""


def test_the_header_counts_from_trusted_proxies_only(start, site):
    server = start(site, "--proxy-protocol", "127.0.0.1:0", "--trusted-proxy", "127.0.0.5")
    assert exchange(server, v2() + REQUEST, source="127.0.0.6") == b""
    assert exchange(server, v2() + REQUEST, source="127.0.0.5").startswith(b"HTTP/1.1 200 ")


def test_other_listeners_know_no_header(proxied):
    with raw.Connection(port_of(proxied, 1)) as connection:
        connection.send(v2() + REQUEST)
        assert connection.answer().status == 400


def test_http2_behind_the_header(proxied):
    with socket.create_connection(("127.0.0.1", proxied.port), DEADLINE) as client:
        client.sendall(v2() + h2.PREFACE + h2.settings() + h2.headers(1, h2.get("/")))
        answer = b""
        while b"front" not in answer:
            piece = client.recv(65536)
            assert piece
            answer += piece
    assert client_in_log(proxied) == "203.0.113.7"


def test_curl_speaks_it(proxied):
    subprocess.run(["curl", "-sf", "--haproxy-protocol", f"http://127.0.0.1:{proxied.port}/"], check=True, timeout=DEADLINE)
    assert client_in_log(proxied) == "127.0.0.1"


def test_access_rules_go_by_the_client(start, site):
    server = start(site, "--proxy-protocol", "127.0.0.1:0", *LOCALHOST, "--deny", "203.0.113.0/24")
    assert exchange(server, v2() + REQUEST).startswith(b"HTTP/1.1 403 ")
    assert exchange(server, v1("UNKNOWN") + REQUEST).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "value, client",
    [
        ("203.0.113.7", "203.0.113.7"),
        ("192.0.2.66, 203.0.113.7", "203.0.113.7"),
        ("203.0.113.7, 127.0.0.9", "203.0.113.7"),
        ("203.0.113.7,127.0.0.9 ,, 127.0.0.8", "203.0.113.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("203.0.113.7:443", "203.0.113.7"),
        ("unknown", "127.0.0.1"),
        ("203.0.113.7, unknown, 127.0.0.9", "127.0.0.9"),
        ("203.0.113.7 127.0.0.9", "127.0.0.1"),
        ("", "127.0.0.1"),
        ("127.0.0.9", "127.0.0.9"),
        (", ".join(["192.0.2.66"] * 999 + ["203.0.113.7"]), "203.0.113.7"),
        ("203.0.113.7, " + ", ".join(["127.0.0.9"] * 999), "127.0.0.9"),
        ("::", "127.0.0.1"),
    ],
)
@pytest.mark.parametrize("protocol", ["HTTP/1.1", "HTTP/2"])
def test_the_forwarded_list_is_read_from_its_end(start, site, value, client, protocol):
    server = start(site, *LOCALHOST, "--h2c")
    for again in range(3):  # the third is sent from the cache of responses
        if protocol == "HTTP/1.1":
            with raw.Connection(server.port) as connection:
                assert connection.ask("/", x_forwarded_for=value).status == 200
        else:
            with h2.Client(server.port) as connection:
                connection.send(h2.headers(1, [*h2.get("/"), ("x-forwarded-for", value)]))
                connection.read_until(lambda: connection.stream(1).ended)
        assert client_in_log(server, behind=again) == client


@pytest.mark.parametrize("sent", ['"', 'for="', "\\", 'for=192.0.2.66;x="', "unknown", '"a\\"'])
@pytest.mark.parametrize("header, appended", [("X-Forwarded-For", "203.0.113.7"), ("Forwarded", 'for="203.0.113.7:80"')])
def test_nothing_that_a_client_sends_hides_what_the_proxy_appends(start, site, sent, header, appended):
    server = start(site, *LOCALHOST, "--client-header", header, "--deny", "203.0.113.0/24")
    with raw.Connection(server.port) as connection:
        assert connection.ask("/", **{header: f"{sent}, {appended}"}).status == 403
    assert client_in_log(server) == "203.0.113.7"


@pytest.mark.parametrize("header", [v1("UNKNOWN"), v2(command=0x20), v2(family=0, addresses=b""), v2(family=0x31, addresses=b"\0" * 216)],
                         ids=["unknown", "local", "unspecified", "unix"])
@pytest.mark.parametrize("protocol", ["HTTP/1.1", "HTTP/2"])
def test_a_client_that_the_proxy_cannot_name_names_itself_in_vain(proxied, header, protocol):
    if protocol == "HTTP/1.1":
        exchange(proxied, header + REQUEST.replace(b"\r\n\r\n", b"\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n"))
    else:
        with socket.create_connection(("127.0.0.1", proxied.port), DEADLINE) as client:
            client.sendall(header + h2.PREFACE + h2.settings() + h2.headers(1, [*h2.get("/"), ("x-forwarded-for", "203.0.113.9")]))
            answer = b""
            while b"front" not in answer:
                piece = client.recv(65536)
                assert piece
                answer += piece
    assert client_in_log(proxied) == "127.0.0.1"


def test_several_lines_are_one_list(start, site):
    server = start(site, *LOCALHOST)
    with raw.Connection(server.port) as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.66\r\nx-forwarded-for: 203.0.113.7\r\n\r\n")
        connection.answer()
    assert client_in_log(server) == "203.0.113.7"


@pytest.mark.parametrize("arguments", [(), ("--trusted-proxy", "10.0.0.0/8"), ("--trusted-proxy", "unix")])
def test_nothing_that_a_client_says_is_believed(start, site, arguments):
    server = start(site, *arguments)
    with raw.Connection(server.port) as connection:
        connection.ask("/", x_forwarded_for="203.0.113.7", forwarded="for=203.0.113.7")
    assert client_in_log(server) == "127.0.0.1"


@pytest.mark.parametrize(
    "value, client",
    [
        ("for=203.0.113.7", "203.0.113.7"),
        ("for=192.0.2.66, For=203.0.113.7;proto=https;by=127.0.0.1", "203.0.113.7"),
        ('for="[2001:db8::7]:4711"', "2001:db8::7"),
        ('by=x;for="203.0.113.7:80"', "203.0.113.7"),
        ('for="a,b;for=192.0.2.66", for=203.0.113.7', "203.0.113.7"),
        ("for=203.0.113.7, for=_hidden", "127.0.0.1"),
        ("for=203.0.113.7, proto=https", "127.0.0.1"),
        ("for", "127.0.0.1"),
        ('for="203.0.113.7', "127.0.0.1"),
    ],
)
def test_forwarded_if_it_is_named(start, site, value, client):
    server = start(site, *LOCALHOST, "--client-header", "Forwarded")
    with raw.Connection(server.port) as connection:
        connection.ask("/", forwarded=value, x_forwarded_for="192.0.2.99")
    assert client_in_log(server) == client


def test_another_field_if_it_is_named(start, site):
    server = start(site, *LOCALHOST, "--client-header", "X-Real-IP")
    with raw.Connection(server.port) as connection:
        connection.ask("/", x_real_ip="203.0.113.7", x_forwarded_for="192.0.2.99")
    assert client_in_log(server) == "203.0.113.7"


def test_rules_go_by_the_client_of_the_field(start, site):
    server = start(site, *LOCALHOST, "--allow", "203.0.113.7")
    with raw.Connection(server.port) as connection:
        assert connection.ask("/", x_forwarded_for="203.0.113.7").status == 200
        assert connection.ask("/", x_forwarded_for="203.0.113.8").status == 403
        assert connection.ask("/").status == 403


def test_a_proxy_on_a_unix_socket(start, site, place):
    place.chmod(0o777)
    server = start(site, "--listen", f"unix:{place}/s", "--trusted-proxy", "unix")
    for fields, client in ((b"", "unix:"), (b"X-Forwarded-For: 203.0.113.7\r\n", "203.0.113.7")):
        with socket.socket(socket.AF_UNIX) as proxy:
            proxy.settimeout(DEADLINE)
            proxy.connect(f"{place}/s")
            proxy.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n")
            assert proxy.recv(100).startswith(b"HTTP/1.1 200 ")
        assert server.out.wait_for(lambda line, client=client: line.startswith(client + " "))


@pytest.mark.parametrize(
    "arguments, says",
    [
        (("--proxy-protocol", "127.0.0.1:0"), "--proxy-protocol needs --trusted-proxy: name the proxies that are trusted"),
        (("--client-header", "X-Real-IP"), "--client-header needs --trusted-proxy: name the proxies that are trusted"),
        (("--trusted-proxy", "x"), "--trusted-proxy takes 10.0.0.0/8, 192.0.2.1, 2001:db8::/32 or unix, not 'x'"),
        (("--trusted-proxy", "10.0.0.1/8"), "--trusted-proxy takes "),
        (("--trusted-proxy", "::1", "--client-header", "a b"), "--client-header takes the name of a field, not 'a b'"),
    ],
)
def test_mistakes_stop_the_start(site, arguments, says):
    refused = run_to_end(site, *arguments)
    assert refused.returncode == 2 and says in refused.stderr and refused.stderr.count("\n") == 1, refused.stderr
