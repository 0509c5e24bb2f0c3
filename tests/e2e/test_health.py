# SPDX-License-Identifier: MIT
"""--health, and `minhttp healthcheck`."""

import signal

import pytest

import http2_client as h2
import raw
import sites
from server import free_port, run_to_end
from test_configuration import env
from test_listening import ask_unix


@pytest.fixture
def site(place):
    return sites.write_files(place / "site", {"index.html": "front", "healthz": "a file of this name"})


def test_health_is_answered_and_never_logged(start, site):
    server = start(site, "--health", "/healthz", "--h2c")
    with raw.Connection(server.port) as connection:
        for method, body in (("GET", b"ok\n"), ("HEAD", b"")):
            answer = connection.ask("/healthz?verbose", method)
            assert (answer.status, answer.body, answer.fields["cache-control"]) == (200, body, "no-store")
        assert connection.ask("/healthz", "POST").status == 405
        assert connection.ask("/healthz/").status == 404
    with h2.Client(server.port) as client:
        client.send(h2.headers(1, h2.get("/healthz")))
        client.read_until(lambda: client.stream(1).ended)
        assert (client.stream(1).status, bytes(client.stream(1).body)) == (200, b"ok\n")
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    assert [line.split('"')[1] for line in server.out.wait_for_end()] == ["POST /healthz HTTP/1.1", "GET /healthz/ HTTP/1.1"]


def test_health_asks_for_no_address_or_host(start, site):
    server = start(site, "--health", "/healthz", "--deny", "127.0.0.0/8", "--deny", "::/0")
    with raw.Connection(server.port) as connection:
        assert connection.ask("/healthz", host="unknown.example").status == 200
        assert connection.ask("/").status == 403


def test_health_says_that_the_server_ends(start, site):
    server = start(site, "--health", "/healthz", "--drain-delay", "1h")
    with raw.Connection(server.port) as connection:
        assert connection.ask("/healthz").status == 200
        server.signal(signal.SIGTERM)
        with raw.Connection(server.port) as other:  # the order has arrived where it is answered
            while other.ask("/healthz").status == 200:
                pass
        answer = connection.ask("/healthz")
        assert (answer.status, answer.body) == (503, b"shutting down\n")
    server.signal(signal.SIGTERM)
    assert server.wait() == 0


@pytest.mark.parametrize("value", ["healthz", "", "x/"])
def test_what_is_no_path_is_refused(site, value):
    refused = run_to_end(site, "--health", value)
    assert refused.returncode == 2 and "--health" in refused.stderr


def check(*arguments, **variables):
    return run_to_end("healthcheck", *arguments, before=env(**variables))


def test_healthcheck_finds_the_server_by_its_settings(start, site, place):
    server = start(site, "--health", "/healthz")
    healthy = check(MINHTTP_PORT=server.port, MINHTTP_HEALTH="/healthz", MINHTTP_ROOT=site)
    assert (healthy.returncode, healthy.stdout) == (0, f"healthy: http://127.0.0.1:{server.port}/healthz answers 200\n")
    assert check(PORT=server.port).returncode == 0
    assert check(MINHTTP_LISTEN=f"127.0.0.1:{server.port}").returncode == 0
    (place / "c").write_text(f"root {site}\nport {server.port}\nhealth /nowhere\n")
    refused = check(MINHTTP_CONFIG=place / "c")
    assert (refused.returncode, refused.stderr) == (1, f"not healthy: http://127.0.0.1:{server.port}/nowhere answers 404\n")


@pytest.mark.parametrize("url", ["http://127.0.0.1:{}", "http://127.0.0.1:{}/", "http://localhost:{}/nothing", "http://[::1]:{}/healthz"])
def test_healthcheck_of_a_url(start, site, url):
    server = start(site, "--health", "/healthz")
    healthy = check(url.format(server.port))
    assert healthy.returncode == 0, healthy.stderr


def test_healthcheck_of_a_unix_socket(start, site, place):
    place.chmod(0o777)
    start(site, "--listen", f"unix:{place}/s")
    assert ask_unix(place / "s").endswith(b"front")
    healthy = check(f"unix:{place}/s")
    assert (healthy.returncode, healthy.stdout) == (0, f"healthy: unix:{place}/s / answers 200\n")


def test_healthcheck_where_nobody_listens():
    port = free_port()
    refused = check(f"http://127.0.0.1:{port}/")
    assert (refused.returncode, refused.stderr) == (1, f"not healthy: http://127.0.0.1:{port}/: nobody listens there\n")


@pytest.mark.parametrize("url", ["https://a/", "ftp://a/", "http://", "http://a b/", "unix:x", "", "http://127.0.0.1:99999/", "http://127.0.0.1/" + "x" * 300])
def test_healthcheck_refuses_what_it_cannot_ask(url):
    refused = check(url)
    assert refused.returncode == 2
    assert refused.stderr.startswith("minhttp: healthcheck takes ") and refused.stderr.count("\n") == 1


def test_healthcheck_takes_one_url():
    assert check("http://127.0.0.1:1/", "http://127.0.0.1:2/").returncode == 2
