# SPDX-License-Identifier: MIT
"""What one client may do: --client-rate and --client-connections, over all workers."""

import os
import re
import signal

import pytest

import http2_client as h2
import raw
import sites
import workers
from server import children, run_to_end, wait_until
from test_passing_on import switch_and_wait
from test_upgrade import executable, start_upgradable  # noqa: F401: fixtures

A, B, PROXY = "127.0.0.5", "127.0.0.6", "127.0.0.2"


@pytest.fixture
def site(place):
    return sites.write_files(place / "site", {"index.html": "front"})


def ask(server, source, **fields):
    with raw.Connection(server.port, source=source) as connection:
        return connection.ask("/", **fields)


def hold(server, count):
    """So many connections of A that were let in. An earlier one may take a moment until its end is seen."""
    held = []

    def another():
        connection = raw.Connection(server.port, source=A)
        if connection.ask("/").status == 200:
            held.append(connection)
        else:
            connection.socket.close()
        return len(held) == count

    assert wait_until(another)
    return held


def test_a_rate_is_counted_over_all_workers(start, site):
    server = start(site, "--listen", "127.0.0.1:0", "--client-rate", 1, "--workers", 3)
    workers.all_begun(server, 3)
    statuses = [ask(server, A).status for _ in range(12)]
    assert statuses[:10] == [200] * 10
    assert statuses[-1] == 429
    refused = ask(server, A)
    assert refused.status == 429 and refused.fields["retry-after"] == "1" and refused.fields["connection"] == "close"
    assert ask(server, B).status == 200
    assert wait_until(lambda: ask(server, A).status == 200), "tokens come back"


def test_a_rate_holds_on_one_connection(start, site):
    server = start(site, "--listen", "127.0.0.1:0", "--client-rate", 1)
    with raw.Connection(server.port, source=A) as connection:
        connection.send(raw.request("/") * 30)
        statuses = [connection.answer().status for _ in range(11)]
        assert statuses == [200] * 10 + [429]
        assert connection.is_closed()


def test_connections_are_counted_over_all_workers(start, site):
    server = start(site, "--listen", "127.0.0.1:0", "--client-connections", 4, "--workers", 2)
    workers.all_begun(server, 2)
    held = [raw.Connection(server.port, source=A) for _ in range(4)]
    for connection in held:
        assert connection.ask("/").status == 200
    refused = ask(server, A)
    assert refused.status == 429 and refused.fields["retry-after"] == "1"
    assert server.err.wait_for(lambda line: re.fullmatch(
        r"minhttp: refused \d times? in the last second: a client has too many connections \(--client-connections\)",
        line))
    assert ask(server, B).status == 200
    held.pop().socket.close()
    assert wait_until(lambda: ask(server, A).status == 200)
    for connection in held:
        assert connection.ask("/").status == 200
        connection.socket.close()


def test_a_worker_that_dies_gives_its_connections_back(start, site):
    server = start(site, "--listen", "127.0.0.1:0", "--client-connections", 3, "--workers", 1)
    for _ in range(2):
        worker = workers.all_begun(server, 1)[0]
        held = hold(server, 3)
        assert ask(server, A).status == 429
        os.kill(worker, signal.SIGKILL)
        assert all(connection.is_closed() for connection in held)
        assert wait_until(lambda worker=worker: workers.workers(server) not in ([], [worker]))
        for connection in held:
            connection.socket.close()
        assert wait_until(lambda: ask(server, A).status == 200)
    assert server.err.wait_for(lambda line: "SIGKILL" in line)


def test_limits_are_for_the_clients_of_proxies(start, site):
    server = start(site, "--listen", "127.0.0.1:0", "--proxy-protocol", "127.0.0.1:0", "--trusted-proxy", PROXY,
                   "--client-rate", 1, "--client-connections", 2)
    server.port, proxied = (int(re.search(r":(\d+)/$", line)[1]) for line in server.start_lines(2))
    with raw.Connection(server.port, source=PROXY) as connection:
        statuses = [connection.ask("/", X_Forwarded_For=f"203.0.113.{client}").status for client in range(30)]
        assert statuses == [200] * 30
        statuses = [connection.ask("/", X_Forwarded_For="203.0.113.99").status for _ in range(11)]
        assert statuses == [200] * 10 + [429]
    held = []
    for client, status in (("198.51.100.1", 200), ("198.51.100.1", 200), ("198.51.100.1", 429), ("198.51.100.2", 200)):
        held.append(raw.Connection(proxied, source=PROXY))
        held[-1].send(f"PROXY TCP4 {client} 10.0.0.9 4000 80\r\n".encode() + raw.request("/"))
        assert held[-1].answer().status == status
    for connection in held:
        connection.socket.close()


def test_a_limit_holds_for_a_server_without_a_site(start):
    server = start("--listen", "127.0.0.1:0", "--client-rate", 1, "--client-connections", 3)
    answers = [raw.exchange(server.port, b"GET / HTTP/1.0\r\n\r\n") for _ in range(11)]
    assert answers[0].endswith(b"Hello from assembly!\n")
    assert answers[-1].startswith(b"HTTP/1.1 429 ") or answers[-1].startswith(b"HTTP/1.0 429 ")


def test_a_refused_request_is_logged_and_reported_once_a_second(start, site):
    server = start(site, "--listen", "127.0.0.1:0", "--client-rate", 1, "--log", "common", "--workers", 1)
    statuses = [ask(server, A).status for _ in range(30)]
    assert statuses.count(429) >= 15
    assert server.out.wait_for(lambda line: line.startswith(f"{A} ") and " 429 " in line)
    said = r"minhttp: refused \d+ times? in the last second: a client asks too often \(--client-rate\)"
    assert server.err.wait_for(lambda line: re.fullmatch(said, line))
    assert sum("asks too often" in line for line in server.err.all) <= 2


def test_the_plain_loop_limits_the_rate_too(start, site):
    server = start(site, "--listen", "127.0.0.1:0", "--loop", "plain", "--client-rate", 1)
    statuses = [ask(server, A).status for _ in range(12)]
    assert statuses[:10] == [200] * 10 and statuses[-1] == 429
    assert server.err.wait_for(lambda line: "asks too often" in line), "also where nobody comes after that"
    assert ask(server, B).status == 200


def test_a_stream_of_http2_is_refused_and_the_connection_stays(start, site):
    server = start(site, "--listen", "127.0.0.1:0", "--h2c", "--client-rate", 1)
    with h2.Client(server.port, source=A) as client:
        numbers = iter(range(1, 10_000, 2))
        answers = [client.ask(next(numbers), "/") for _ in range(12)]
        assert [answer.status for answer in answers[:10]] == [200] * 10
        assert answers[-1].status == 429 and answers[-1]["retry-after"] == "1"
        assert wait_until(lambda: client.ask(next(numbers), "/").status == 200)


def test_a_health_check_is_always_answered(start, site):
    server = start(site, "--listen", "127.0.0.1:0", "--client-rate", 1, "--health", "/healthz")
    while ask(server, A).status == 200:
        pass
    with raw.Connection(server.port, source=A) as connection:
        assert [connection.ask("/healthz").status for _ in range(30)] == [200] * 30


def test_another_release_takes_the_connections_over(start, place):
    for number in "12":
        sites.write_files(place / "releases" / number, {"index.html": number})
    (place / "current").symlink_to("releases/1")
    server = start(place / "current", "--listen", "127.0.0.1:0", "--client-connections", 3, "--workers", 2)
    held = [raw.Connection(server.port, source=A) for _ in range(3)]
    for connection in held:
        assert connection.ask("/").body == b"1"
    for number in (2, 1, 2):
        switch_and_wait(server, place / "current", number)
        for connection in held:
            assert connection.ask("/").body == str(number).encode()
        assert ask(server, A).status == 429, "they are counted once, by the worker that has them now"
    held.pop().socket.close()
    assert wait_until(lambda: ask(server, A).status == 200)
    assert wait_until(lambda: raw_refused(server) == 429), "and no more than that one was given back"
    for connection in held:
        connection.socket.close()


def raw_refused(server):
    """The status for one connection more than one that is open."""
    with raw.Connection(server.port, source=A) as connection:
        if connection.ask("/").status == 429:
            return 0
        return ask(server, A).status


def test_another_server_begins_to_count_anew(start_upgradable, site):  # noqa: F811
    server = start_upgradable(site, "--listen", "127.0.0.1:0", "--client-connections", 2)
    held = [raw.Connection(server.port, source=A) for _ in range(2)]
    for connection in held:
        assert connection.ask("/").status == 200
    assert ask(server, A).status == 429
    old = server.supervisor
    server.upgrade()
    assert wait_until(lambda: ask(server, A).status == 200), "those of the old one are not the new one's"
    for connection in held:
        assert connection.ask("/").status == 200, "and go on"
        connection.socket.close()
    assert wait_until(lambda: old not in children(server.pid)), "it serves who has come to it before it ended"
    more = hold(server, 2)
    assert ask(server, A).status == 429
    for connection in more:
        connection.socket.close()


def test_connections_need_the_loop_that_has_several(site):
    ended = run_to_end(site, "--loop", "plain", "--client-connections", 5)
    assert ended.returncode == 2 and "--client-connections needs --loop epoll" in ended.stderr
