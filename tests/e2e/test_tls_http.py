# SPDX-License-Identifier: MIT
"""--listen-http of minhttps: the listener that sends clients to https."""

import socket

import passwords
import pytest
import raw
import sites
import tls
from server import DEADLINE, run_to_end, wait_until
from test_configuration import env
from test_listening import activated
from test_tls_server import plain_port
from tls import pair, shared, site, start_tls  # noqa: F401 (fixtures)

pytestmark = tls.NEEDED


def test_the_connections_of_a_client_are_counted_there_too(start, site, pair):
    server = start_tls(start, site, pair, "--listen-http", "127.0.0.1:0", "--client-connections", 3)
    port = plain_port(server)
    held = [raw.Connection(port) for _ in range(2)]
    with tls.connect(server.port, pair[0]) as secure:
        tls.get(secure)
        for client in held:
            assert client.ask("/").status == 308
        with raw.Connection(port) as refused:
            assert refused.ask("/").status == 429
        held.pop().socket.close()

        def has_room():
            with raw.Connection(port) as client:
                return client.ask("/").status == 308

        assert wait_until(has_room)
    held.pop().socket.close()


def test_no_field_of_https_is_sent_there_and_none_is_missing_over_https(start, site, pair):
    server = start_tls(start, site, pair, "--listen-http", "127.0.0.1:0", "--hsts", "--header", "X-Of-Ours: 1",
                       "--health", "/healthz")
    http = plain_port(server)

    def ask(path, connection):
        with connection:
            for _ in range(6):  # from the third one on, answers are replayed
                head = tls.get(connection, path)[0].lower()
                yield {name for name in (b"strict-transport-security", b"x-of-ours") if name in head}

    for path in ("/", "/healthz", "/.well-known/acme-challenge/token"):
        for _ in range(2):
            assert list(ask(path, socket.create_connection(("127.0.0.1", http), DEADLINE))) == [set()] * 6
            assert list(ask(path, tls.connect(server.port, pair[0]))) == [{b"strict-transport-security", b"x-of-ours"}] * 6


@pytest.mark.parametrize("option", ["--auth", "--base-path", "--deny", "_redirects"])
def test_challenges_are_for_everybody(start, pair, place, option):
    """The authority has no password, and without a new certificate the site ends."""
    beneath = "site/.well-known/acme-challenge"
    sites.write_files(place, {"site/index.html": "front", f"{beneath}/token-_1": "token.key", f"{beneath}/not.a.token": "x"})
    if option == "_redirects":
        (place / "site/_redirects").write_text("/* /index.html 200!\n")
        more = []
    else:
        users = passwords.write(place / "users", {"ann": "secret"})
        more = [option, {"--auth": f"/={users}", "--base-path": "/app", "--deny": "127.0.0.0/8"}[option]]
    server = start_tls(start, place / "site", pair, "--listen-http", "127.0.0.1:0", *more)
    with raw.Connection(plain_port(server)) as client:
        for _ in range(6):
            answer = client.ask("/.well-known/acme-challenge/token-_1")
            assert (answer.status, answer.body) == (200, b"token.key")
        for other in ("", "none", "not.a.token", "%74oken-_1", "token-_1/"):
            answer = client.ask(f"/.well-known/acme-challenge/{other}")
            expected = {"--auth": 401, "--base-path": 404, "--deny": 403, "_redirects": 200}[option]
            assert answer.status == expected and answer.body not in (b"x", b"token.key"), other
        assert client.ask("/.well-known/acme-challenge/token-_1", method="POST").status != 200
        assert client.ask("/.well-known/acme-challenge").status == 308
        assert client.ask("/.well-known/acme-challenge/../../index.html").status == 400


def test_where_https_has_no_port_its_own_is_meant(start, site, pair, writable):
    server = start(site, *tls.options(pair), "--listen", f"unix:{writable}/site", "--listen-http", "127.0.0.1:0",
                   "--workers", 1, program=tls.MINHTTPS)
    with raw.Connection(plain_port(server)) as client:
        assert client.ask("/a?b", host="example.org:80").fields["location"] == "https://example.org/a?b"


def test_a_socket_that_leads_to_https_needs_a_certificate(site, writable):
    refused = run_to_end(site, program=tls.MINHTTPS, before=activated(address=f"{writable}/s", names="redirect"))
    assert refused.returncode == 1
    assert refused.stderr == "minhttps: LISTEN_FDS: descriptor 3 is called redirect, which needs --cert or --self-signed\n"


def healthcheck(pair, site, **variables):
    variables = {"MINHTTP_CERT": pair[0], "MINHTTP_KEY": pair[1], "MINHTTP_ROOT": site, **variables}
    return run_to_end("healthcheck", program=tls.MINHTTPS, before=env(**variables))


@pytest.mark.parametrize("how", [{"MINHTTP_LISTEN_HTTP": "off"}, {"MINHTTP_LISTEN": ":{}"}, {"MINHTTP_HEALTH": "/healthz"}, {}])
def test_healthcheck_without_a_listener_of_http(start, site, pair, how):
    server = start_tls(start, site, pair)
    where = {} if "MINHTTP_LISTEN" in how else {"MINHTTP_PORT": server.port}
    checked = healthcheck(pair, site, **where, **{name: value.format(server.port) for name, value in how.items()})
    assert (checked.returncode, checked.stdout) == (0, f"healthy: http://127.0.0.1:{server.port}/ answers 400\n"), checked.stderr
    server.stop()
    assert healthcheck(pair, site, MINHTTP_PORT=server.port).returncode == 1


def test_healthcheck_asks_the_listener_of_http(start, site, pair):
    server = start_tls(start, site, pair, "--listen-http", "127.0.0.1:0", "--health", "/healthz")
    port = plain_port(server)
    checked = healthcheck(pair, site, MINHTTP_LISTEN_HTTP=f":{port}", MINHTTP_HEALTH="/healthz")
    assert (checked.returncode, checked.stdout) == (0, f"healthy: http://127.0.0.1:{port}/healthz answers 200\n")
    standard = healthcheck(pair, site)
    assert "http://127.0.0.1:80/" in standard.stdout + standard.stderr


def test_where_port_80_is_in_use_the_message_names_its_own_option(site, pair):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"127.0.0.1:{other.getsockname()[1]}"
        refused = run_to_end(site, *tls.options(pair), "--listen", "127.0.0.1:0", "--listen-http", address, program=tls.MINHTTPS)
    assert refused.returncode == 1
    assert refused.stderr.endswith("; stop the other server, or choose another --listen-http ADDR, or --listen-http off\n")
