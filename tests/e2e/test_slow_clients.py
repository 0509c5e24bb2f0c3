# SPDX-License-Identifier: MIT
"""Clients that take their time, by nature or by intent; the others must not notice."""

import select
import time
from pathlib import Path

import pytest

import raw
from server import DEADLINE, wait_until

KIB = 1024
HEAD = b"GET /file.txt HTTP/1.1\r\nHost: localhost\r\n"


def closed_after_dripping(connection, byte, pause=0.05):
    """Sends one byte after the other until the server says something or closes."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        readable, _, _ = select.select([connection.socket], [], [], pause)
        if readable:
            return True
        connection.send(byte)
    return False


@pytest.fixture
def impatient(start, fixture_site):
    """Waits half a second for anything."""
    limits = [f"--{name}-ms" for name in ("head", "idle", "send", "body", "linger")]
    return start(fixture_site, *(word for option in limits for word in (option, 500)))


def test_one_byte_at_a_time_is_served(fixture_server):
    with raw.Connection(fixture_server.port) as connection:
        for _ in range(3):
            for byte in HEAD + b"\r\n":
                connection.send(bytes([byte]))
            assert connection.answer().status == 200


def test_a_head_that_never_ends_gets_408(impatient):
    with raw.Connection(impatient.port) as connection:
        connection.send(HEAD)
        answer = connection.answer()
        assert answer.status == 408
        assert answer.fields["connection"] == "close"
        assert connection.is_closed()


def test_a_head_that_comes_byte_by_byte_gets_408(impatient):
    with raw.Connection(impatient.port) as connection:
        connection.send(HEAD + b"X: ")
        assert closed_after_dripping(connection, b"x"), "each byte must not buy more time"
        assert connection.answer().status == 408


def test_the_second_head_has_a_deadline_too(impatient):
    with raw.Connection(impatient.port) as connection:
        assert connection.ask("/file.txt").status == 200
        connection.send(HEAD)
        assert connection.answer().status == 408
        assert connection.is_closed()


def test_a_silent_connection_is_closed_without_a_response(impatient):
    with raw.Connection(impatient.port) as connection:
        assert connection.is_closed()


def test_an_idle_connection_is_closed_without_a_response(impatient):
    with raw.Connection(impatient.port) as connection:
        assert connection.ask("/file.txt").status == 200
        assert connection.is_closed()


@pytest.mark.parametrize(
    "framing", [b"Content-Length: 100\r\n\r\nbegin", b"Transfer-Encoding: chunked\r\n\r\n9\r\nbegin"],
    ids=["length", "chunked"],
)
def test_a_body_that_never_ends(impatient, framing):
    with raw.Connection(impatient.port) as connection:
        connection.send(b"POST /file.txt HTTP/1.1\r\nHost: localhost\r\n" + framing)
        assert connection.answer().status in (405, 408)
        assert connection.is_closed()


def test_a_body_that_comes_byte_by_byte_gets_408(impatient):
    with raw.Connection(impatient.port) as connection:
        connection.send(b"POST /file.txt HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n")
        assert closed_after_dripping(connection, b"x")


def test_a_client_that_does_not_read_is_closed(impatient):
    listeners = impatient.open_sockets()
    assert raw.ask(impatient.port, "/big.bin", method="HEAD").status == 200  # now its descriptor is kept
    assert wait_until(lambda: impatient.open_sockets() == listeners)
    at_rest = impatient.open_descriptors()
    with raw.Connection(impatient.port, receive_buffer=4096) as connection:
        connection.send(raw.request("/big.bin") * 20)
        connection.head()
        assert wait_until(lambda: impatient.open_descriptors() == at_rest), "connection and file are closed"


def test_a_slow_reader_gets_the_whole_file(impatient):
    with raw.Connection(impatient.port, receive_buffer=32 << 10) as connection:
        connection.send(raw.request("/big.bin", connection="close"))
        _, answer = connection.head()
        left = int(answer.fields["content-length"])
        # Slower altogether than the limit on progress, but never without progress for that long.
        while left > 0:
            left -= len(connection.body_bytes(min(left, 64 << 10)))
            select.select([], [], [], 0.05)
        assert connection.is_closed()


@pytest.fixture(params=["epoll", "plain"])
def download(start, place, request):
    """A large file, --send-ms of half a second, and a connection that has read some megabytes at full speed."""
    site = place / "site"
    site.mkdir()
    with (site / "large").open("wb") as large:
        large.truncate(1 << 30)
    server = start(site, "--loop", request.param, "--workers", 1, "--send-ms", 500)
    listeners = server.open_sockets()
    with raw.Connection(server.port, receive_buffer=64 << 10) as connection:
        connection.send(raw.request("/large"))
        connection.head()
        for _ in range(64):
            connection.body_bytes(256 << 10)
        yield connection, lambda: server.open_sockets() == listeners


def test_a_client_that_becomes_slow_keeps_its_download(download):
    """The kernel calls a socket writable when a third of its buffer is free: for this reader, after seconds."""
    connection, is_closed = download
    for _ in range(100):
        connection.body_bytes(8 << 10)
        assert not is_closed(), "it takes far more than 1,024 bytes in half a second"
        select.select([], [], [], 0.03)


def test_a_client_that_stops_reading_in_the_middle_is_closed(download):
    _, is_closed = download
    assert wait_until(is_closed)


def test_a_client_that_reads_a_byte_now_and_then_is_closed(download):
    connection, is_closed = download
    assert wait_until(lambda: connection.body_bytes(1) and is_closed())


def left_behind(port):
    """Bytes that the kernel keeps for connections of this port that nobody has open any more (FIN-WAIT-1)."""
    rows = [line.split() for line in Path("/proc/net/tcp6").read_text().splitlines()[1:]]
    rows += [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    closed = [row for row in rows if int(row[1].rpartition(":")[2], 16) == port and row[3] == "04"]
    return sum(int(row[4].partition(":")[0], 16) for row in closed)


def test_a_closed_slow_client_leaves_nothing_in_the_kernel(impatient):
    listeners = impatient.open_sockets()
    stuck = [raw.Connection(impatient.port, receive_buffer=4096) for _ in range(20)]
    try:
        for connection in stuck:
            connection.send(raw.request("/big.bin"))
            connection.head()
        assert wait_until(lambda: impatient.open_sockets() == listeners)
        assert wait_until(lambda: left_behind(impatient.port) == 0), "else the kernel keeps trying for minutes"
    finally:
        for connection in stuck:
            connection.reset()


def test_idle_connections_hold_no_workspace(fixture_server):
    before = fixture_server.resident_bytes()
    silent = [raw.Connection(fixture_server.port) for _ in range(1000)]
    stuck = [raw.Connection(fixture_server.port, receive_buffer=4096) for _ in range(200)]
    try:
        for connection in stuck:
            connection.send(raw.request("/big.bin"))
            connection.head()
        assert fixture_server.resident_bytes() - before < 1200 * KIB, "less than a KiB for each"
    finally:
        for connection in silent + stuck:
            connection.reset()


def test_good_clients_are_served_beside_slow_ones(fixture_server):
    crowd = [raw.Connection(fixture_server.port, receive_buffer=4096) for _ in range(120)]
    try:
        for number, connection in enumerate(crowd):
            if number % 3 == 1:
                connection.send(HEAD)
            elif number % 3 == 2:
                connection.send(raw.request("/big.bin") * 10)
        with raw.Connection(fixture_server.port) as good:
            for _ in range(50):
                assert good.ask("/file.txt").status == 200
        for _ in range(20):
            assert raw.ask(fixture_server.port, "/big.bin").status == 200
    finally:
        for connection in crowd:
            connection.reset()
