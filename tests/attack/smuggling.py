# SPDX-License-Identifier: MIT
"""Requests that two servers might read in two ways. Wherever one takes POISON for a request of its own, the next client
on that connection is answered with what it did not ask for."""

POISON = "GET /poison HTTP/1.1\r\nX-Swallow: "
CHUNK = f"{len(POISON):x}\r\n{POISON}\r\n0\r\n\r\n"


def _post(fields, body, target="/", version="1.1"):
    return f"POST {target} HTTP/{version}\r\nHost: front\r\n{fields}\r\n{body}".encode("latin-1")


def _get(fields, body="", target="/", version="1.1", method="GET"):
    return f"{method} {target} HTTP/{version}\r\nHost: front\r\n{fields}\r\n{body}".encode("latin-1")


def _te(value, name="Transfer-Encoding", length=4):
    """A body that ends at its first chunk, for who believes in it, and before that, for who believes in the length."""
    return _post(f"Content-Length: {length}\r\n{name}: {value}\r\n", f"0\r\n\r\n{POISON}")


LENGTH_AND_CODING = {
    "CL.TE": _post(f"Content-Length: {5 + len(POISON)}\r\nTransfer-Encoding: chunked\r\n", f"0\r\n\r\n{POISON}"),
    "TE.CL": _post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", CHUNK),
    "TE before CL, HTTP/1.0": _post(
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", f"0\r\n\r\n{POISON}", version="1.0"
    ),
    "TE alone, HTTP/1.0": _post(
        "Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n", f"0\r\n\r\n{POISON}", version="1.0"
    ),
    "CL.0 on GET": _get(f"Content-Length: {len(POISON)}\r\n", POISON),
    "CL.0 on HEAD": _get(f"Content-Length: {len(POISON)}\r\n", POISON, method="HEAD"),
    "CL.0 on OPTIONS": _get(f"Content-Length: {len(POISON)}\r\n", POISON, method="OPTIONS"),
    "CL.0 on a missing page": _post(f"Content-Length: {len(POISON)}\r\n", POISON, target="/missing"),
    "CL.0 on a redirect": _get(f"Content-Length: {len(POISON)}\r\n", POISON, target="/dir"),
    "chunked GET": _get("Transfer-Encoding: chunked\r\n", CHUNK),
}

LENGTHS = {
    f"Content-Length {value!r}": _post(f"Content-Length: {value}\r\n", POISON)
    for value in ("+0", "-0", "00", "007", "0x10", "1 0", "1_0", "0,0", "0, 5", "5,5", "", " ", "0\t", "0;5", "1e1",
                  "18446744073709551616", "18446744073709551621", "\xb2", "0\x0b", "0\x00")
} | {
    "two lengths": _post(f"Content-Length: 0\r\nContent-Length: {len(POISON)}\r\n", POISON),
    "two lengths, turned": _post(f"Content-Length: {len(POISON)}\r\nContent-Length: 0\r\n", POISON),
    "the same length twice": _post("Content-Length: 5\r\nContent-Length: 5\r\n", f"12345{POISON}"),
}

CODINGS = {
    f"{name!r}: {value!r}": _te(value, name)
    for name, value in [
        ("Transfer-Encoding", "xchunked"), ("Transfer-Encoding", "chunked, identity"),
        ("Transfer-Encoding", "identity"), ("Transfer-Encoding", "chunked, chunked"),
        ("Transfer-Encoding", ",chunked"), ("Transfer-Encoding", "chunked,"), ("Transfer-Encoding", "CHUNKED"),
        ("Transfer-Encoding", '"chunked"'), ("Transfer-Encoding", "chunked;q=1"), ("Transfer-Encoding", "\x0bchunked"),
        ("Transfer-Encoding", "chunked\x0c"), ("Transfer-Encoding", "chunked\x00"), ("Transfer-Encoding", "\tchunked"),
        ("Transfer-Encoding", "gzip, chunked"), ("Transfer-Encoding", "\xa0chunked"), ("Transfer-Encoding", ""),
        ("Transfer-Encoding", "\r\n chunked"), ("Transfer-Encoding", "chunked\r\n , identity"),
        ("Transfer-Encoding ", "chunked"), ("Transfer-Encoding\t", "chunked"), (" Transfer-Encoding", "chunked"),
        ("Transfer_Encoding", "chunked"), ("Transfer-Encoding\x00", "chunked"), ("transfer-encoding", "chunked"),
        ("X: y\rTransfer-Encoding", "chunked"), ("X: y\nTransfer-Encoding", "chunked"),
        (":Transfer-Encoding", "chunked"), ("Transfer\\-Encoding", "chunked"), ("Transfer-Encoding\xa0", "chunked"),
        ("\x0bTransfer-Encoding", "chunked"), ("Transfer-Encoding: chunked\r\nTransfer-Encoding", "identity"),
        ("Transfer-Encoding: identity\r\nTransfer-Encoding", "chunked"),
    ]
}

CHUNKS = {
    f"chunk line {line!r}": _post("Transfer-Encoding: chunked\r\n", f"{line}\r\nabcde\r\n0\r\n\r\n{POISON}")
    for line in ("5;a=b", '5;a="\r\n', "5 ;a", "5 ", " 5", "+5", "0x5", "05", "0000000000000000000000005", "5\r", "5\n",
                 "5;\x00", "5,", "-5", "100000000000000005", "5;a=\rb", "5;\n0", "g")
} | {
    "LF ends a chunk line": _post("Transfer-Encoding: chunked\r\n", f"5\nabcde\n0\n\n{POISON}"),
    "LF ends chunk data": _post("Transfer-Encoding: chunked\r\n", f"5\r\nabcde\n0\r\n\r\n{POISON}"),
    "CR ends a chunk line": _post("Transfer-Encoding: chunked\r\n", f"5\rabcde\r0\r\r{POISON}"),
    "chunk data too long": _post("Transfer-Encoding: chunked\r\n", f"5\r\nabcdefg\r\n0\r\n\r\n{POISON}"),
    "no end behind chunk data": _post("Transfer-Encoding: chunked\r\n", f"5\r\nabcde0\r\n\r\n{POISON}"),
    "trailer that frames": _post("Transfer-Encoding: chunked\r\n", f"0\r\nContent-Length: 40\r\n\r\n{POISON}"),
    "trailer that codes": _post("Transfer-Encoding: chunked\r\n", f"0\r\nTransfer-Encoding: chunked\r\n\r\n{POISON}"),
    "trailer with a bare LF": _post("Transfer-Encoding: chunked\r\n", f"0\r\nA: b\n\n{POISON}"),
    "trailer without a colon": _post("Transfer-Encoding: chunked\r\n", f"0\r\nGET /poison HTTP/1.1\r\n\r\n{POISON}"),
}

HEADS = {
    "bare LF ends lines": f"GET / HTTP/1.1\nHost: front\n\n{POISON}".encode(),
    "bare CR ends lines": f"GET / HTTP/1.1\rHost: front\r\r{POISON}".encode(),
    "LF CR": f"GET / HTTP/1.1\n\rHost: front\n\r\n\r{POISON}".encode(),
    "obs-fold hides a length": _post(f"X: y\r\n Content-Length: {len(POISON)}\r\n", POISON),
    "obs-fold in the length": _post(f"Content-Length:\r\n {len(POISON)}\r\n", POISON),
    "obs-fold on the first field": f"GET / HTTP/1.1\r\n Host: front\r\nHost: front\r\n\r\n{POISON}".encode(),
    "space before the colon": _post(f"Content-Length : {len(POISON)}\r\n", POISON),
    "tab before the colon": _post(f"Content-Length\t: {len(POISON)}\r\n", POISON),
    "underscore for the hyphen": _post(f"Content_Length: {len(POISON)}\r\n", POISON),
    "NUL in a name": _post(f"Content-Length\x00: {len(POISON)}\r\n", POISON),
    "NUL in a value": _post(f"X: a\x00b\r\nContent-Length: {len(POISON)}\r\n", POISON),
    "a line without a colon": _post(f"Content-Length {len(POISON)}\r\n", POISON),
    "empty name": _post(f": x\r\nContent-Length: {len(POISON)}\r\n", POISON),
    "LF in a value": _get("X: y\n\nGET /poison HTTP/1.1\r\n"),
    "CR in a value": _get("X: y\r\rGET /poison HTTP/1.1\r\n"),
    "length named by Connection": _post(f"Connection: Content-Length\r\nContent-Length: {len(POISON)}\r\n", POISON),
    "coding named by Connection": _post("Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n", CHUNK),
    "host named by Connection": _get("Connection: Host, close\r\n"),
    "empty lines before": b"\r\n\r\n" + _get("") + b"\r\n\r\n\r\n" + POISON.encode(),
    "LF before": b"\n" + _get(""),
}

TARGETS = {
    "another host in absolute-form": _get("", target="http://another/"),
    "user in absolute-form": _get("", target="http://front@another/"),
    "absolute-form without Host": b"GET http://front/ HTTP/1.1\r\n\r\n",
    "two hosts": _get("Host: another\r\n"),
    "host with a space": _get("Host: front another\r\n"),
    "host twice, one folded": _get("X: y\r\n Host: another\r\n"),
    "space in the target": _get("", target="/ HTTP/1.1\r\nX: /poison"),
    "tab in the request line": b"GET\t/\tHTTP/1.1\r\nHost: front\r\n\r\n",
    "encoded line end": _get("", target="/%0d%0aGET%20/poison%20HTTP/1.1"),
    "raw LF in the target": b"GET /\nGET /poison HTTP/1.1\r\nHost: front\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n" + POISON.encode(),
    "HTTP/1.2": _get("", version="1.2"),
    "HTTP/2.0": _get("", version="2.0"),
    "preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + POISON.encode(),
    "CONNECT": b"CONNECT front:80 HTTP/1.1\r\nHost: front:80\r\n\r\n" + POISON.encode(),
    "asterisk": _get("", target="*", method="OPTIONS"),
}

TURNS = {
    "Expect, and the body at once": _post(f"Expect: 100-continue\r\nContent-Length: {len(POISON)}\r\n", POISON),
    "Expect, and no body": _post("Expect: 100-continue\r\nContent-Length: 50\r\n", ""),
    "Expect, chunked": _post("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n", CHUNK),
    "Expect of something else": _post(f"Expect: 200-maybe\r\nContent-Length: {len(POISON)}\r\n", POISON),
    "Expect twice": _post(f"Expect: 100-continue\r\nExpect: x\r\nContent-Length: {len(POISON)}\r\n", POISON),
    "Expect on GET": _get(f"Expect: 100-continue\r\nContent-Length: {len(POISON)}\r\n", POISON),
    "Expect, HTTP/1.0": _post(f"Expect: 100-continue\r\nContent-Length: {len(POISON)}\r\n", POISON, version="1.0"),
    "upgrade to h2c": _get(
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
    ),
    "upgrade to websocket": _get("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                                 "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"),
    "upgrade with a body": _post(
        f"Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: {len(POISON)}\r\n", POISON
    ),
    "body too large": _post("Content-Length: 104857600\r\n", POISON),
    "body that never ends": _post("Content-Length: 5000\r\n", POISON),
    "chunked body that never ends": _post("Transfer-Encoding: chunked\r\n", f"1000\r\n{POISON}"),
    "POST in a pipeline": _get("") + _post(f"Content-Length: {len(POISON)}\r\n", POISON) + _get(""),
    "refusal in a pipeline": _get("") + _post("Content-Length: x\r\n", POISON),
    "HEAD in a pipeline": _get("", method="HEAD", target="/big.bin") + _get(""),
    "304 in a pipeline": _get("If-None-Match: *\r\n", target="/big.bin") + _get(""),
    "an answer left unread": _get("", target="/big.bin") * 3,
}

CASES = {**LENGTH_AND_CODING, **LENGTHS, **CODINGS, **CHUNKS, **HEADS, **TARGETS, **TURNS}
