# SPDX-License-Identifier: MIT
"""All slots are taken: by clients who take nothing, or by one client alone. The others get in."""

import contextlib
import re
import select
from pathlib import Path

import pytest

import raw
import sites
from server import wait_until

SLOTS = 8
GREEDY, GOOD = "127.0.0.9", "127.0.0.2"
REFUSED = re.compile(r"minhttp: refused (\d+) times? in the last second: all 8 connections are busy \(--connections\)")


@pytest.fixture
def server(start, place):
    root = sites.write_files(place / "site", {"small": b"small"})
    with (root / "large").open("wb") as large:
        large.truncate(64 << 20)
    return start(root, "--workers", 1, "--connections", SLOTS, "--send-ms", 60_000)


def sleeps(server):
    """Whether it waits for events: nobody has more to be written."""
    return Path(f"/proc/{server.serving}/stat").read_text().rpartition(")")[2].split()[0] == "S"


@pytest.fixture
def connect(server):
    with contextlib.ExitStack() as stack:
        yield lambda source: stack.enter_context(raw.Connection(server.port, source=source, receive_buffer=4096))


def stuck(connection):
    """Asks for much, and takes the head."""
    connection.send(raw.request("/large"))
    assert connection.head()[1].status == 200
    return connection


def idle(connection):
    assert connection.ask("/small").body == b"small"
    return connection


def others(count):
    """As many addresses."""
    return [f"127.0.1.{number}" for number in range(1, count + 1)]


def status(connection):
    return connection.ask("/small").status


def test_a_client_that_takes_nothing_is_evicted_when_slots_run_out(server, connect):
    for source in others(SLOTS):
        stuck(connect(source))
    assert status(connect(GOOD)) == 503, "they may be good ones, who have paused"
    assert server.err.wait_for(REFUSED.fullmatch)
    assert wait_until(lambda: status(connect(GOOD)) == 200)
    assert server.err.wait_for(REFUSED.fullmatch), "those that were refused meanwhile"


def test_a_client_that_takes_something_is_not_evicted(connect):
    steady = stuck(connect(others(1)[0]))
    for source in others(SLOTS)[1:]:
        stuck(connect(source))
    served = 0
    while served < SLOTS - 1:
        steady.body_bytes(4096)
        newcomer = connect(f"127.0.2.{served + 1}")
        if status(newcomer) == 200:
            stuck(newcomer)
            served += 1
        else:
            select.select([], [], [], 0.1)
    for _ in range(100):
        steady.body_bytes(4096)


def test_a_greedy_client_loses_slots_to_others(server, connect):
    good = [idle(connect(source)) for source in others(SLOTS // 2)]
    greedy = [stuck(connect(GREEDY)) for _ in range(SLOTS // 2)]
    assert wait_until(lambda: sleeps(server)), "who is being written to makes no room"
    idle(connect(GOOD))
    assert greedy[0].rest(), "the one longest without progress"
    for connection in good:
        idle(connection)


def test_a_greedy_client_loses_slots_to_its_own_new_connections(server, connect):
    good = [idle(connect(source)) for source in others(SLOTS // 2)]
    for _ in range(3 * SLOTS):
        stuck(connect(GREEDY))
        assert wait_until(lambda: sleeps(server))
    for connection in good:
        idle(connection)


def test_an_address_with_nearly_all_slots_is_not_greedy(server, connect):
    for _ in range(SLOTS - 1):
        stuck(connect(GREEDY))
    waiting = idle(connect(GREEDY))
    idle(connect(GREEDY))
    assert waiting.is_closed(), "as always, the idle one makes room"
    stuck(connect(GREEDY))
    assert status(connect(GREEDY)) == 503
    assert server.err.wait_for(REFUSED.fullmatch)
