#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes hpack_vectors.txt: header blocks by nghttp2, and Huffman-coded strings by python3-hpack.

The file is committed, so that the units need neither (they also run for other machines, under an emulator). It is made
anew with Debian's libnghttp2-14 and python3-hpack; the same versions make the same file.

  table N       a new connection whose decoder allows a table of N bytes; the encoder is told so
  size N        the encoder is told another size, as by SETTINGS; the next block says so
  block HEX     a block; the lines behind it are its fields
  field NAME<tab>VALUE
  huffman PLAIN CODED   both in hexadecimal"""

import ctypes
import random
import sys
from pathlib import Path

from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH

LIBRARY = ctypes.CDLL("libnghttp2.so.14")
NAMES = [":method", ":path", ":scheme", ":authority", "user-agent", "accept", "accept-encoding", "accept-language", "cookie",
         "cache-control", "referer", "range", "if-none-match", "sec-fetch-mode", "sec-fetch-dest", "x-request-id", "dnt",
         "content-type", "authorization", "te", "priority", "x-a", "x-long-name-of-a-field-that-nobody-knows"]
VALUES = ["GET", "/", "/index.html", "https", "http", "example.com", "gzip, deflate, br, zstd", "*/*", "trailers", "1",
          "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0", "en-US,en;q=0.5", "u=1, i", "bytes=0-99",
          "no-cache", "\"abc\"", "", "navigate", "document", "\\^`{|}~", "0" * 200]


class Field(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("value", ctypes.c_char_p), ("namelen", ctypes.c_size_t),
                ("valuelen", ctypes.c_size_t), ("flags", ctypes.c_uint8)]


LIBRARY.nghttp2_hd_deflate_new.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.c_size_t]
LIBRARY.nghttp2_hd_deflate_change_table_size.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
LIBRARY.nghttp2_hd_deflate_hd.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.POINTER(Field),
                                          ctypes.c_size_t]
LIBRARY.nghttp2_hd_deflate_hd.restype = ctypes.c_ssize_t


class Encoder:
    def __init__(self, table):
        self.deflater = ctypes.c_void_p()
        assert LIBRARY.nghttp2_hd_deflate_new(ctypes.byref(self.deflater), max(table, 4096)) == 0
        if table != 4096:
            self.resize(table)

    def resize(self, table):
        assert LIBRARY.nghttp2_hd_deflate_change_table_size(self.deflater, table) == 0

    def encode(self, fields):
        rows = (Field * len(fields))()
        for row, (name, value, flags) in zip(rows, fields):
            row.name, row.value = name.encode(), value.encode()
            row.namelen, row.valuelen, row.flags = len(row.name), len(row.value), flags
        out = ctypes.create_string_buffer(65536)
        size = LIBRARY.nghttp2_hd_deflate_hd(self.deflater, out, len(out), rows, len(rows))
        assert size >= 0
        return out.raw[:size]


def value(random):
    kind = random.random()
    if kind < 0.7:
        return random.choice(VALUES)
    if kind < 0.985:
        return "".join(chr(random.randrange(0x21, 0x7f)) for _ in range(random.randrange(1, 40)))
    return "v" * random.randrange(500, 3000)


def lines():
    rng = random.Random(1)
    for table, blocks in ((4096, 60), (4096, 20), (8192, 30), (16384, 20)):
        encoder = Encoder(table)
        yield f"table {table}"
        for _ in range(blocks):
            if rng.random() < 0.1:
                for _ in range(rng.randrange(1, 3)):
                    size = rng.choice([0, 100, 256, 1000, table])
                    encoder.resize(size)
                    yield f"size {size}"
            # Flag 1: never indexed.
            fields = [(rng.choice(NAMES), value(rng), rng.choice([0, 0, 0, 0, 1])) for _ in range(rng.randrange(1, 9))]
            yield "block " + encoder.encode(fields).hex()
            for name, text, _ in fields:
                yield f"field {name}\t{text}"
    huffman = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH)
    texts = [bytes([byte]) for byte in range(256)] + [bytes(range(256))]
    texts += [bytes(rng.randrange(256) for _ in range(rng.randrange(1, 30))) for _ in range(50)]
    for text in texts:
        yield f"huffman {text.hex()} {huffman.encode(text).hex()}"


if __name__ == "__main__":
    path = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent / "hpack_vectors.txt")
    path.write_text("\n".join(lines()) + "\n")
