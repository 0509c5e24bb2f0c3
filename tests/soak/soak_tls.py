#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""soak_tls.py --minutes N: minhttps with two workers, whose certificate is renewed every ten seconds, among clients that reset
their connections at any moment. Good clients, by HTTP/1 and HTTP/2, must not notice, and the memory of TLS must not
grow. Closes with one line; status 1 if anything is amiss."""

import argparse
import hashlib
import os
import random
import re
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / name) for name in ("e2e", "conformance")]

import certificates  # noqa: E402
import programs  # noqa: E402
import tls  # noqa: E402
from raw import Connection  # noqa: E402
from server import Server, wait_until  # noqa: E402

RENEWAL_SECONDS = 10
SIZES = {"1k": 1 << 10, "100k": 100 << 10, "3m": 3 << 20}
H2LOAD = {"--h1": 200, "--npn-list=h2": 400}  # requests a second of each, so that it is not the machine that is tested
# What the memory of TLS may differ by while nobody is connected: kept fibres (limits::tls_signatures of 34 KiB) of each worker.
KEPT_BYTES = 2 * 64 * (34 << 10)
GROWN_BYTES = 8 << 20  # the most in use in the second half beyond the first one's: more clients at the same moment


class Clients:
    """Threads that go on until it is enough. What good ones complain of is in `faults`."""

    def __init__(self, port, authority, site):
        self.port, self.authority = port, authority
        self.digests = {name: hashlib.sha256((site / name).read_bytes()).digest() for name in SIZES}
        self.enough = threading.Event()
        self.faults, self.requests, self.resets = [], 0, 0
        self.threads = [threading.Thread(target=self._until_enough, args=(kind,), daemon=True)
                        for kind in [self._good, self._good, self._reset, self._reset, *(self._h2load(how) for how in H2LOAD)]]

    def _until_enough(self, kind):
        while not self.enough.is_set():
            try:
                kind()
            except (OSError, AssertionError, subprocess.SubprocessError) as fault:
                self.faults.append(f"{kind.__name__}: {fault!r}"[:300])

    def _good(self):
        """New handshakes, whole bodies, and now and then nothing for a while."""
        with tls.connect(self.port, self.authority) as client:
            for _ in range(random.randrange(1, 6)):
                name = random.choice(list(SIZES))
                assert hashlib.sha256(tls.get(client, f"/{name}")[1]).digest() == self.digests[name]
                self.requests += 1
                self.enough.wait(random.random() / 20)

    def _reset(self):
        """Within the handshake, the request or the response."""
        plain = socket.create_connection(("127.0.0.1", self.port), 30)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.resets += 1
        try:
            if random.random() < 0.5:
                hello = tls.client_hello()
                plain.sendall(hello[:random.randrange(len(hello) + 1)])
            else:
                client = tls.context(self.authority).wrap_socket(plain, server_hostname="localhost")
                client.sendall(b"GET /3m HTTP/1.1\r\nHost: localhost\r\n\r\n"[:random.randrange(60)])
                plain = client
                client.recv(random.randrange(1, 20_000)) if random.random() < 0.3 else None
        except (OSError, ssl.SSLError):
            pass  # it waits for more, or has ended it
        plain.close()
        self.enough.wait(0.01)

    def _h2load(self, how):
        def h2load():
            command = ["h2load", how, "-c", "4", "-m", "4", f"--rps={H2LOAD[how] // 4}", "-n", str(H2LOAD[how] * 5),
                       *(f"https://localhost:{self.port}/{name}" for name in ("1k", "1k", "100k"))]
            said = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
            counts = re.search(r"(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", said)
            assert counts and int(counts[1]) == H2LOAD[how] * 5, said[-600:]
            self.requests += int(counts[1])
        return h2load


class Trial:
    def __init__(self, place):
        site = place / "site"
        site.mkdir()
        for name, size in SIZES.items():
            (site / name).write_bytes(os.urandom(size))
        self.authority = certificates.Certificate(subject="soak", authority=True)
        self.authority.write(place / "authority.pem", place / "authority.key")
        self.pair = (place / "site.pem", place / "site.key")
        self.renewals = 0
        self.renew()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.admin = probe.getsockname()[1]
        self.server = Server(site, *tls.options(self.pair), "--listen", "127.0.0.1:0", "--workers", 2, "--log", "off", "--head-ms",
                             2000, "--admin", f"127.0.0.1:{self.admin}", program=tls.MINHTTPS)
        self.clients = Clients(self.server.port, place / "authority.pem", site)
        self.peaks = []

    def renew(self):
        self.newest = certificates.Certificate("localhost", issuer=self.authority)
        self.newest.write(*self.pair)
        self.renewals += 1

    def metric(self, name):
        with Connection(self.admin) as client:
            text = client.ask("/metrics").body.decode()
        return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)[1])

    def shows_newest(self):
        with tls.connect(self.server.port, self.clients.authority) as client:
            return client.getpeercert(True) == self.newest.der

    def run(self, seconds):
        faults = self.clients.faults
        before = self.metric("minhttp_tls_memory_bytes")
        for thread in self.clients.threads:
            thread.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.clients.enough.wait(min(RENEWAL_SECONDS, max(0, end - time.monotonic())))
            self.renew()
            self.server.reload()
            if not wait_until(self.shows_newest):
                faults.append(f"renewal {self.renewals} is not shown")
            self.peaks.append(self.metric("minhttp_tls_memory_peak_bytes"))
        self.clients.enough.set()
        for thread in self.clients.threads:
            thread.join(130)
        if not wait_until(lambda: self.metric("minhttp_tls_memory_bytes") <= before + KEPT_BYTES):
            faults.append(f"memory of TLS: {before:.0f} bytes before, {self.metric('minhttp_tls_memory_bytes'):.0f} after")
        half = len(self.peaks) // 2
        if half and self.peaks[-1] > self.peaks[half - 1] + GROWN_BYTES:
            faults.append(f"the most memory of TLS: {self.peaks[half - 1]:.0f} bytes in the first half, then {self.peaks[-1]:.0f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    seconds = parser.parse_args().minutes * 60
    os.umask(0o022)
    place = programs.open_directory()
    trial = Trial(place)
    try:
        trial.run(seconds)
        full, resumed, failed = (trial.metric(f'minhttp_tls_handshakes_total{{result="{how}"}}') for how in ("full", "resumed", "failed"))
    finally:
        trial.server.stop()
        shutil.rmtree(place)
        programs.copies.remove()
    clients = trial.clients
    for fault in clients.faults[:20]:
        print(f"soak of TLS: {fault}")
    print(f"soak of TLS: {clients.requests} good requests, {clients.resets} resets, {trial.renewals} renewals; handshakes: {full:.0f} full, "
          f"{resumed:.0f} resumed, {failed:.0f} failed; the most memory of TLS {max(trial.peaks) / 1024:.0f} KiB; {len(clients.faults)} faults")
    return bool(clients.faults)


if __name__ == "__main__":
    sys.exit(main())
