# SPDX-License-Identifier: MIT
"""An authority of our own that speaks ACME (RFC 8555) with renewal information (RFC 9773), well or as a test wants it.

A request must be signed with the key of the account that it names. It remembers what was asked."""

import base64
import datetime
import http.server
import json
import ssl
import threading

from certificates import Certificate
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

JSON = "application/json"
PROBLEM = "urn:ietf:params:acme:error:"


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def problem(kind, status=400, detail="as the test wants it", **fields):
    """An answer that refuses."""
    return status, {"Content-Type": "application/problem+json", **fields}, {"type": PROBLEM + kind, "detail": detail}


def is_signed_by(jws, jwk):
    """ES256 (RFC 7518 section 3.4)."""
    x, y = (int.from_bytes(decoded(jwk[name]), "big") for name in "xy")
    raw = decoded(jws["signature"])
    signature = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    try:
        ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key().verify(
            signature, f"{jws['protected']}.{jws['payload']}".encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def utc(when):
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


class Stub:
    """answers: by the first part of a path, a function of what was asked, which returns status, fields and body (bytes, text, or
    what becomes JSON), or None for the ordinary answer. asked: (path, payload) of each request, in order."""

    def __init__(self, pair, webroot, names=("www.test",)):
        self.webroot, self.names = webroot, names
        self.answers, self.asked, self.files = {}, [], []
        self.accounts = []  # their keys
        self.signer = None  # the key of the last request
        self.authority = Certificate(subject="stub authority", authority=True)
        self.begins = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
        self.life = datetime.timedelta(days=90)
        self.chain, self.proved, self.nonces = None, False, 0
        self.date = None  # of the answers; else now
        self.window = None  # of renewal information: two times
        self.proves = threading.Event()  # a challenge is to be checked
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def url(self, path=""):
        return f"https://127.0.0.1:{self.port}{path}"

    @property
    def directory(self):
        return self.url("/directory")

    def paths(self):
        return [path for path, _ in self.asked]

    def payload(self, path):
        """What was sent to this path last."""
        return next(payload for asked, payload in reversed(self.asked) if asked == path)

    def answer(self, path, payload):
        self.asked.append((path, payload))
        name = path.split("?")[0].split("/")[1]
        own = self.answers.get(name)
        answer = own(payload) if own else None
        return getattr(self, "answer_" + name)(payload) if answer is None else answer

    def answer_directory(self, _):
        urls = {name: self.url(f"/{name}") for name in ("newNonce", "newAccount", "newOrder")}
        more = {"renewalInfo": self.url("/ari")} if self.window else {}
        return 200, {}, {**urls, **more, "meta": {"termsOfService": self.url("/terms")}}

    def answer_newNonce(self, _):
        return 200, {}, b""

    def answer_newAccount(self, _):
        if self.signer not in self.accounts:
            self.accounts.append(self.signer)
        return 201, {"Location": self.url(f"/account/{self.accounts.index(self.signer) + 1}")}, {"status": "valid"}

    def key_of(self, head):
        """That a request must be signed with."""
        if "jwk" in head:
            return head["jwk"]
        return next((key for number, key in enumerate(self.accounts) if self.url(f"/account/{number + 1}") == head["kid"]), None)

    def order(self):
        status = "valid" if self.chain else "ready" if self.proved else "pending"
        more = {"certificate": self.url("/certificate/1")} if self.chain else {}
        identifiers = [{"type": "dns", "value": name} for name in self.names]
        return {"status": status, "identifiers": identifiers, "authorizations": [self.url("/authorization/1")], "finalize": self.url("/finalize/1"), **more}

    def answer_newOrder(self, _):
        self.chain, self.proved = None, False
        return 201, {"Location": self.url("/order/1")}, self.order()

    def answer_order(self, _):
        return 200, {}, self.order()

    def answer_authorization(self, _):
        challenge = {"type": "http-01", "url": self.url("/challenge/1"), "token": "a-token_of-the-stub", "status": "pending"}
        return 200, {}, {"status": "valid" if self.proved else "pending", "identifier": {"type": "dns", "value": self.names[0]}, "challenges": [challenge]}

    def answer_challenge(self, _):
        self.files = {path.name: path.read_text() for path in (self.webroot / ".well-known/acme-challenge").iterdir()}
        self.proved = True
        self.proves.set()
        return 200, {}, {"type": "http-01", "url": self.url("/challenge/1"), "status": "processing"}

    def sign(self, key, names=None, ballast=0):
        """A certificate for a public key, and that of the authority. ballast: bytes that mean nothing."""
        subject = x509.Name([])
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(self.authority.certificate.subject).public_key(key)
                   .serial_number(x509.random_serial_number()).not_valid_before(self.begins).not_valid_after(self.begins + self.life)
                   .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.authority.key.public_key()), False)
                   .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names or self.names]), True))
        if ballast:
            builder = builder.add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), bytes(ballast)), False)
        made = builder.sign(self.authority.key, hashes.SHA256())
        return made.public_bytes(serialization.Encoding.PEM) + self.authority.pem

    def answer_finalize(self, payload):
        request = x509.load_der_x509_csr(decoded(payload["csr"]))
        assert request.is_signature_valid
        self.chain = self.sign(request.public_key())
        return 200, {}, self.order()

    def answer_certificate(self, _):
        return 200, {"Content-Type": "application/pem-certificate-chain"}, self.chain

    def answer_ari(self, _):
        return 200, {"Retry-After": "7200"}, {"suggestedWindow": dict(zip(("start", "end"), map(utc, self.window), strict=True))}

    def handler(stub):  # noqa: N805
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def log_message(self, *_):
                pass

            def date_time_string(self, timestamp=None):
                return stub.date or super().date_time_string(timestamp)

            def do_GET(self):
                self.reply(*stub.answer(self.path, None))

            def do_HEAD(self):
                self.do_GET()

            def do_POST(self):
                jws = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                payload = decoded(jws["payload"])
                stub.signer = stub.key_of(json.loads(decoded(jws["protected"])))
                if stub.signer is None:
                    return self.reply(*problem("accountDoesNotExist"))
                if not is_signed_by(jws, stub.signer):
                    return self.reply(*problem("malformed", detail="the signature is not by the key of the account"))
                self.reply(*stub.answer(self.path, json.loads(payload) if payload else None))

            def reply(self, status, fields, body):
                if not isinstance(body, (bytes, str)):
                    body = json.dumps(body)
                body = body.encode() if isinstance(body, str) else body
                stub.nonces += 1
                self.send_response(status)
                all_fields = {"Content-Type": JSON, "Content-Length": len(body), "Replay-Nonce": f"nonce-{stub.nonces}", **fields}
                for name, value in all_fields.items():
                    self.send_header(name, str(value))
                self.end_headers()
                try:
                    self.wfile.write(body if self.command != "HEAD" else b"")
                except OSError:
                    pass  # a client that has had enough

        return Handler
