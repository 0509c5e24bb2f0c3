# SPDX-License-Identifier: MIT
"""A client of TLS 1.3 whose records are made by hand after the handshake: what no library would send."""

import contextlib
import os
import ssl
import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

import tls

HANDSHAKE, APPLICATION, ALERT = 22, 23, 21
KEY_UPDATE = bytes([24, 0, 0, 1])  # and a byte: 1 asks the peer for one, too (RFC 8446 section 4.6.3)


def derive(secret, label, size):
    """HKDF-Expand-Label without a context (RFC 8446 section 7.1)."""
    name = b"tls13 " + label
    info = struct.pack(">HB", size, len(name)) + name + b"\0"
    return HKDFExpand(hashes.SHA256(), size, info).derive(secret)


class Forger:
    """The handshake is the library's, with AES-128-GCM, which the server prefers; its secrets come by the key log."""

    def __init__(self, port, authority, place):
        log = place / f"keys-{os.urandom(4).hex()}"
        context = tls.context(authority, version=ssl.TLSVersion.TLSv1_3)
        context.keylog_filename = log
        self.client = tls.Cut(port, authority, size=65536, made=context)
        assert self.client.tls.cipher()[0] == "TLS_AES_128_GCM_SHA256"
        self.socket = self.client.socket
        lines = [line.split() for line in log.read_text().splitlines()]
        self.use(bytes.fromhex(next(words[2] for words in lines if words[0] == "CLIENT_TRAFFIC_SECRET_0")))

    def use(self, secret):
        self.secret, self.count = secret, 0
        self.key, self.iv = AESGCM(derive(secret, b"key", 16)), derive(secret, b"iv", 12)

    def record(self, kind, content, padding=0):
        inner = content + bytes([kind]) + bytes(padding)
        head = struct.pack(">BHH", APPLICATION, 0x303, len(inner) + 16)
        nonce = (int.from_bytes(self.iv, "big") ^ self.count).to_bytes(12, "big")
        self.count += 1
        return head + self.key.encrypt(nonce, inner, head)

    def key_update(self, asks):
        record = self.record(HANDSHAKE, KEY_UPDATE + bytes([asks]))
        self.use(derive(self.secret, b"traffic upd", 32))
        return record

    def send(self, data):
        """As much as the server wants before it ends the connection."""
        with contextlib.suppress(ConnectionError):
            self.socket.sendall(data)

    def ends(self):
        """The server ends the connection, or a timeout is raised."""
        try:
            while self.socket.recv(65536):
                pass
        except ConnectionError:
            pass

    def close(self):
        self.client.close()
