# SPDX-License-Identifier: MIT
"""Front and back must agree where each request ends. Every case is played by one client, and then others ask, over the
connection that proxy and server keep between them: each must get its own answer, and the server must have seen no
request that the proxy does not know of."""

import re
from collections import Counter

import pytest

import cases as conformance
import sites
import smuggling
from naive import NaiveServer
from proxies import FRONTS, HTTP2_FRONTS, Client, Proxy
from server import wait_until

PATIENCE = 0.25  # for the attacker's answer, of which there may be none; the others do not depend on it
VICTIMS = 3
GROUPS = ("framing", "chunked", "request-line", "host", "connection", "expect")


@pytest.fixture
def root(place):
    files = {f"victim-{i}.txt": f"only for victim {i}" for i in range(VICTIMS)}
    files |= {"index.html": "the index", "poison": "poisoned", "file.txt": "abc", "big.bin": b"x" * (1 << 20)}
    return sites.write_files(place / "root", {**files, "dir/index.html": "a directory"})


@pytest.fixture
def put_in_front(place):
    """Puts a proxy in front of a server."""
    proxies = []

    def before(name, server):
        (place / "proxy").mkdir()
        proxies.append(Proxy(name, place / "proxy", server.port))
        return server, proxies[0]

    yield before
    for proxy in proxies:
        proxy.stop()


@pytest.fixture(params=[*FRONTS, *HTTP2_FRONTS])
def chain(request, put_in_front, start, root):
    """A server and a proxy in front of it."""
    options = ["--h2c"] if request.param in HTTP2_FRONTS else []
    return put_in_front(request.param, start(root, "--workers", 1, *options))


def attack(proxy, data):
    """Plays a case. It returns with the connection still open, once there is an answer or it has been waited for."""
    client = Client(proxy.listen, PATIENCE)
    try:
        client.send(data)
        client.socket.recv(65536)
    except OSError:
        pass  # none of our business: what becomes of the others is
    return client


def victims_are_answered(proxy):
    """Different clients, one after the other. What is wrong with their answers."""
    wrong = []
    for i in range(VICTIMS):
        with Client(proxy.listen) as victim:
            try:
                answer = victim.ask(f"/victim-{i}.txt", connection="close")
            except (OSError, AssertionError) as fault:
                wrong.append(f"victim {i}: {fault!r}")
                continue
            if (answer.status, answer.body) != (200, f"only for victim {i}".encode()) or victim.rest():
                wrong.append(f"victim {i}: {answer.status} {answer.body[:60]!r}")
    return wrong


def played(proxy, cases):
    faults = []
    for name, data in cases.items():
        attacker = attack(proxy, data)
        wrong = victims_are_answered(proxy)
        attacker.socket.close()
        wrong += victims_are_answered(proxy)
        if wrong:
            faults.append(f"{name}: {wrong}")
    return faults


def seen(server):
    """The request lines in the access log, in the order of their coming."""
    return [line.split('"')[1] for line in server.log_lines() if line.count('"') >= 2]


def assert_no_desync(server, proxy, cases, asks):
    faults = played(proxy, cases)
    assert not faults, "\n".join(faults)
    assert wait_until(lambda: difference(server, proxy, asks) == {}, 10), difference(server, proxy, asks)
    print(f"{len(cases)} cases, {len(seen(server))} requests reached the server")


def what_it_asks(line):
    """Method and path: the proxies write the version, and one the form of the target, as they like."""
    method, _, rest = line.partition(" ")
    return f"{method} {re.sub(r'^http://[^/]*|(?<=.) HTTP/[0-9.]+$', '', rest)}"


def difference(server, proxy, asks):
    """What one of the two has seen more often than the other, with both counts; `asks` says what to count of a line."""
    theirs, unfinished = (Counter(map(asks, lines)) for lines in proxy.passed_on())
    ours = Counter(map(asks, seen(server)))
    return {
        line: (theirs[line], ours[line])
        for line in theirs | ours
        if not theirs[line] - unfinished[line] <= ours[line] <= theirs[line]
    }


def test_requests_that_two_servers_might_read_in_two_ways(chain):
    assert_no_desync(*chain, smuggling.CASES, what_it_asks)


def test_the_conformance_cases(chain):
    """What is strange to one server may be stranger to two. Their targets are written in too many ways to compare, so
    they are counted."""
    chosen = conformance.select(conformance.load(), groups=GROUPS)
    cases = {case["id"]: _bytes_of(case) for case in chosen}
    assert_no_desync(*chain, cases, lambda _: "requests")


def _bytes_of(case):
    values = {"H": "front", "ETAG": '"none"', "LM": "Thu, 01 Jan 1970 00:00:00 GMT"}
    return b"".join(conformance.to_bytes(step.get("send", ""), values) for step in conformance.steps(case))


@pytest.mark.parametrize("front", FRONTS)
def test_a_server_that_ignores_bodies_is_detected(front, put_in_front, root):
    """The measure itself: connections are shared, who gets another's answer is noticed, so is a request too many."""
    naive = NaiveServer(root)
    server, proxy = put_in_front(front, naive)
    assert played(proxy, {"half a request": smuggling.CASES["CL.0 on a missing page"]})
    whole = smuggling.POISON + "\r\n\r\n"
    head = f"POST / HTTP/1.1\r\nHost: front\r\nContent-Length: {len(whole)}\r\n\r\n"
    played(proxy, {"a whole one": (head + whole).encode()})
    assert "GET /poison" in difference(server, proxy, what_it_asks)
    naive.stop()
