# SPDX-License-Identifier: MIT
"""The case study alone: the tiny binary, on port 8080, with its original's bytes and without its faults."""

import re
import signal
import subprocess
import time

import pytest

import programs
import raw
from own_network import own_network
from server import DEADLINE, run_to_end, wait_until
from test_greeting import GREETING

PORT = 8080
REQUEST = b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n"
LOG_LINE = re.compile(r"Connection received, bytes read: (\d+)")


@pytest.fixture(autouse=True, scope="module")
def port_8080_for_us():
    with own_network():
        yield


@pytest.fixture
def start_case_study(start):
    def start_it(**options):
        return start(program=programs.CASE_STUDY, **options)

    return start_it


@pytest.fixture
def server(start_case_study):
    return start_case_study()


def log_numbers(server):
    """The logged numbers; a line of another form is a fault."""
    matches = [LOG_LINE.fullmatch(line) for line in server.log_lines()]
    assert all(matches), server.log_lines()
    return [int(match.group(1)) for match in matches]


def test_start_up_line(server):
    assert server.out.all == ["minhttp listening on port 8080..."]


@pytest.mark.parametrize(
    "request_bytes", [REQUEST, b"anything at all\r\n\r\n", b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"]
)
def test_every_client_gets_the_response(server, request_bytes):
    assert raw.exchange(PORT, request_bytes) == GREETING
    assert server.out.wait_for(f"Connection received, bytes read: {len(request_bytes)}".__eq__)


def test_nc_and_curl(server):
    netcat = subprocess.run(
        ["nc", "127.0.0.1", str(PORT)], input=REQUEST + b"\n", capture_output=True, timeout=DEADLINE, check=True
    )
    assert netcat.stdout == GREETING
    curl = subprocess.run(
        ["curl", "-sS", "--noproxy", "*", f"http://127.0.0.1:{PORT}/"],
        capture_output=True, timeout=DEADLINE, check=True,
    )
    assert curl.stdout == b"Hello from assembly!\n"
    assert wait_until(lambda: len(server.log_lines()) == 2)
    log_numbers(server)


def test_a_head_in_two_pieces(server):
    with raw.Connection(PORT) as connection:
        connection.send(REQUEST[:10])
        assert connection.is_open_and_silent()
        connection.send(REQUEST[10:])
        assert connection.rest() == GREETING


def test_a_silent_client_is_closed(server):
    with raw.Connection(PORT):
        # Served only after the silent one, who came first, has been given up.
        assert raw.exchange(PORT, REQUEST) == GREETING
    assert all(number <= 4096 for number in log_numbers(server))


def test_clients_that_vanish(server):
    for sent in (b"", REQUEST[:5], REQUEST, REQUEST * 100):
        vanishing = raw.Connection(PORT)
        if sent:
            vanishing.send(sent)
        vanishing.reset()
    assert raw.exchange(PORT, REQUEST) == GREETING
    assert wait_until(lambda: len(server.log_lines()) >= 1)
    # A failed read must not be logged as the huge number that a negative result looks like.
    assert all(number <= 100_000 for number in log_numbers(server))


def test_a_head_longer_than_one_read(server):
    long_request = b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-Long: " + b"a" * 20_000 + b"\r\n\r\n"
    assert raw.exchange(PORT, long_request) == GREETING


def test_a_client_with_a_large_body_gets_the_response(server):
    with raw.Connection(PORT) as connection:
        connection.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000)
        assert connection.rest() == GREETING


def test_many_clients_one_after_the_other(server):
    for _ in range(500):
        assert raw.exchange(PORT, REQUEST) == GREETING
    assert wait_until(lambda: len(server.log_lines()) == 500)
    assert log_numbers(server) == [len(REQUEST)] * 500


def test_without_a_free_descriptor_it_waits_and_recovers(start_case_study):
    # Descriptors 0 to 3 are the standard ones and the listener: none is left to accept with.
    server = start_case_study(before=["prlimit", "--nofile=4:64"])
    with raw.Connection(PORT) as waiting:
        waiting.send(REQUEST)
        before, begin = server.cpu_seconds(), time.monotonic()
        waiting.is_open_and_silent(seconds=1.5)
        used, passed = server.cpu_seconds() - before, time.monotonic() - begin
        assert used < passed / 3, f"spinning: {used} s of processor time in {passed} s"
        # As the same user: in a container, root itself may not change another's limits.
        subprocess.run(["prlimit", f"--pid={server.pid}", "--nofile=64:64"], check=True, **programs.unprivileged())
        assert waiting.rest() == GREETING


def test_port_in_use(server):
    result = run_to_end(program=programs.CASE_STUDY)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("minhttp: ") and result.stderr.count("\n") == 1
    assert "8080" in result.stderr and "in use" in result.stderr


def test_ended_by_sigterm(server):
    server.signal(signal.SIGTERM)
    assert server.wait() == -signal.SIGTERM
