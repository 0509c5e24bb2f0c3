# SPDX-License-Identifier: MIT
"""Ending: what SIGTERM and SIGINT do to the idle, the busy and the stuck."""

import contextlib
import os
import signal
import time

import pytest

import programs
import raw
import sites
from server import wait_until

SIZE = 32 << 20


@pytest.fixture
def site(place):
    return sites.write_files(place, {"large": b"l" * SIZE, "small": b"small"})


def begun_download(server, path="/large"):
    connection = raw.Connection(server.port, receive_buffer=16 << 10)
    connection.send(raw.request(path))
    _, answer = connection.head()
    assert int(answer.fields["content-length"]) == SIZE
    return connection


def refused(port):
    try:
        raw.Connection(port, deadline=5).socket.close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.portable
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
@pytest.mark.parametrize("face", ["greeting", "directory"])
def test_an_idle_server_ends(start, site, face, number, loop):
    arguments = [site] if face == "directory" else []
    server = start(*arguments, "--loop", loop)
    server.signal(number)
    assert server.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_idle_connections_do_not_delay_the_end(start, site, number):
    server = start(site)
    listeners = server.open_sockets()
    with raw.Connection(server.port) as idle, raw.Connection(server.port) as silent:
        assert idle.ask("/small").status == 200
        # Who says nothing is the kernel's for about a second.
        assert wait_until(lambda: server.open_sockets() == listeners + 2)
        server.signal(number)
        assert idle.is_closed() and silent.is_closed()
        assert server.wait() == 0


@pytest.mark.parametrize("face", ["greeting", "directory"])
def test_user_signals_are_ignored(start, site, face, loop):
    """By the server and by each of its workers; their default is to end a process."""
    arguments = [site] if face == "directory" else []
    server = start(*arguments, "--loop", loop)
    for pid in {server.pid, server.serving}:
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            os.kill(pid, number)
    assert raw.ask(server.port, "/small").status == 200
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    assert not [line for line in server.err.wait_for_end() if "takes its place" in line]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT])
def test_a_download_is_finished_first(start, site, loop, number):
    server = start(site, "--loop", loop)
    with begun_download(server) as connection:
        server.signal(number)
        assert connection.body_bytes(SIZE) == b"l" * SIZE
        assert connection.is_closed()
    assert server.wait() == 0


def test_a_client_that_keeps_requesting_does_not_delay_the_end(start, site, loop):
    """Its last answer says so, and the one client of the plain loop is nobody's exception."""
    server = start(site, "--loop", loop)
    with raw.Connection(server.port) as busy:
        assert busy.ask("/small").fields.get("connection") != "close"
        server.signal(signal.SIGTERM)
        answers = 0
        while True:  # epoll may close between two answers
            try:
                answer = busy.ask("/small")
            except (AssertionError, ConnectionResetError, BrokenPipeError):
                assert loop == "epoll"
                break
            answers += 1
            assert answers < 100_000
            if answer.fields.get("connection") == "close":
                break
    assert server.wait() == 0


def test_clients_in_the_backlog_are_answered(start, site):
    """Connected, and with a request sent, while the server was busy; a listener that is closed resets them."""
    server = start(site)
    os.kill(server.serving, signal.SIGSTOP)
    with contextlib.ExitStack() as stack:
        waiting = [stack.enter_context(raw.Connection(server.port)) for _ in range(60)]
        for connection in waiting:
            connection.send(raw.request("/small"))
        server.signal(signal.SIGTERM)
        os.kill(server.serving, signal.SIGCONT)
        for connection in waiting:
            assert connection.answer().body == b"small"
            assert connection.is_closed()
    assert server.wait() == 0


def test_a_client_without_a_workspace_does_not_delay_the_end(start, site):
    """After its answer, while the only workspace belongs to somebody else's request."""
    server = start(site, "--workspaces", 1, "--drain-ms", 3_600_000)
    with begun_download(server) as connection, raw.Connection(server.port) as other, raw.Connection(server.port) as idle:
        assert idle.ask("/small").status == 200
        other.send(b"GET /small HTTP/1.1\r\n")
        assert other.is_open_and_silent()
        server.signal(signal.SIGTERM)
        assert idle.is_closed()  # so the signal has arrived
        assert connection.body_bytes(SIZE) == b"l" * SIZE
        assert connection.is_closed()
        other.send(b"Host: localhost\r\n\r\n")
        assert other.answer().body == b"small"
    assert server.wait() == 0


def test_after_sigstop_and_sigcont_connections_are_kept(start, site):
    """Their deadlines have passed when it goes on, but so they have for requests that came in time."""
    server = start(site, "--idle-ms", 2500, before=programs.UNTRACED)
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(raw.Connection(server.port)) for _ in range(300)]  # more than a turn has events
        for connection in idle:
            assert connection.ask("/small").status == 200
        os.kill(server.serving, signal.SIGSTOP)
        for connection in idle:
            connection.send(raw.request("/small"))
        time.sleep(2.6)  # no event tells that the deadline of who is stopped has passed
        os.kill(server.serving, signal.SIGCONT)
        for connection in idle:
            assert connection.answer().body == b"small"


def test_no_new_client_is_accepted_while_draining(start, site):
    server = start(site)
    with begun_download(server) as connection, raw.Connection(server.port) as idle:
        assert idle.ask("/small").status == 200
        server.signal(signal.SIGTERM)
        assert idle.is_closed()  # so the signal has arrived
        assert refused(server.port)
        assert connection.body_bytes(SIZE) == b"l" * SIZE
    assert server.wait() == 0


def test_a_stuck_reader_is_given_up_after_the_drain_time(start, site):
    server = start(site, "--drain-ms", 300)
    with begun_download(server):
        server.signal(signal.SIGTERM)
        assert server.wait() == 0


def test_a_second_signal_ends_it_at_once(start, site):
    server = start(site, "--drain-ms", 3_600_000, "--send-ms", 3_600_000)
    with begun_download(server), raw.Connection(server.port) as idle:
        assert idle.ask("/small").status == 200
        server.signal(signal.SIGINT)
        assert idle.is_closed()
        server.signal(signal.SIGINT)
        server.wait()  # whatever its code: the one who asked twice did not want to wait


def test_a_half_received_request_is_answered(start, site):
    server = start(site)
    with raw.Connection(server.port) as beginning, raw.Connection(server.port) as idle:
        assert idle.ask("/small").status == 200
        beginning.send(b"GET /small HTTP/1.1\r\n")
        assert beginning.is_open_and_silent()
        server.signal(signal.SIGTERM)
        assert idle.is_closed()
        beginning.send(b"Host: localhost\r\n\r\n")
        answer = beginning.answer()
        assert (answer.body, answer.fields["connection"]) == (b"small", "close")
    assert server.wait() == 0


def test_an_upload_under_way_gets_its_answer(start, site):
    server = start(site)
    with raw.Connection(server.port) as uploading, raw.Connection(server.port) as idle:
        assert idle.ask("/small").status == 200
        uploading.send(raw.request("/small", "POST", content_length=10) + b"12345")
        assert uploading.is_open_and_silent()
        server.signal(signal.SIGTERM)
        assert idle.is_closed()
        uploading.send(b"67890")
        answer = uploading.answer()
        assert (answer.status, answer.fields["connection"]) == (405, "close")
    assert server.wait() == 0


def test_other_signals_are_ignored(start, site):
    server = start(site)
    for number in (signal.SIGPIPE, signal.SIGWINCH, signal.SIGCHLD):
        server.signal(number)
    assert raw.ask(server.port, "/small").status == 200


if programs.AS_ROOT:
    # Only root may make a process-number namespace without further ado.
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_as_process_1(start, site, number):
        first_process = ["unshare", "--pid", "--fork", "--kill-child"]
        as_nobody = ["setpriv", "--reuid", programs.NOBODY, "--regid", programs.NOBODY, "--clear-groups"]
        server = start(site, before=first_process + as_nobody, forks=True, as_root=True)
        with open(f"/proc/{server.pid}/status", encoding="ascii") as status:
            assert next(line for line in status if line.startswith("NSpid:")).split()[-1] == "1"
        with begun_download(server) as connection:
            server.signal(number)
            assert connection.body_bytes(SIZE) == b"l" * SIZE
        assert server.wait() == 0
