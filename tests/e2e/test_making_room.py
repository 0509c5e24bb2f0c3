# SPDX-License-Identifier: MIT
"""Who gives way to whom when all slots, or all workspaces, are taken.

Clients of one turn of the server's loop come while it is stopped: so it finds all of them at once, in this order.
"""

import contextlib
import os
import signal
from pathlib import Path

import pytest

import passwords
import raw
import sites
from server import wait_until

SCANNED = 64  # evict_scan_max in tables/limits.h


@pytest.fixture
def site(place):
    root = sites.write_files(place / "site", {"small": b"small"})
    with (root / "large").open("wb") as large:
        large.truncate(64 << 20)
    return root


@pytest.fixture
def connect(start, site):
    """Starts a server, and makes clients who read little at a time."""
    with contextlib.ExitStack() as stack:
        def serve(*options):
            server = start(site, "--workers", 1, *options)
            return server, lambda: stack.enter_context(raw.Connection(server.port, receive_buffer=4096))

        yield serve


@contextlib.contextmanager
def stopped(server):
    pid = server.serving
    os.kill(pid, signal.SIGSTOP)
    state = Path(f"/proc/{pid}/stat")
    assert wait_until(lambda: state.read_text().rpartition(")")[2].split()[0] == "T")
    yield
    os.kill(pid, signal.SIGCONT)


def ask(connection, path="/small", **fields):
    connection.send(raw.request(path, **fields))
    return connection


def begin_download(connection, behind=b""):
    """And then nobody reads. Bytes of another request keep the workspace meanwhile."""
    connection.send(raw.request("/large") + behind)
    assert connection.head()[1].status == 200


@pytest.fixture
def endless_checks(place):
    """Options, and the fields of a request whose password is checked for long."""
    users = place / "users"
    users.write_text(f"joe:{passwords.ENDLESS}\n")

    def request(guess="guess"):
        return {"path": "/private", "authorization": passwords.basic("joe", guess)}

    return ["--auth", f"/private={users}", "--drain-ms", 0], request


def told_to_come_back(connection):
    answer = connection.answer()
    return answer.status == 503 and answer.fields["retry-after"] == "1" and connection.is_closed()


def test_a_connection_in_the_run_queue_keeps_its_slot(connect):
    """The second waits for the workspace of the first, and would be the one to close: silent since it was accepted."""
    server, client = connect("--workspaces", 1, "--connections", 3)
    idle = ask(client())
    assert idle.answer().body == b"small"
    with stopped(server):
        client().send(raw.request("/large") + b"G")
        newcomers = [ask(client()) for _ in range(2)]
    assert [connection.answer().status for connection in newcomers] == [200, 200]
    assert idle.is_closed()


def test_downloads_without_a_workspace_do_not_stop_eviction_of_others(connect):
    _, client = connect("--workspaces", 2)
    for _ in range(SCANNED):
        begin_download(client())
    for _ in range(2):
        begin_download(client(), behind=b"G")
    assert ask(client()).answer().body == b"small"


def test_a_client_waiting_for_a_check_can_lose_its_workspace(connect, endless_checks):
    """Both workspaces are with checks that take long. The download has its turns in the queue, and needs none."""
    options, private = endless_checks
    server, client = connect("--workspaces", 2, *options)
    with stopped(server):
        ask(client(), "/large")
        checked = [ask(client(), **private(guess)) for guess in ("one", "other")]
        newcomers = [ask(client()) for _ in range(2)]
    assert [connection.answer().status for connection in newcomers] == [200, 200]
    assert told_to_come_back(checked[0]), "the oldest"


def test_a_client_waiting_for_a_check_can_lose_its_slot(connect, endless_checks):
    options, private = endless_checks
    server, client = connect("--connections", 2, *options)
    with stopped(server):
        checked = [ask(client(), **private(guess)) for guess in ("one", "other")]
        newcomer = ask(client())
    assert newcomer.answer().body == b"small"
    assert told_to_come_back(checked[0])
    assert checked[1].is_open_and_silent()


def test_of_clients_sharing_a_check_one_is_evicted_first(connect, endless_checks):
    """So that the work of a check is not lost: who waits alone for one stays, though it is the oldest."""
    options, private = endless_checks
    server, client = connect("--workspaces", 3, *options)
    with stopped(server):
        alone, *together = [ask(client(), **private(guess)) for guess in ("alone", "same", "same")]
        newcomer = ask(client())
    assert newcomer.answer().body == b"small"
    assert told_to_come_back(together[0])
    assert alone.is_open_and_silent() and together[1].is_open_and_silent()


def test_clients_waiting_for_checks_do_not_block_public_pages(connect, endless_checks):
    options, private = endless_checks
    _, client = connect("--workspaces", 40, *options)
    crowd = [ask(client(), **private(f"{number % 16}")) for number in range(60)]
    for _ in range(50):
        with client() as visitor:
            assert ask(visitor).answer().body == b"small"


def registered(client):
    """A client that epoll watches, so that its bytes and its end come to the server in one event."""
    connection = ask(client())
    assert connection.answer().body == b"small"
    return connection


def test_a_request_followed_by_half_close_is_answered(connect):
    server, client = connect("--workspaces", 1)
    slow, last = registered(client), registered(client)
    with stopped(server):
        slow.send(b"GET ")
        ask(last).end_sending()
    assert last.answer().body == b"small"
    assert last.is_closed()
    assert slow.is_closed(), "it had the workspace"


def test_a_request_followed_by_half_close_gets_503_without_workspace(connect):
    """The workspace is with a listing that is to go on in the next turn."""
    server, client = connect("--workspaces", 1, "--listing")
    reader, last = registered(client), registered(client)
    with stopped(server):
        ask(reader, "/")
        ask(last).end_sending()
    assert last.answer().status == 503
    assert last.is_closed()
    assert reader.head()[1].status == 200


def test_a_half_close_without_a_request_takes_no_workspace(connect):
    server, client = connect("--workspaces", 1)
    slow, last = registered(client), registered(client)
    with stopped(server):
        slow.send(b"GET ")
        last.end_sending()
    assert last.is_closed()
    slow.send(b"/small HTTP/1.1\r\nHost: a\r\n\r\n")
    assert slow.answer().body == b"small"
