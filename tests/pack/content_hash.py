# SPDX-License-Identifier: MIT
"""The content hash of src/crypto/content_hash.h, written from docs/pack-format.md."""

import struct

_WORD = (1 << 64) - 1
KEYS = (0xA4093822299F31D1, 0x082EFA98EC4E6C89, 0x452821E638D01377, 0xBE5466CF34E90C6D)


def fold(x, y):
    product = x * y
    return (product & _WORD) ^ (product >> 64)


def _rotated(x, by):
    return ((x << by) | (x >> (64 - by))) & _WORD


def _step(a, b, w0, w1, w2, w3):
    return ((fold(w0 ^ a, w1 ^ KEYS[0]) + _rotated(a, 23) + (w2 ^ _rotated(w3, 29))) & _WORD,
            (fold(w2 ^ b, w3 ^ KEYS[1]) + _rotated(b, 41) + (w0 ^ _rotated(w1, 29))) & _WORD)


def digest(data):
    """(high, low)"""
    a, b = 0x243F6A8885A308D3, 0x13198A2E03707344
    padded = bytes(data) + bytes(-len(data) % 32)
    for block in struct.iter_unpack("<4Q", padded):
        a, b = _step(a, b, *block)
    a, b = _step(a, b, len(data), KEYS[2], len(data), KEYS[3])
    for _ in range(3):
        a, b = _step(b, a, a, KEYS[2], b, KEYS[3])
    return a, b


_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def entity_tag(digest_of_body, coding=""):
    """The ETag of a body with that digest."""
    number = digest_of_body[0] << 64 | digest_of_body[1]
    digits = "".join(_LETTERS[number << 4 >> 126 - 6 * i & 63] for i in range(22))
    return f'"{digits}{"-" + coding if coding else ""}"'
