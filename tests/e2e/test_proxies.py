# SPDX-License-Identifier: MIT
"""The examples of deploy/haproxy, deploy/nginx and deploy/caddy: each is started before two servers with the options that its head
names, and asked. Both logs have the client's address, and nobody notices that a server ends or dies."""

import os
import re
import signal
import subprocess

import pytest

import programs
import raw
import sites
from own_network import own_network
from server import wait_until

DEPLOY = programs.PROJECT / "deploy"
CLIENT, LIE = "127.0.0.9", "203.0.113.7"


class Front:
    """The proxy of an example and its two servers, with the ports that it says, in a network of their own."""

    port = 8000

    def __init__(self, example, start, site, place):
        self.text = (DEPLOY / example).read_text()
        self.place = place
        self.log = place / "front.log"
        first = re.search(r"^#   minhttp /srv/site (.+)$", self.text, re.M)[1]
        second = re.sub(r":([89]08)1\b", r":\g<1>2", first)
        assert first != second
        self.servers = [start(site, *options.split()) for options in (first, second)]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(self._command(self.text), cwd=place, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                            env={**os.environ, "HOME": str(place), "XDG_DATA_HOME": str(place)})
        assert wait_until(lambda: self._answers() or self.process.poll() is not None)
        assert self.process.poll() is None, self.log.read_text()

    def _answers(self):
        try:
            return raw.ask(self.port, "/").status == 200
        except (OSError, AssertionError):
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        for server in self.servers:  # more than one SIGTERM: nobody waits for --drain-delay
            wait_until(lambda server=server: server.process.poll() is not None or server.signal(signal.SIGTERM))

    def ask(self, path="/", **fields):
        with raw.Connection(self.port, source=CLIENT) as client:
            return client.ask(path, **fields)

    def lines_of(self, path):
        """The lines of both servers about requests for this path."""
        return [line for server in self.servers for line in server.log_lines() if f" {path} " in line]


class HAProxy(Front):
    def _command(self, config):
        file = self.place / "haproxy.cfg"
        file.write_text(config)
        return ["haproxy", "-db", "-f", file]


class Nginx(Front):
    def _command(self, config):
        """Debian's nginx.conf around it, as far as it matters here."""
        config = config.replace("/var/log/nginx/access.log", str(self.log))
        paths = "".join(f"{kind}_temp_path {self.place / kind};" for kind in ("proxy", "fastcgi", "uwsgi", "scgi", "client_body"))
        file = self.place / "nginx.conf"
        file.write_text(f"daemon off; master_process off; pid {self.place / 'pid'}; error_log stderr; events {{}}\nhttp {{ {paths}\n{config}\n}}\n")
        return ["nginx", "-e", "stderr", "-p", self.place, "-c", file]


class Caddy(Front):
    def _command(self, config):
        """Without a certificate, which takes the internet: an address of the scheme http, the rest as it is."""
        file = self.place / "Caddyfile"
        file.write_text("{\n\tadmin off\n}\n" + config.replace("example.com {", f"http://:{self.port} {{"))
        return ["caddy", "run", "--adapter", "caddyfile", "--config", file]


FRONTS = {"haproxy/haproxy.cfg": HAProxy, "haproxy/tcp.cfg": HAProxy, "nginx/site.conf": Nginx, "caddy/Caddyfile": Caddy}
PROTOCOLS = {"haproxy/haproxy.cfg": "HTTP/2.0", "haproxy/tcp.cfg": "HTTP/1.1", "nginx/site.conf": "HTTP/1.1", "caddy/Caddyfile": "HTTP/2.0"}


# The others pass bytes on, or give no request to a second server once it has reached one.
RETRYING = pytest.mark.parametrize("front", ["haproxy/haproxy.cfg", "nginx/site.conf"], indirect=True)


@pytest.fixture(params=FRONTS)
def front(request, start, place):
    site = sites.write_files(place / "site", {"index.html": "front", "page.html": "page", "docs/index.html": "docs", "large.bin": os.urandom(8 << 20)})
    with own_network():
        started = FRONTS[request.param](request.param, start, site, place)
        started.protocol = PROTOCOLS[request.param]
        yield started
        started.stop()


def test_every_example_is_started():
    examples = {path.relative_to(DEPLOY).as_posix() for name in ("haproxy", "nginx", "caddy") for path in (DEPLOY / name).iterdir()}
    assert {name for name in examples if not name.endswith(".md")} == set(FRONTS)


def test_both_logs_have_the_client_and_no_lie(front):
    for _ in range(4):
        assert front.ask("/page", x_forwarded_for=LIE, forwarded=f"for={LIE}").body == b"page"
    assert wait_until(lambda: len(front.lines_of("/page")) == 4)
    for line in front.lines_of("/page"):
        assert line.startswith(CLIENT + " ") and front.protocol in line
    assert wait_until(lambda: front.log.read_text().count(CLIENT) >= 4), front.log.read_text()
    assert all(server.process.poll() is None for server in front.servers)


def test_what_the_server_decides_comes_through(front):
    answer = front.ask("/")
    tag = answer.fields["etag"]
    assert front.ask("/", if_none_match=tag).status == 304
    assert front.ask("/missing.js").status == 404
    moved = front.ask("/docs?x=1")
    assert (moved.status, moved.fields["location"]) == (301, "./docs/?x=1")
    part = front.ask("/large.bin", range="bytes=4000000-4000009")
    assert (part.status, len(part.body)) == (206, 10)
    assert len(front.ask("/large.bin").body) == 8 << 20


def test_an_upgrade_harms_nobody(front):
    for _ in range(3):
        assert front.ask("/", connection="Upgrade", upgrade="h2c").status == 200
        assert front.ask("/page").body == b"page"


def test_nobody_notices_that_a_server_ends(front):
    """A client on a kept connection, and new ones, for as long as it takes."""
    ending = front.servers[0]
    answers = []

    def has_ended():
        answers.append(front.ask("/page").status)
        return ending.process.poll() is not None

    ending.signal(signal.SIGTERM)
    assert wait_until(has_ended)
    answers += [front.ask("/page").status for _ in range(20)]
    assert set(answers) == {200}, answers


@RETRYING
def test_nobody_notices_that_a_server_dies(front):
    dying = front.servers[0]
    assert {front.ask("/page").status for _ in range(10)} == {200}
    dying.ended_as_wanted()
    for pid in _tree(dying.process.pid):
        os.kill(pid, signal.SIGKILL)
    assert {front.ask("/page").status for _ in range(50)} == {200}


def _tree(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        return [pid, *map(int, children.read().split())]


@RETRYING
def test_a_server_whose_process_stands_still_is_left_out(front):
    """It accepts in the kernel, and answers nothing: health checks or the proxy's patience find it."""
    still = front.servers[0]
    pids = _tree(still.process.pid)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        assert {front.ask("/page").status for _ in range(20)} == {200}
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
