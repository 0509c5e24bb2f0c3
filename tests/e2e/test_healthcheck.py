# SPDX-License-Identifier: MIT
"""minhttp healthcheck: exit 0 or 1, and a line why."""

import contextlib
import os
import socket
import subprocess
import threading
import time

import pytest

import programs
import sites
from server import DEADLINE, free_port


@pytest.fixture
def site(place):
    return sites.write_files(place, {"index.html": "index"})


def check(*arguments, **environment):
    own = {name: value for name, value in os.environ.items()
           if name not in ("PORT", "MINHTTP_PORT", "MINHTTP_LISTEN", "MINHTTP_HEALTH")}
    ended = subprocess.run(programs.command(programs.MINHTTP, ("healthcheck", *arguments), ()), capture_output=True, text=True,
                           timeout=DEADLINE, check=False, env={**own, **environment})
    lines = (ended.stdout + ended.stderr).splitlines()
    assert len(lines) == 1, "one line says why"
    assert (ended.stdout == "") == (ended.returncode != 0)
    return ended.returncode, lines[0]


class Impostor:
    """Accepts one client, and answers what it is told; None: nothing."""

    def __init__(self, answer, address=("127.0.0.1", 0)):
        self.socket = socket.create_server(address) if isinstance(address, tuple) else self._unix(address)
        self.port = self.socket.getsockname()[1] if isinstance(address, tuple) else None
        self.answer = answer
        self.request = b""
        self.done = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    @staticmethod
    def _unix(path):
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(path))
        os.chmod(path, 0o777)
        server.listen()
        return server

    def _serve(self):
        with contextlib.suppress(OSError):  # nobody came
            self._answer(self.socket.accept()[0])

    def _answer(self, client):
        with client:
            self.request = client.recv(4096)
            if self.answer is None:
                self.done.wait(DEADLINE)
            else:
                for piece in self.answer:
                    client.sendall(piece)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.done.set()
        self.socket.close()


def test_by_the_port_and_path_of_the_environment(start, site):
    server = start(site, "--health", "/healthz")
    code, line = check(PORT=str(server.port), MINHTTP_HEALTH="/healthz")
    assert (code, line) == (0, f"healthy: http://127.0.0.1:{server.port}/healthz says 200")


@pytest.mark.parametrize("variables", [
    {"MINHTTP_PORT": "{port}", "PORT": "1"}, {"MINHTTP_LISTEN": "127.0.0.1:{port}", "MINHTTP_PORT": "1"},
    {"MINHTTP_LISTEN": ":{port}"}, {"MINHTTP_LISTEN": "0.0.0.0:{port}"}, {"MINHTTP_LISTEN": "localhost:{port}"},
])
def test_which_variable_is_heard(start, site, variables):
    server = start(site)
    code, line = check(**{name: value.format(port=server.port) for name, value in variables.items()})
    assert (code, line) == (0, f"healthy: http://127.0.0.1:{server.port}/ says 200")


def test_by_url(start, site):
    server = start(site, "--admin", "localhost:0")
    admin = server.err.wait_for(lambda line: "health and metrics at" in line).split()[-1]
    assert check(admin + "readyz") == (0, f"healthy: {admin}readyz says 200")
    assert check(admin + "nothing") == (1, f"minhttp: not healthy: {admin}nothing says 404")


def test_without_a_health_check_any_answer_below_500_will_do(start, place):
    server = start(place)
    assert check(f"http://127.0.0.1:{server.port}")[0] == 0
    assert check(PORT=str(server.port)) == (0, f"healthy: http://127.0.0.1:{server.port}/ says 404")
    code, line = check(PORT=str(server.port), MINHTTP_HEALTH="/healthz")
    assert code == 1 and line.endswith("/healthz says 404")


@pytest.mark.parametrize("answer,code,end", [
    ([b"HTTP/1.1 200 OK\r\n\r\n"], 0, "says 200"),
    ([b"HTTP/1.0 204 \r\n\r\n"], 0, "says 204"),
    ([b"HTTP/1.1 2", b"00\r\n\r\n"], 0, "says 200"),
    ([b"HTTP/1.1 302 Found\r\n\r\n"], 0, "says 302"),
    ([b"HTTP/1.1 404 Not Found\r\n\r\n"], 1, "says 404"),
    ([b"HTTP/1.1 503 Service Unavailable\r\n\r\n"], 1, "says 503"),
    ([b"HTTP/1.1 2000 OK\r\n\r\n"], 1, "does not answer as an HTTP server"),
    ([b"HTTP/1.1 20"], 1, "does not answer as an HTTP server"),
    ([b"SSH-2.0-OpenSSH\r\n"], 1, "does not answer as an HTTP server"),
    ([b"x" * 100_000], 1, "does not answer as an HTTP server"),
    ([], 1, "does not answer as an HTTP server"),
])
def test_what_an_answer_means(answer, code, end):
    with Impostor(answer) as server:
        result, line = check(f"http://127.0.0.1:{server.port}/health?x=1")
    assert result == code and line.endswith(end), line
    assert server.request.startswith(b"GET /health?x=1 HTTP/1.1\r\nHost: localhost\r\n")


def test_nobody_is_there():
    code, line = check(f"http://127.0.0.1:{free_port()}/")
    assert code == 1 and line.endswith(": nobody listens there")


def test_a_silent_server_is_waited_for_three_seconds():
    with Impostor(None) as server:
        begun = time.monotonic()
        code, line = check(PORT=str(server.port))
        assert code == 1 and line.endswith("has not answered within 3000 ms")
        assert time.monotonic() - begun > 2.9


def test_a_server_that_drips_gets_no_more_time():
    with Impostor(b"H" for _ in iter(lambda: time.sleep(0.2), 1)) as server:
        begun = time.monotonic()
        code, line = check(PORT=str(server.port))
        assert code == 1 and "has not answered within" in line
        assert time.monotonic() - begun < 10


def test_by_a_unix_socket(place):
    with Impostor([b"HTTP/1.1 200 OK\r\n\r\n"], place / "socket") as server:
        assert check(f"unix:{place}/socket", MINHTTP_HEALTH="/healthz") == (0, f"healthy: unix:{place}/socket /healthz says 200")
        assert server.request.startswith(b"GET /healthz ")
    with Impostor([b"HTTP/1.1 200 OK\r\n\r\n"], place / "other"):
        assert check(MINHTTP_LISTEN=f"unix:{place}/other")[0] == 0
    assert check(f"unix:{place}/nothing")[1].endswith(": no such file or directory")


@pytest.mark.parametrize("target", [
    "https://127.0.0.1/", "ftp://127.0.0.1/", "127.0.0.1:80", "http://", "http:///x", "http://example.com/", "http://127.0.0.1:99999/",
    "http://127.0.0.1:80x/", "http://[::1/", "http://127.0.0.1/a b", "http://127.0.0.1/" + "x" * 300, "unix:", "unix:" + "x" * 108, "",
])
def test_wrong_usage(target):
    code, line = check(target)
    assert code == 2 and line.startswith(f"minhttp: healthcheck '{target[:100]}")


def test_one_target_at_a_time():
    assert check("http://127.0.0.1/", "http://127.0.0.1/")[0] == 2
