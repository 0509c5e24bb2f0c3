# SPDX-License-Identifier: MIT
"""Header blocks (RFC 7541), and requests that are malformed (RFC 9113 section 8)."""

import pytest

import http2_client as h2
import raw
import sites
from http2_client import COMPRESSION_ERROR, END_HEADERS, PROTOCOL_ERROR, literal
from http2_rules import answered, broken, cases, check, reset

BLOCK = h2.block(*h2.get())
INDEXED = b"\x82\x86\x84" + b"\x41\x09localhost"  # GET, http, /, and an authority that gets into the table
POST = h2.headers(3, h2.get("/", "POST"), end=False)


def request(*fields):
    return h2.headers(3, h2.block(*fields))


def with_field(name, value):
    return h2.headers(3, h2.get("/", "GET", (name, value)))


def trailers(*fields, end=True):
    return h2.headers(3, h2.block(*fields), end=end)


def without(name):
    return [pair for pair in h2.get() if pair[0] != name]


def instead(name, value):
    return [(name, value) if pair[0] == name else pair for pair in h2.get()]


MALFORMED = reset(3, PROTOCOL_ERROR)
BAD_BLOCK = broken(COMPRESSION_ERROR)

BLOCKS = {
    "indexed fields": (answered(3), h2.headers(3, INDEXED)),
    "an entry of the table": (answered(5), h2.headers(3, INDEXED), h2.headers(5, b"\x82\x86\x84\xbe")),
    "Huffman": (answered(3), h2.headers(3, b"\x82\x86\x84\x41\x86" + bytes.fromhex("a0e41d139d09"))),
    "a field that is never indexed": (answered(3), h2.headers(3, BLOCK + literal("authorization", "x", 0x10))),
    "index 0": (BAD_BLOCK, h2.headers(3, b"\x80")),
    "index beyond the static table": (BAD_BLOCK, h2.headers(3, b"\xbe")),
    "index beyond the dynamic table": (BAD_BLOCK, h2.headers(3, INDEXED + b"\xbf")),
    "index beyond everything": (BAD_BLOCK, h2.headers(3, b"\xff\xff\xff\xff\x07")),
    "index of a name beyond the tables": (BAD_BLOCK, h2.headers(3, BLOCK + b"\x7e\x01x")),
    "index that does not end": (BAD_BLOCK, h2.headers(3, b"\xff")),
    "index of too many bytes": (BAD_BLOCK, h2.headers(3, b"\xff" + b"\x80" * 10 + b"\x01")),
    "index that overflows": (BAD_BLOCK, h2.headers(3, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f")),
    "name longer than the block": (BAD_BLOCK, h2.headers(3, BLOCK + b"\x00\x20abc")),
    "value longer than the block": (BAD_BLOCK, h2.headers(3, BLOCK + b"\x00\x01x\x7f\x00abc")),
    "value missing": (BAD_BLOCK, h2.headers(3, BLOCK + b"\x00\x01x")),
    "literal of nothing": (BAD_BLOCK, h2.headers(3, BLOCK + b"\x00")),
    "Huffman padding of 8 bits": (BAD_BLOCK, h2.headers(3, BLOCK + b"\x00\x01x\x82\x1f\xff")),
    "Huffman padding of zeros": (BAD_BLOCK, h2.headers(3, BLOCK + b"\x00\x01x\x81\x18")),
    "Huffman with EOS": (BAD_BLOCK, h2.headers(3, BLOCK + b"\x00\x01x\x84\xff\xff\xff\xff")),
    "size update": (answered(3), h2.headers(3, b"\x20\x3f\xe1\x1f" + INDEXED)),
    "size update to the most": (answered(3), h2.headers(3, b"\x3f\xe1\x1f" + INDEXED)),
    "size update beyond the most": (BAD_BLOCK, h2.headers(3, b"\x3f\xe2\x1f" + INDEXED)),
    "size update that empties the table": (BAD_BLOCK, h2.headers(3, INDEXED), 3, h2.headers(5, b"\x20\x82\x86\x84\xbe")),
    "size update behind a field": (BAD_BLOCK, h2.headers(3, INDEXED + b"\x20")),
    "size updates, three": (BAD_BLOCK, h2.headers(3, b"\x20\x20\x20" + INDEXED)),
    "size update that does not end": (BAD_BLOCK, h2.headers(3, b"\x3f")),
    "size update and nothing else": (MALFORMED, h2.headers(3, b"\x20\x3f\xe1\x1f")),
    "empty block": (MALFORMED, h2.headers(3, b"")),
    "error in trailers": (BAD_BLOCK, POST, h2.headers(3, b"\x80")),
    "error behind what is malformed": (BAD_BLOCK, h2.headers(3, h2.block((":status", "200")) + b"\x80")),
    "error in a block that is ignored": (BAD_BLOCK, h2.headers(3, b""), h2.headers(3, b"\x80")),
    "entries of blocks that are malformed count": (
        reset(3, PROTOCOL_ERROR), h2.headers(3, h2.block((":status", "200")) + literal("x", "y", 0x40)), h2.headers(5, BLOCK + b"\xbe")),
    "entries of blocks that are ignored count": (
        reset(3, PROTOCOL_ERROR), h2.headers(3, b""), h2.headers(3, literal("x", "y", 0x40)), h2.headers(5, BLOCK + b"\xbe")),
    "entries of trailers count": (
        answered(5), POST, h2.headers(3, literal("x", "y", 0x40)), h2.headers(5, BLOCK + b"\xbe")),
    "an entry that is evicted": (
        BAD_BLOCK, h2.headers(3, BLOCK + literal("a", "b", 0x40) + literal("c", "d" * 4030, 0x40) + b"\xbf")),
    "an entry larger than the table": (BAD_BLOCK, h2.headers(3, BLOCK + literal("a", "b" * 4096, 0x40) + b"\xbe")),
}

REQUESTS = {
    "without :authority, with host": (answered(3), request(*without(":authority"), ("host", "localhost"))),
    "with both, the same": (answered(3), with_field("host", "LOCALHOST")),
    "cookies in pieces": (answered(3), h2.headers(3, h2.get("/", "GET", ("cookie", "a=1"), ("cookie", "b=2")))),
    "te: trailers": (answered(3), with_field("te", "trailers")),
    "empty value": (answered(3), with_field("x-empty", "")),
    "bytes beyond ASCII in a value": (answered(3), with_field("x-text", b"caf\xc3\xa9")),
    "https, as a gateway says": (answered(3), request(*instead(":scheme", "https"))),
    "unknown method": (answered(3, 501), request(*instead(":method", "BREW"))),
    "long method": (answered(3, 501), request(*instead(":method", "B" * 500))),
    "OPTIONS *": (answered(3, 204), request((":method", "OPTIONS"), *instead(":path", "*")[1:])),
    "CONNECT": (answered(3, 405), request((":method", "CONNECT"), (":authority", "localhost:80"))),
    "long path": (answered(3, 414), request(*instead(":path", "/" + "a" * 9000))),
    "too many fields": (answered(3, 431), h2.headers(3, BLOCK + literal("x-a", "a" * 4000, 0x40) + b"\xbe" * 10)),
    "a path with invalid bytes": (answered(3, 400), request(*instead(":path", "/a b"))),
    "a path that leaves the site": (answered(3, 400), request(*instead(":path", "/../etc/passwd"))),
    "content-length that is true": (
        answered(3, 405), h2.headers(3, h2.get("/", "POST", ("content-length", "4")), end=False), h2.data(3, b"body", True)),
    "content-length beside padding": (
        answered(3, 405), h2.headers(3, h2.get("/", "POST", ("content-length", "4")), end=False),
        h2.data(3, b"\x05body\0\0\0\0\0", True, h2.PADDED)),
    "content-length that no body has": (answered(3, 413), h2.headers(3, h2.get("/", "POST", ("content-length", "9" * 24)), end=False)),
    "expectation that nobody knows": (answered(3, 417), with_field("expect", "miracles")),
    # Section 8.2
    **{f"field name {name!r}": (MALFORMED, with_field(name, "x")) for name in (
        "", "X-Upper", "x-uppeR", "x y", "x\0", "x\r", "x\n", "x:", "x\t", " x", "x ", b"caf\xc3\xa9", "x\x7f", "(x)", "x,y", "x/y")},
    **{f"field value {value!r}": (MALFORMED, with_field("x", value)) for value in (
        "a\0", "a\rb", "a\nb", "\na", " a", "a ", "\ta", "a\t", "a\x7f", "a\x01")},
    # Section 8.2.2
    **{f"connection-specific {name}: {value}": (MALFORMED, with_field(name, value)) for name, value in (
        ("connection", "close"), ("connection", "x"), ("keep-alive", "timeout=5"), ("proxy-connection", "keep-alive"),
        ("transfer-encoding", "chunked"), ("transfer-encoding", "identity"), ("upgrade", "h2c"), ("te", "gzip"),
        ("te", "trailers, deflate;q=0.5"), ("te", ""))},
    # Section 8.3
    "pseudo-field behind a field": (MALFORMED, request(*h2.get()[:3], ("x", "y"), h2.get()[3])),
    "pseudo-field doubled behind a field": (MALFORMED, with_field(":path", "/")),
    "unknown pseudo-field": (MALFORMED, request(*h2.get(), (":x", "y"))),
    "pseudo-field without a name": (MALFORMED, request(*h2.get(), (":", "y"))),
    "upper case pseudo-field": (MALFORMED, request(*without(":path"), (":Path", "/"))),
    "pseudo-field of responses": (MALFORMED, request(*h2.get(), (":status", "200"))),
    ":protocol, which was not offered": (MALFORMED, request(*instead(":method", "CONNECT"), (":protocol", "websocket"))),
    **{f"{name} doubled": (MALFORMED, request(*h2.get(), (name, value))) for name, value in h2.get()},
    **{f"{name} missing": (MALFORMED, request(*without(name))) for name, _ in h2.get()},
    **{f"{name} empty": (MALFORMED, request(*instead(name, ""))) for name, _ in h2.get()},
    **{f":method {value!r}": (MALFORMED, request(*instead(":method", value))) for value in ("G T", "GET\0", "GET ", " GET", "GE:T", "G\r\nX")},
    **{f":scheme {value!r}": (MALFORMED, request(*instead(":scheme", value))) for value in ("http:", "h ttp", "http\0")},
    "another scheme": (answered(3, 400), request(*instead(":scheme", "ftp"))),
    **{f":path {value!r}": (MALFORMED, request(*instead(":path", value))) for value in (
        "index.html", "http://localhost/", "*", "?q", "/\0", "/\r\n", " /", "/ ", "#")},
    **{f":authority {value!r}": (MALFORMED, request(*instead(":authority", value))) for value in (
        "joe@localhost", "local host", "localhost/", "localhost:x", "a\0", "[::1", "localhost?", " localhost", "a" * 9000)},
    "host that says something else": (MALFORMED, with_field("host", "elsewhere")),
    "host twice": (MALFORMED, h2.headers(3, h2.get("/", "GET", ("host", "localhost"), ("host", "localhost")))),
    "host twice, without :authority": (MALFORMED, request(*without(":authority"), ("host", "a"), ("host", "b"))),
    "host that is none": (MALFORMED, request(*without(":authority"), ("host", "a/b"))),
    "CONNECT with a path": (MALFORMED, request((":method", "CONNECT"), (":path", "/"), (":authority", "localhost:80"))),
    "CONNECT with a scheme": (MALFORMED, request((":method", "CONNECT"), (":scheme", "http"), (":authority", "localhost:80"))),
    "CONNECT to nobody": (MALFORMED, request((":method", "CONNECT"))),
    "CONNECT without a port": (MALFORMED, request((":method", "CONNECT"), (":authority", "localhost"))),
    # Section 8.1.1
    "content-length, and no body": (MALFORMED, with_field("content-length", "1")),
    **{f"content-length {value!r}": (MALFORMED, h2.headers(3, h2.get("/", "POST", ("content-length", value)), end=False))
       for value in ("", "x", "-1", "+1", "1,2", "1 2", "0x1")},
    "content-lengths that differ": (
        MALFORMED, h2.headers(3, h2.get("/", "POST", ("content-length", "1"), ("content-length", "2")), end=False)),
    **{f"{size} bytes of body, 4 promised": (
        MALFORMED, h2.headers(3, h2.get("/", "POST", ("content-length", "4")), end=False), h2.data(3, b"x" * size, True))
       for size in (0, 3, 5)},
    "too many bytes of body in the middle": (
        MALFORMED, h2.headers(3, h2.get("/", "POST", ("content-length", "4")), end=False), h2.data(3, b"12345")),
    "too few bytes of body before trailers": (
        MALFORMED, h2.headers(3, h2.get("/", "POST", ("content-length", "4")), end=False), h2.data(3, b"123"), trailers(("x", "y"))),
    # Trailers
    "trailers without the end": (MALFORMED, POST, trailers(("x", "y"), end=False)),
    "trailers, empty": (answered(3, 405), POST, h2.headers(3, b"")),
    "DATA behind trailers": (
        reset(3, h2.STREAM_CLOSED), h2.headers(3, h2.get("/held"), end=False), trailers(("x", "y")), h2.data(3, b"x")),
    **{f"{name}: {value} in trailers": (MALFORMED, POST, trailers((name, value))) for name, value in (
        (":method", "GET"), (":path", "/"), (":status", "200"), ("X-Upper", "x"), ("connection", "close"), ("transfer-encoding", "chunked"),
        ("x", " y"), ("x", "y\0"), ("", "y"))},
}


@cases(BLOCKS)
def test_block(http2_server, case):
    check(http2_server, case)


@cases(REQUESTS)
def test_request(http2_server, case):
    check(http2_server, case)


@pytest.mark.parametrize("path", ["/../etc/passwd", "/%2e%2e/etc/passwd", "/a%00b", "/a%2fb", "//etc", "/a\\b", "/%", "/a%0d%0ab", "/.hidden"])
def test_paths_have_the_same_status_as_with_http1(http2_server, path):
    with h2.Client(http2_server.port) as client:
        assert client.ask(1, path).status == raw.ask(http2_server.port, path).status


def test_a_larger_table(start, place):
    """--h2-table: the client may use it all, and not a byte more."""
    server = start(sites.write_files(place, {"index.html": "x"}), "--h2c", "--h2-table", 8192)
    with h2.Client(server.port) as client:
        client.sync()
        assert client.settings[h2.HEADER_TABLE_SIZE] == 8192
        large = literal("x-large", "v" * 6000, 0x40)
        client.send(h2.headers(1, b"\x3f\xe1\x3f" + BLOCK + large), h2.headers(3, BLOCK + b"\xbe"))
        assert (client.response(1).status, client.response(3).status) == (200, 200)
        client.send(h2.headers(5, b"\x3f\xe2\x3f" + BLOCK))
        assert [code for _, code in client.end().goaways] == [COMPRESSION_ERROR]


@pytest.mark.parametrize("table", [0, 31, 100, 4096, 0xFFFFFFFF])
def test_responses_are_read_with_any_table_of_the_client(http2_server, table):
    """The decoder of each client allows as much as its SETTINGS say (RFC 7541 section 4.2)."""
    with h2.Client(http2_server.port, own=[(h2.HEADER_TABLE_SIZE, table)]) as client:
        client.decoder.max_allowed_table_size = table
        for stream in range(1, 20, 2):
            assert client.ask(stream).status == 200
