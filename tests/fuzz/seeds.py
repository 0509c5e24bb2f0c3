#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the seed corpora, tests/fuzz/corpus/<target>/, anew from the conformance cases.

A seed is named after its case. Cases that differ only in length tell a fuzzer nothing that
mutation does not, so those above a few kilobytes are left out, and so are doubles. What
fuzzing has found stands beside the seeds, under a name that says what it is."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "conformance"))
sys.path.insert(0, str(HERE.parent / "pack"))
import cases  # noqa: E402
import writer  # noqa: E402

SEED_BYTES_MAX = 2000
VALUES = {"H": "a", "ETAG": '"cBsvwT1GzReNkMePdgk8MA"', "LM": "Tue, 02 Jan 2024 03:04:05 GMT"}
# See the top of connection.cc: everything at once to a directory, and a few other conversations.
SCRIPTS = [bytes([1, 0, 0, 0] + [255] * 8), bytes([0, 0, 0, 0] + [0] * 8), bytes([3, 9, 1, 2] + [6, 30] * 4),
           bytes([5, 0, 3, 1] + [19] * 8), bytes([1, 0, 4, 1] + [40] * 8), bytes([1, 0, 5, 0] + [90] * 8)]


def requests():
    """Of each case the bytes that the client sends."""
    for case in cases.load():
        sent = b"".join(cases.to_bytes(step.get("send", ""), VALUES) * step.get("repeat", 1) for step in cases.steps(case))
        if sent and len(sent) <= SEED_BYTES_MAX:
            yield case, sent


def target(request):
    words = request.split(b"\r\n", 1)[0].split(b" ")
    return words[1] if len(words) > 1 else b""


def h2_fields(request):
    """The fields of a request in HTTP/2's form; none where it has no such form."""
    lines = request.split(b"\r\n\r\n", 1)[0].split(b"\r\n")
    words = lines[0].split(b" ")
    if len(words) != 3:
        return []
    fields = [(b":method", words[0]), (b":scheme", b"http"), (b":path", words[1])]
    for line in lines[1:]:
        name, _, value = line.partition(b":")
        name = b":authority" if name.lower() == b"host" else name.lower()
        if name == b"connection" or (name == b":authority" and (name, value.strip()) in fields):
            continue
        fields.insert(3 if name == b":authority" else len(fields), (name, value.strip()))
    return fields


def text_of(text):
    return (bytes([len(text)]) if len(text) < 255 else b"\xff" + len(text).to_bytes(2, "big")) + text


def hpack_blocks():
    """Some blocks of each connection of the vectors."""
    blocks = []
    for line in (HERE.parent / "unit/h2/hpack_vectors.txt").read_text().splitlines():
        word, _, rest = line.partition(" ")
        if word == "block" and len(rest) <= SEED_BYTES_MAX:
            blocks.append(bytes.fromhex(rest))
        if blocks and (word == "table" or len(blocks) == 4):
            yield b"".join(len(block).to_bytes(2, "big") + block for block in blocks)
            blocks = []


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def literal(text):
    """As HPACK has it (RFC 7541 section 5.2), without Huffman's code."""
    size = bytes([len(text)]) if len(text) < 127 else b"\x7f" + bytes([(len(text) - 127) % 128 + 128, (len(text) - 127) // 128])
    return size + text


def headers(stream, fields, flags=5, indexed=False):
    start = b"\x40" if indexed else b"\0"
    return frame(1, flags, stream, b"".join(start + literal(name) + literal(value) for name, value in fields))


def request(stream, path, method=b"GET", flags=5, more=()):
    fields = [(b":method", method), (b":scheme", b"http"), (b":path", path), (b":authority", b"a"), *more]
    return headers(stream, fields, flags, indexed=stream % 4 == 1)


def number(value):
    return value.to_bytes(4, "big")


def h2_conversations():
    """Name and frames of conversations that use every type of frame."""
    settings = frame(4, 0, 0)
    acked = settings + frame(4, 1, 0)
    small = frame(4, 0, 0, b"\0\x04" + number(10))
    post = request(1, b"/file.txt", b"POST", 4, [(b"content-length", b"5")])
    block = request(1, b"/dir/")[9:]
    yield "several", acked + request(1, b"/") + request(3, b"/large.bin") + request(5, b"/file.txt", b"HEAD") + request(7, b"/none")
    yield "windows", small + request(1, b"/large.bin") + frame(8, 0, 1, number(1)) + frame(8, 0, 0, number(70000)) + frame(8, 0, 1, number(99999))
    yield "settings", settings + request(1, b"/large.bin") + small + frame(4, 0, 0, b"\0\x01" + number(0) + b"\0\x04" + number(90000))
    yield "overflow", settings + request(1, b"/large.bin") + frame(8, 0, 1, number(2**31 - 1)) + frame(8, 0, 0, number(2**31 - 1))
    yield "resets", settings + b"".join(request(1 + 2 * i, b"/large.bin") + frame(3, 0, 1 + 2 * i, number(8)) for i in range(6))
    yield "ping", settings + frame(6, 0, 0, b"12345678") + request(1, b"/") + frame(6, 1, 0, b"draining") + frame(6, 0, 0, b"abcdefgh")
    yield "priorities", settings + frame(16, 0, 0, number(1) + b"u=7, i") + request(1, b"/large.bin", more=[(b"priority", b"u=1, i")]) + \
        frame(16, 0, 0, number(1) + b"u=0") + frame(2, 0, 1, number(3) + b"w") + request(3, b"/large.bin")
    yield "body", settings + post + frame(0, 0, 1, b"abc") + frame(0, 8, 1, b"\2de\0\0") + frame(0, 1, 1)
    yield "trailers", settings + post + frame(0, 0, 1, b"abcde") + headers(1, [(b"x-trailer", b"t")])
    yield "lies", settings + post + frame(0, 1, 1, b"abc") + frame(0, 0, 1, b"late")
    yield "too large", settings + request(1, b"/", b"POST", 4) + frame(0, 0, 1, b"b" * 9000) + frame(0, 1, 1)
    yield "fragments", settings + frame(1, 1, 1, block[:20]) + frame(9, 0, 1, block[20:25]) + frame(9, 4, 1, block[25:]) + request(3, b"/")
    yield "goaway", settings + request(1, b"/large.bin") + frame(7, 0, 0, number(0) + number(0)) + request(3, b"/")
    yield "unknown", settings + frame(66, 255, 9, b"whatever") + request(1, b"/private/a.txt")
    yield "padded", settings + frame(1, 13, 1, b"\3" + block + b"\0\0\0") + frame(1, 0x25, 3, number(1) + b"w" + block) + request(2, b"/")
    yield "table", settings + headers(1, [(b":method", b"GET"), (b":path", b"/"), (b":scheme", b"http"), (b":authority", b"a")], indexed=True) + \
        frame(1, 5, 3, b"\xc1\xc0\xbf\xbe") + frame(1, 5, 5, b"\x20\xc1\xc0") + frame(1, 5, 7, b"\x3f\xe1\x1f\x82\x84\x86\x41\1a")


def packs():
    """Name and bytes of packs."""
    files = writer.Files().add("index.html", b"home", br=b"hm", gzip=b"hom").add("docs/a.txt", b"a").add("_headers", b"/*\n A: b\n")
    yield "small", writer.write_pack(files, ["--spa", "--health", "/healthz"])
    yield "empty", writer.write_pack({})
    yield "hosts", writer.write_pack(writer.Files().add("a.example/index.html", b"a").add("default/x/y", b""), hosts=True)


def seeds():
    """Target, name and bytes of every seed."""
    for number, (case, sent) in enumerate(requests()):
        name = case["id"]
        yield "parse", name, bytes([number % 7]) + sent
        yield "connection", name, SCRIPTS[number % len(SCRIPTS)] + sent
        if target(sent).startswith(b"/"):
            yield "path", name, target(sent)[1:].split(b"?")[0]
        if case["group"] in ("chunked", "framing") and b"\r\n\r\n" in sent:
            length = b"Transfer-Encoding" not in sent
            yield "body", name, bytes([length + 2 * (number % 2) + 4 * 4, number % 5]) + sent.split(b"\r\n\r\n", 1)[1]
        fields = h2_fields(sent)
        if fields:
            yield "h2_request", name, bytes([255 - number % 2]) + b"\2".join(b"\1".join(field) for field in fields)
            if number % 6 == 0:
                yield "hpack_round_trip", name, b"".join(text_of(text) for field in fields for text in field)
        if fields and number % 12 == 0 and sum(map(len, fields[0])) < 100:
            yield "h2_connection", name, SCRIPTS[number // 12 % len(SCRIPTS)] + frame(4, 0, 0) + headers(1, fields)
    for count, blocks in enumerate(hpack_blocks()):
        yield "hpack", f"nghttp2-{count}", bytes([count]) + blocks
    for name, pack in packs():
        yield "pack", name, b"\1" + pack
        yield "pack", name + "-as-it-is", b"\0" + pack
    for count, (name, frames) in enumerate(h2_conversations()):
        yield "h2_session", name.replace(" ", "_"), bytes([1 + 2 * (count % 2) + 4 * count, 5 * count, 2 + count % 4]) + frames
        yield "h2_connection", name.replace(" ", "_"), SCRIPTS[count % len(SCRIPTS)] + frames


def main():
    seen = set()
    for folder, name, data in seeds():
        path = HERE / "corpus" / folder
        if not path.exists():
            path.mkdir(parents=True)
        if (folder, data) in seen:
            continue
        seen.add((folder, data))
        (path / name).write_bytes(data)
    print(f"{len(seen)} seeds, {sum(len(data) for _, data in seen)} bytes")


if __name__ == "__main__":
    main()
