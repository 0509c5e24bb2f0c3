# SPDX-License-Identifier: MIT
"""Certificates and keys in files, and clients that look at what a server shows."""

import datetime
import ipaddress
import os
import socket
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

import programs

MINHTTPS = programs.MINHTTP.with_name("minhttps")


def new_key(kind="ecdsa"):
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind[3:] or 2048))
    return ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else ec.generate_private_key(ec.SECP256R1())


def general_name(name):
    """Of a host name or an IP address."""
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


class Certificate:
    """One for these host names or addresses, signed by `issuer` or by itself; days from now on."""

    def __init__(self, *names, kind="ecdsa", begins=-1, ends=100, subject="minhttp test", issuer=None, authority=False):
        self.key = new_key(kind)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)])
        now = datetime.datetime.now(datetime.timezone.utc)
        signer = issuer or self
        builder = (x509.CertificateBuilder().subject_name(name)
                   .issuer_name(issuer.certificate.subject if issuer else name)
                   .public_key(self.key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(now + datetime.timedelta(begins)).not_valid_after(now + datetime.timedelta(ends))
                   .add_extension(x509.BasicConstraints(authority or issuer is None, None), True))
        if issuer:
            builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()), False)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([general_name(name) for name in names]), False)
        self.certificate = builder.sign(signer.key, None if kind == "ed25519" else hashes.SHA256())

    @property
    def der(self):
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self):
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                      serialization.NoEncryption())

    def secrets(self):
        """Byte strings that only who has the private key knows, as programs keep them in memory."""
        numbers = self.key.private_numbers()
        words = [numbers.p, numbers.q, numbers.d] if hasattr(numbers, "p") else [numbers.private_value]
        found = [self.key_pem.split(b"\n")[1], self.key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())[:64]]
        for word in words:
            size = (word.bit_length() + 7) // 8
            found += [word.to_bytes(size, "big"), word.to_bytes(size, "little")]
        return found

    def write(self, certificate, key, mode=0o644):
        """As tools do: beside the old ones, and then in their place."""
        for path, text in ((certificate, self.pem), (key, self.key_pem)):
            new = path.with_name(path.name + ".new")
            new.write_bytes(text)
            new.chmod(mode)
            os.replace(new, path)


def connect(port, host="localhost", version=None, session=None, context=None, client=None):
    """A connection that has shaken hands; the server's certificate is not verified."""
    if context is None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if version:
            context.minimum_version = context.maximum_version = version
        if client:
            context.load_cert_chain(*client)
    plain = socket.create_connection(("127.0.0.1", port), 20)
    try:
        return context.wrap_socket(plain, server_hostname=host, session=session)
    except BaseException:
        plain.close()
        raise


def shown(port, host="localhost", **options):
    """The certificate that a client sees there."""
    with connect(port, host, **options) as client:
        return client.getpeercert(binary_form=True)


def get(port, target="/", **options):
    with connect(port, **options) as client:
        client.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while piece := client.recv(65536):
            answer += piece
        return answer
