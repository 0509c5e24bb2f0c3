# SPDX-License-Identifier: MIT
"""The key process of minhttps: where the private keys are, where they are not, and what happens without it."""

import contextlib
import hashlib
import os
import re
import shlex
import signal
import socket
import ssl
import subprocess
import threading
from pathlib import Path

import pytest

import programs
import sites
from certificates import MINHTTPS, Certificate, connect, get, shown
from server import DEADLINE, Server, children, name_of, run_to_end, wait_until
from test_releases import switch
from tls import NEEDED
from workers import served_by

pytestmark = NEEDED


@pytest.fixture
def site(place):
    (place / "site").mkdir()
    (place / "site/index.html").write_text("hello over TLS")
    return place


def serve(place, *arguments, **options):
    arguments = (place / "site", "--listen-http", "off", *arguments)
    return Server(*arguments, program=MINHTTPS, silent=True, **options)


@pytest.fixture
def started(site):
    """Starts servers that are ended afterwards."""
    servers = []

    def start(*arguments, **options):
        servers.append(serve(site, *arguments, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def of_name(server, name):
    return [pid for pid in children(server.pid) if name_of(pid).startswith(name)]


def key_process(server):
    return of_name(server, "minhttps-keys")[0]


def memory_of(pid):
    """All that the process has mapped and may read."""
    pieces = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            begin, end, rights = re.match(r"(\w+)-(\w+) (\S+)", line).groups()
            if "r" not in rights or "[v" in line:
                continue
            try:
                memory.seek(int(begin, 16))
                pieces.append(memory.read(int(end, 16) - int(begin, 16)))
            except OSError:
                pass
    return b"\0".join(pieces)


def test_keys_are_in_the_memory_of_the_key_process_only(site, started):
    programs.needs_root("reads the memory of others")
    pairs = [Certificate("localhost", kind="rsa"), Certificate("localhost")]
    arguments = []
    for number, pair in enumerate(pairs):
        files = site / f"{number}.crt", site / f"{number}.key"
        pair.write(*files)
        arguments += ["--cert", files[0], "--key", files[1]]
    server = started(*arguments, "--workers", 2)
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        for _ in range(20):
            assert b"hello over TLS" in get(server.port, version=version)
    holder = key_process(server)
    workers = of_name(server, "minhttp-")
    assert len(workers) == 2
    others = {pid: memory_of(pid) for pid in [server.pid, *workers]}
    held = memory_of(holder)
    for pair in pairs:
        for pid, memory in others.items():
            assert pair.der in memory, "the search finds what is there"
            assert not [secret for secret in pair.secrets() if secret in memory], pid
        assert [secret for secret in pair.secrets() if secret in held]


def test_root_only_keys_are_read_again_after_root_is_gone(site, started):
    programs.needs_root("starts a server that changes its user")
    files = site / "a.crt", site / "a.key"
    first = Certificate("localhost")
    first.write(*files, mode=0o600)
    server = started("--cert", files[0], "--key", files[1], "--user", f"{programs.NOBODY}:{programs.NOBODY}", as_root=True)
    assert shown(server.port) == first.der
    status = Path(f"/proc/{key_process(server)}/status").read_text()
    assert re.search(r"^Uid:\s+65534\s+65534", status, re.M)
    assert re.search(r"^CapEff:\s+0*4$", status, re.M), "CAP_DAC_READ_SEARCH and nothing else"
    second = Certificate("localhost")
    second.write(*files, mode=0o600)
    server.reload()
    assert wait_until(lambda: shown(server.port) == second.der), server.err.all


def test_the_key_process_is_fenced(site, started):
    programs.needs_root("sees the descriptors of a process that is not dumpable")
    Certificate("localhost").write(site / "a.crt", site / "a.key")
    server = started("--cert", site / "a.crt", "--key", site / "a.key", "--sandbox", "require")
    pid = key_process(server)
    status = Path(f"/proc/{pid}/status").read_text()
    assert re.search(r"^Seccomp:\s+2$", status, re.M)
    assert re.search(r"^NoNewPrivs:\s+1$", status, re.M)
    assert re.search(r"^CapEff:\s+0*$", status, re.M)
    opened = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd") if int(fd) > 2]
    inodes = {what[8:-1] for what in opened if what.startswith("socket:")}
    local = {line.split()[6] for line in Path(f"/proc/{pid}/net/unix").read_text().splitlines()[1:]}
    assert inodes <= local, "no socket of the network"
    assert not [what for what in opened if what.startswith("/")], "no file of the site"


def test_without_its_key_process_the_server_ends(site, started):
    Certificate("localhost").write(site / "a.crt", site / "a.key")
    server = started("--cert", site / "a.crt", "--key", site / "a.key")
    server.ended_as_wanted()
    assert b"hello over TLS" in get(server.port)
    os.kill(key_process(server), signal.SIGKILL)
    assert server.err.wait_for(lambda line: "the key process was ended by signal 9" in line), server.err.all
    assert server.wait() == 1


def test_a_killed_worker_gets_a_channel_again(site, started):
    Certificate("localhost").write(site / "a.crt", site / "a.key")
    server = started("--cert", site / "a.crt", "--key", site / "a.key", "--workers", 1)
    for _ in range(4):
        assert wait_until(lambda: of_name(server, "minhttp-"))
        worker = of_name(server, "minhttp-")[0]
        assert b"hello over TLS" in get(server.port)
        os.kill(worker, signal.SIGKILL)
        assert wait_until(lambda old=worker: of_name(server, "minhttp-") not in ([], [old]))
    assert b"hello over TLS" in get(server.port)
    server.err.wait_for(lambda line: "signal 9" in line)


class Halved:
    """A client that has sent half of its first message."""

    def __init__(self, port):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()
        hello = self.outgoing.read()
        self.rest = hello[50:]
        self.socket = socket.create_connection(("127.0.0.1", port), DEADLINE)
        self.socket.sendall(hello[:50])

    def finish(self):
        self.socket.sendall(self.rest)
        while True:
            try:
                return self.tls.do_handshake()
            except ssl.SSLWantReadError:
                self.incoming.write(self.socket.recv(65536) or b"the end")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_handshake_ends_well_in_a_worker_that_was_replaced(place, site, workers):
    """Its successor has another channel to the key process, however many workers are replaced together."""
    Certificate("localhost").write(site / "a.crt", site / "a.key")
    for number in range(4):
        sites.write_files(place / "releases" / str(number), {"index.html": str(number)})
    (place / "current").symlink_to("releases/0")
    server = Server(place / "current", "--listen-http", "off", "--cert", site / "a.crt", "--key", site / "a.key",
                    "--workers", workers, program=MINHTTPS, silent=True)
    with contextlib.ExitStack() as clients:
        clients.callback(server.stop)
        for number in range(1, 4):
            assert wait_until(lambda: len(of_name(server, "minhttp-")) == workers), "the ones before have ended"
            before = set(of_name(server, "minhttp-"))
            waiting = [Halved(server.port) for _ in range(4 * workers)]
            for client in waiting:
                clients.callback(client.socket.close)
                assert wait_until(lambda it=client: served_by(server, it))
            switch(place / "current", f"releases/{number}")
            assert wait_until(lambda old=before: len(set(of_name(server, "minhttp-")) - old) == workers)
            for client in waiting:
                client.finish()
                client.socket.close()


def test_the_key_process_ends_with_the_server(site, started):
    Certificate("localhost").write(site / "a.crt", site / "a.key")
    server = started("--cert", site / "a.crt", "--key", site / "a.key")
    pid = key_process(server)
    os.kill(server.pid, signal.SIGKILL)
    server.ended_as_wanted()
    server.wait()
    assert wait_until(lambda: name_of(pid) == "")


def test_signals_for_the_whole_group_do_not_end_it_first(site, started):
    Certificate("localhost").write(site / "a.crt", site / "a.key")
    server = started("--cert", site / "a.crt", "--key", site / "a.key", "--drain-delay", "1s")
    pid = key_process(server)
    os.kill(pid, signal.SIGTERM)
    os.kill(pid, signal.SIGINT)
    server.signal(signal.SIGTERM)
    assert b"hello over TLS" in get(server.port)  # the drain has only begun
    assert server.wait() == 0


@pytest.mark.parametrize("arguments, line", [
    (["--cert", "missing.crt"], "missing.crt cannot be opened: no such file or directory"),
    (["--cert", "a.crt"], "a.crt has no private key (PEM), or is broken, or only half written"),
    (["--cert", "a.crt", "--key", "b.key"], "b.key does not belong to the certificate"),
    (["--cert", "a.crt", "--key", "a.key", "--key", "b.key"], "--key {place}/b.key: there is no --cert that it belongs to"),
    (["--cert", "site"], "--cert {place}/site: the directory has neither fullchain.pem and privkey.pem nor tls.crt and tls.key"),
])
def test_a_start_that_fails_says_why(site, arguments, line):
    Certificate("localhost").write(site / "a.crt", site / "a.key")
    Certificate("localhost").write(site / "b.crt", site / "b.key")
    paths = [word if word.startswith("--") else site / word for word in arguments]
    ended = run_to_end(site / "site", "--listen", "127.0.0.1:0", *paths, program=MINHTTPS)
    assert ended.returncode in (1, 2)
    assert line.format(place=site) in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_start_whose_key_process_is_killed_says_so(site, place):
    """As the kernel does where memory has run out. It is the first one that asks for an epoll."""
    Certificate("localhost").write(site / "a.crt", site / "a.key")
    before = programs.injecting(place, "epoll_create1:signal=KILL")
    ended = run_to_end(site / "site", "--listen", "127.0.0.1:0", "--cert", site / "a.crt", "--key", site / "a.key",
                       program=MINHTTPS, before=before)
    assert ended.returncode == 1
    assert ended.stderr == ("minhttps: the key process was ended by signal 9 (SIGKILL: by hand, or memory ran out) "
                            "before it had read its files\n")


def test_nobody_is_asked_for_the_passphrase_of_a_certificate(site):
    """Not even where a terminal is there, in which OpenSSL would ask."""
    Certificate("localhost").write(site / "a.crt", site / "a.key")
    head = "-----BEGIN CERTIFICATE-----\n"
    encrypted = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
    (site / "a.crt").write_text((site / "a.crt").read_text().replace(head, head + encrypted))
    command = [MINHTTPS, site / "site", "--listen", "127.0.0.1:0", "--cert", site / "a.crt", "--key", site / "a.key"]
    ended = subprocess.run(["script", "-qec", shlex.join(map(str, command)), "/dev/null"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE)
    assert ended.returncode == 1 and "a.crt is broken, or only half written" in ended.stdout, ended.stdout
    assert "pass phrase" not in ended.stdout


def test_self_signed_says_its_fingerprint(site, started):
    server = started("--self-signed")
    digest = hashlib.sha256(shown(server.port)).hexdigest().upper()
    spaced = ":".join(digest[i:i + 2] for i in range(0, 64, 2))
    assert f"minhttps: --self-signed: SHA-256 fingerprint {spaced}" in server.err.all


def test_slow_signatures_leave_open_connections_alone(site, started):
    """RSA with 4096 bits: a signature takes some milliseconds, and other connections do not wait for it."""
    Certificate("localhost", kind="rsa4096").write(site / "a.crt", site / "a.key")
    server = started("--cert", site / "a.crt", "--key", site / "a.key", "--workers", 1)
    stop = threading.Event()

    def flood():
        while not stop.is_set():
            connect(server.port).close()

    with connect(server.port) as client:
        threads = [threading.Thread(target=flood) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(50):
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = b""
            while not answer.endswith(b"hello over TLS"):
                answer += client.recv(65536)
        stop.set()
        for thread in threads:
            thread.join()
