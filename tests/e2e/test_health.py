# SPDX-License-Identifier: MIT
"""The health check on the site's own port (--health)."""

import signal

import pytest

import http2_client as h2
import raw
import sites
from server import run_to_end, wait_until


@pytest.fixture
def site(place):
    return sites.write_files(place, {"index.html": "index", "large": b"x" * (4 << 20), "_headers": "/*\n  X-Rule: 1\n"})


def ask(port, path="/healthz", method="GET"):
    with raw.Connection(port) as client:
        return client.ask(path, method)


def test_it_says_ok(start, site):
    server = start(site, "--health", "/healthz")
    answer = ask(server.port)
    assert (answer.status, answer.body) == (200, b"200 OK\n")
    assert answer.fields["cache-control"] == "no-store"
    assert ask(server.port, "/healthz?probe=1").status == 200
    head = ask(server.port, method="HEAD")
    assert head.status == 200 and head.fields["content-length"] == "7"


@pytest.mark.parametrize("path", ["/healthz/", "/Healthz", "/healthz/x", "/%68ealthz"])
def test_only_exactly_that_path(start, site, path):
    assert ask(start(site, "--health", "/healthz").port, path).status == 404


def test_another_method_is_for_the_site(start, site):
    assert ask(start(site, "--health", "/healthz").port, method="DELETE").status == 405


def test_no_rule_address_or_field_stands_in_its_way(start, site):
    (site / "_redirects").write_text("/* /elsewhere 301!\n")
    server = start(site, "--health", "/healthz", "--deny", "127.0.0.0/8", "--header", "Cache-Control: max-age=60",
                   "--base-path", "/app")
    answer = ask(server.port)
    assert answer.status == 200 and answer.fields["cache-control"] == "no-store" and "x-rule" not in answer.fields
    assert ask(server.port, "/app/").status == 403


def test_it_is_never_logged(start, site):
    server = start(site, "--health", "/healthz", "--log", "common", "--h2c")
    with h2.Client(server.port) as client:
        assert client.ask(1, "/healthz").status == 200
        assert client.ask(3, "/").status == 200
    ask(server.port)
    ask(server.port, "/?last")
    assert server.out.wait_for(lambda line: "/?last" in line)
    assert server.out.wait_for(lambda line: '"GET / HTTP/2.0" 200' in line)
    assert not [line for line in server.out.all if "healthz" in line]


def test_it_is_503_once_the_server_ends(start, site):
    server = start(site, "--health", "/healthz", "--workers", 1)
    with raw.Connection(server.port, receive_buffer=4096) as client:
        client.send(raw.request("/large") + raw.request("/healthz"))
        _, first = client.head()
        server.signal(signal.SIGTERM)
        assert wait_until(lambda: not accepts(server.port)), "the worker has not taken the signal"
        client.body_bytes(int(first.fields["content-length"]))
        answer = client.answer()
    assert (answer.status, answer.body) == (503, b"503 Service Unavailable\n")
    assert answer.fields["cache-control"] == "no-store"
    assert server.wait() == 0


def accepts(port):
    try:
        raw.Connection(port).socket.close()
    except OSError:
        return False
    return True


def test_the_greeting_has_one_too(start):
    server = start("--health", "/healthz")
    assert ask(server.port).status == 200
    assert ask(server.port, "/").body == b"Hello from assembly!\n"
    assert server.out.wait_for(lambda line: line.startswith("Connection received"))
    assert len(server.log_lines()) == 1


@pytest.mark.parametrize("path", ["healthz", "/a?b", "/a b", "*", "/%41"])
def test_a_path_that_no_request_has_stops_the_start(site, path):
    ended = run_to_end(site, "--health", path)
    assert ended.returncode == 2 and "--health takes a path like /healthz" in ended.stderr
