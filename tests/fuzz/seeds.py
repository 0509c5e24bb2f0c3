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
import cases  # noqa: E402

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
    for number, blocks in enumerate(hpack_blocks()):
        yield "hpack", f"nghttp2-{number}", bytes([number]) + blocks


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
