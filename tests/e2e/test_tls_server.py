# SPDX-License-Identifier: MIT
"""minhttps as a server: redirects, drains, renewal, memory, and those who attack it."""

import contextlib
import hashlib
import os
import re
import signal
import socket
import ssl
import subprocess

import programs
import tls
from raw import Connection
from server import DEADLINE, children, name_of, run_to_end, wait_until
from tls import LARGE, curl, pair, server, shared, site, start_tls  # noqa: F401 (fixtures)

pytestmark = tls.NEEDED


def test_a_silent_client_is_let_go(start, site, pair):
    server = start_tls(start, site, pair, "--head-ms", 300)
    hello = tls.client_hello()
    for begun in [b"", hello[:1], hello[:100], hello]:
        with Connection(server.port) as client:
            client.send(begun)
            client.rest()  # the server ends it


def test_http_is_sent_to_https(start, site, pair):
    server = start_tls(start, site, pair, "--listen-http", "127.0.0.1:0", "--hsts")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
    port = plain_port(server)
    with Connection(port) as client:
        answer = client.ask("/a/b?c=d", host="localhost:1234")
        assert answer.status == 308 and answer.fields["location"] == f"https://localhost:{server.port}/a/b?c=d"
        assert "strict-transport-security" not in answer.fields
        answer = client.ask("/.well-known/acme-challenge/token")
        assert answer.status == 200 and answer.body == b"token.key"
    with tls.connect(server.port, pair[0]) as client:
        assert b"strict-transport-security: max-age=31536000" in tls.get(client)[0].lower()


def plain_port(server):
    """The port of the listener that the start line does not name."""
    ports = set()
    inodes = {os.readlink(f"/proc/{server.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{server.pid}/fd")}
    with open(f"/proc/{server.pid}/net/tcp") as table:
        for line in list(table)[1:]:
            words = line.split()
            if words[3] == "0A" and f"socket:[{words[9]}]" in inodes:
                ports.add(int(words[1].split(":")[1], 16))
    return (ports - {server.port}).pop()


def test_https_on_the_port_of_http(start, site, pair):
    server = start_tls(start, site, pair, "--listen-http", "127.0.0.1:0", "--log", "json")
    with Connection(plain_port(server)) as client:
        client.send(tls.client_hello())
        assert client.answer().status == 400
    assert server.out.wait_for(lambda line: "tls-to-http-port" in line)


def test_the_proxys_header_comes_before_tls(start, site, pair):
    server = start(site, *tls.options(pair), "--proxy-protocol", "127.0.0.1:0", "--trusted-proxy", "127.0.0.1",
                   "--workers", 1, program=tls.MINHTTPS)
    for pieces in [[b"PROXY TCP4 192.0.2.7 192.0.2.1 1234 443\r\n"], [b"PROXY TCP4 192.", b"0.2.7 192.0.2.1 1234 443\r\n"]]:
        plain = socket.create_connection(("127.0.0.1", server.port), DEADLINE)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            plain.sendall(piece)
        with tls.context(pair[0]).wrap_socket(plain, server_hostname="localhost") as client:
            assert tls.get(client)[1] == b"<p>hello</p>"
        assert server.out.wait_for(lambda line: line.startswith("192.0.2.7 "))
        server.out.all.clear()


def test_a_drain_finishes_downloads(start, site, pair):
    server = start_tls(start, site, pair)
    with contextlib.closing(tls.Cut(server.port, pair[0], size=65536, receive=20000)) as client:
        client.sendall(b"GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
        begun = client.recv(1000)
        server.signal(15)
        received = len(begun)
        while received < LARGE:
            data = client.recv(65536)
            assert data
            received += len(data)
    assert server.wait() == 0


def test_a_client_within_its_handshake_is_served_before_the_end(start, site, pair):
    """Its last message and its request come apart, when the server has been told to end."""
    server = start_tls(start, site, pair, "--head-ms", "60s", "--drain-ms", "60s")
    unused = tls.connect(server.port, pair[0])
    with tls.Step(server.port, pair[0]) as client:
        client.flush()
        client.read_flight()
        server.signal(15)
        assert unused.recv(1) == b"", "it has asked for nothing"
        client.flush()
        client.read_tickets()
        client.ask()
        head, body = tls.answer(client)
        assert body == b"<p>hello</p>" and b"\r\nConnection: close" in head
    assert server.wait() == 0


def test_an_end_without_close_notify_is_an_end(start, site, pair):
    """As without TLS: what was sent before is answered."""
    server = start_tls(start, site, pair)
    for sent, answer in [(b"GET / HT", b"HTTP/1.1 400 "), (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"HTTP/1.1 200 ")]:
        with tls.Step(server.port, pair[0]) as client:
            client.shake_hands()
            client.tls.write(sent)
            client.flush()
            client.plain.shutdown(socket.SHUT_WR)
            assert client.recv(1000).startswith(answer)


def test_a_worker_that_dies_is_replaced(start, site, pair):
    server = start_tls(start, site, pair)
    os.kill(server.serving, 9)
    assert server.err.wait_for(lambda line: "another one takes its place" in line)
    with tls.connect(server.port, pair[0]) as client:
        assert tls.get(client)[1] == b"<p>hello</p>"


def test_a_renewed_certificate_is_used_by_new_connections(start, site, place):
    pair = tls.make_pair(place)
    server = start_tls(start, site, pair)
    with tls.connect(server.port, pair[0]) as before:
        tls.get(before)
        tls.make_pair(place)
        os.kill(server.pid, 1)

        def renewed():
            with contextlib.suppress(ssl.SSLCertVerificationError), tls.connect(server.port, pair[0]) as client:
                return tls.get(client)[1] == b"<p>hello</p>"
            return False

        assert wait_until(renewed)
        assert tls.get(before)[1] == b"<p>hello</p>"  # the old connection goes on


def test_handshakes_do_not_use_up_memory(start, site, pair):
    """Thousands of connections, also broken ones: what is in use afterwards is what was in use before."""
    server = start_tls(start, site, pair, "--admin", "127.0.0.1:0", "--cache-files", 0)
    admin = plain_port(server)

    def metric(name):
        with Connection(admin) as client:
            text = client.ask("/metrics").body.decode()
        return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)[1])

    def some(count):
        context = tls.context(pair[0])
        hello = tls.client_hello()
        for i in range(count):
            plain = socket.create_connection(("127.0.0.1", server.port), DEADLINE)
            if i % 3 == 0:
                plain.sendall(hello[:i % len(hello)])
                plain.close()
                continue
            with context.wrap_socket(plain, server_hostname="localhost") as client:
                tls.get(client)

    def settled():
        """Once a second the worker tells."""
        done = metric('minhttp_tls_handshakes_total{result="full"}')
        assert wait_until(lambda: metric("minhttp_connections{state=\"idle\"}") <= 1)
        return done, metric("minhttp_tls_memory_bytes")

    some(300)
    assert wait_until(lambda: metric('minhttp_tls_handshakes_total{result="full"}') == 200)
    _, before = settled()
    some(1500)
    assert wait_until(lambda: metric('minhttp_tls_handshakes_total{result="full"}') == 1200)
    assert wait_until(lambda: settled()[1] <= before)


def test_no_memory_is_taken_while_it_serves(start, site, pair, place):
    """After the start there is no mmap, brk or open but for the site's files (strace(1))."""
    trace = place / "trace"
    trace.touch()
    trace.chmod(0o666)
    server = start_tls(start, site, pair, before=["strace", "-D", "-f", "-qq", "-o", trace, "-e", "trace=mmap,brk,munmap,mremap,socket,openat"])
    curl(server, pair, "/", "--http1.1")
    before = trace.read_text().splitlines()
    assert any("mmap(" in line for line in before)
    for _ in range(20):
        curl(server, pair, "/large.bin", "--http2")
        curl(server, pair, "/", "--http1.1")
    with Connection(server.port) as client:
        client.send(b"\x16\x03\x01\xff\xff")
    later = trace.read_text().splitlines()[len(before):]
    assert [line for line in later if "SIG" not in line and "exited" not in line] == []


def test_little_memory_refuses_newcomers_and_serves_on(start, site, pair):
    server = start_tls(start, site, pair, "--tls-bytes", 8 << 20)
    context = tls.context(pair[0])
    held = []
    for _ in range(400):
        with contextlib.suppress(OSError):
            plain = socket.create_connection(("127.0.0.1", server.port), DEADLINE)
            held.append(context.wrap_socket(plain, server_hostname="localhost"))
    assert len(held) > 20
    with tls.connect(server.port, pair[0]) as client:  # the oldest idle one makes room
        assert tls.get(client)[1] == b"<p>hello</p>"
    for client in held:
        client.close()


def test_a_client_certificate_is_asked_for(start, site, place):
    authority = tls.make_pair(place, "authority", stem="authority")
    pair = tls.make_pair(place)
    client = tls.make_pair(place, "client", stem="client", by=authority)
    for mode, without in [("required", False), ("optional", True)]:
        server = start_tls(start, site, pair, "--client-ca", authority[0], "--client-ca-mode", mode)
        with_it = subprocess.run(["curl", "-s", "--cacert", pair[0], "--cert", client[0], "--key", client[1],
                                  f"https://localhost:{server.port}/"], capture_output=True, timeout=DEADLINE, check=False)
        assert with_it.stdout == b"<p>hello</p>"
        seen = subprocess.run(["curl", "-s", "--cacert", pair[0], f"https://localhost:{server.port}/"],
                              capture_output=True, timeout=DEADLINE, check=False)
        assert (seen.stdout == b"<p>hello</p>") is without


def test_self_signed_prints_its_fingerprint(start, site, place):
    server = start(site, "--self-signed", "--listen", "127.0.0.1:0", "--workers", 1, program=tls.MINHTTPS)
    line = server.err.wait_for(lambda line: "fingerprint" in line)
    with socket.create_connection(("127.0.0.1", server.port), DEADLINE) as plain:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(plain, server_hostname="localhost") as client:
            seen = hashlib.sha256(client.getpeercert(binary_form=True)).hexdigest().upper()
    assert line.rpartition(" ")[2].replace(":", "") == seen


def test_mistakes_in_options(site, pair, place):
    def fails(*options):
        seen = run_to_end(site, *options, program=tls.MINHTTPS)
        assert seen.returncode in (1, 2) and len(seen.stderr.splitlines()) == 1, seen.stderr
        return seen.stderr

    assert "needs --cert or --self-signed" in fails("--hsts")
    assert "there is no --cert that it belongs to" in fails(*tls.options(pair), "--key", pair[1])
    assert "needs --loop epoll" in fails(*tls.options(pair), "--loop", "plain")
    other = tls.make_pair(place, stem="other")
    assert "minhttps: " in fails("--cert", pair[0], "--key", other[1], "--listen", "127.0.0.1:0")


def test_minhttp_says_who_has_tls(site):
    seen = run_to_end(site, "--cert", "x.pem")
    assert seen.returncode == 2 and seen.stderr == "minhttp: --cert: this program has no TLS; minhttps has it\n"


def test_the_version_names_the_library():
    assert re.fullmatch(r"minhttps \S+ with OpenSSL 3\.\S+\n", run_to_end("--version", program=tls.MINHTTPS).stdout)


def test_silent_clients_do_not_keep_others_out(start, site, pair):
    """Many handshakes that stop at every place; all memory of TLS would be promised to them."""
    server = start_tls(start, site, pair, "--tls-bytes", 8 << 20)
    hello = tls.client_hello()
    silent = []
    for i in range(300):
        client = Connection(server.port)
        client.send([b"", hello[:20], hello][i % 3])
        silent.append(client)
    for _ in range(5):
        with tls.connect(server.port, pair[0]) as client:
            assert tls.get(client)[1] == b"<p>hello</p>"
    for client in silent:
        client.socket.close()


def test_an_upgrade_finishes_downloads(start, site, pair):
    server = start_tls(start, site, pair, "--upgrade")
    with contextlib.closing(tls.Cut(server.port, pair[0], size=65536, receive=20000)) as client:
        client.sendall(b"GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
        received = len(client.recv(1000))
        os.kill(server.pid, 12)
        assert server.err.wait_for(lambda line: "has taken over" in line)
        with tls.connect(server.port, pair[0]) as another:
            assert tls.get(another)[1] == b"<p>hello</p>"
        while received < LARGE:
            data = client.recv(65536)
            assert data
            received += len(data)


def test_the_server_ends_with_its_key_process(start, site, pair):
    server = start_tls(start, site, pair)
    keys = [child for child in children(server.pid) if name_of(child) == "minhttps-keys"]
    assert len(keys) == 1
    server.ended_as_wanted()
    os.kill(keys[0], 9)
    assert server.wait() == 1
    assert server.err.wait_for(lambda line: "the key process" in line)


def test_alerts_without_end_end_the_connection(server, pair):
    """Warnings in place of a handshake, and of a request."""
    with Connection(server.port) as client:
        client.send(b"\x15\x03\x01\x00\x02\x01\x5a" * 1000)
        client.rest()
    with tls.connect(server.port, pair[0]) as client:
        assert tls.get(client)[1] == b"<p>hello</p>"


def test_a_loaded_worker_has_no_key(server, pair):
    """The bytes of the private key are in the key process, and in no other."""
    programs.needs_root("reads the memory of a process that is not dumpable")
    text = subprocess.run(["openssl", "pkey", "-in", pair[1], "-text", "-noout"], capture_output=True, text=True, check=True).stdout
    key = bytes.fromhex("".join(text.partition("priv:")[2].partition("pub:")[0].replace(":", "").split()))[-32:]
    with tls.connect(server.port, pair[0]) as client:
        tls.get(client)
    keys = [child for child in children(server.pid) if name_of(child) == "minhttps-keys"]
    assert holds(keys[0], key)
    assert not holds(server.serving, key) and not holds(server.pid, key)


def holds(pid, wanted):
    """Also in reverse order, as words of a number are kept."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            words = line.split()
            begin, end = (int(part, 16) for part in words[0].split("-"))
            if "r" not in words[1] or "[v" in line:
                continue
            for at in range(begin, end, 64 << 20):
                with contextlib.suppress(OSError):
                    memory.seek(at)
                    piece = memory.read(min(end - at, 64 << 20))
                    if wanted in piece or wanted[::-1] in piece:
                        return True
    return False


def test_what_counts_as_sent_the_kernel_has(start, pair, place):
    """Clients stop reading within a large file. What the log says must not be more than what send(2) has taken:
    not records of which the kernel has only a part."""
    trace, site = place / "trace", place / "site"
    site.mkdir()
    with (site / "huge.bin").open("wb") as file:
        file.truncate(1 << 26)  # more than the kernel takes for a connection (tcp_wmem)
    server = start_tls(start, site, pair, "--send-ms", 1000)
    with subprocess.Popen(["strace", "-f", "-e", "trace=sendto", "-e", "signal=none", "-o", trace, "-p", str(server.serving)],
                          stderr=subprocess.PIPE, text=True) as tracer:
        assert "attached" in tracer.stderr.readline()
        with contextlib.ExitStack() as stack:
            for receive in range(8192, 8192 + 6 * 3000, 3000):  # where the kernel stops differs
                plain = socket.socket()
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
                plain.connect(("127.0.0.1", server.port))
                client = stack.enter_context(tls.context(pair[0]).wrap_socket(plain, server_hostname="localhost"))
                client.sendall(b"GET /huge.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert wait_until(lambda: len(server.log_lines()) == 6)
        tracer.send_signal(signal.SIGINT)
    logged = [int(re.search(r'" 200 (\d+) aborted', line)[1]) for line in server.log_lines()]
    taken = {}
    for socket_number, result in re.findall(r"sendto\((\d+), .* = (\d+)$", trace.read_text(), re.M):
        taken.setdefault(socket_number, []).append(int(result))
    assert len(logged) == 6 and 0 < sum(logged) < sum(sum(each) for each in taken.values())
