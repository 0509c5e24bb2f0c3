# SPDX-License-Identifier: MIT
"""The log: one line for each answer, and no way to harm it or to be harmed by it."""

import re

import pytest

import raw
from server import wait_until

COMMON = re.compile(
    r'127\.0\.0\.1 - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\] "([^"]*)" (\d{3}) (\d+|-)'
)


def entries(server):
    """What the lines say; a line of another form is a fault."""
    matches = [COMMON.fullmatch(line) for line in server.log_lines()]
    assert all(matches), server.log_lines()
    return [match.groups() for match in matches]


def test_one_line_for_each_answer(start, fixture_site):
    server = start(fixture_site)
    with raw.Connection(server.port) as connection:
        for method, path in (("GET", "/file.txt"), ("HEAD", "/file.txt?q"), ("GET", "/nope"), ("POST", "/")):
            connection.ask(path, method)
    assert wait_until(lambda: len(server.log_lines()) == 4)
    said = entries(server)
    assert [(request, status) for request, status, _ in said] == [
        ("GET /file.txt HTTP/1.1", "200"),
        ("HEAD /file.txt?q HTTP/1.1", "200"),
        ("GET /nope HTTP/1.1", "404"),
        ("POST / HTTP/1.1", "405"),
    ]
    assert said[0][2] == "26"


@pytest.mark.parametrize(
    "request_bytes",
    [
        b'GET /" 200 0 HTTP/1.1\r\nHost: a\r\n\r\n',
        b"GET /\x1b[31mred HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /\nforged HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\xff\xfe\x00\r\n\r\n",
        b"GET /caf%e9%0Aforged%22 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        b"GET /" + b"q" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"A" * 100 + b" / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    ],
)
def test_no_request_can_forge_a_line(start, fixture_site, request_bytes):
    server = start(fixture_site)
    raw.exchange(server.port, request_bytes)
    raw.ask(server.port, "/file.txt")
    assert server.out.wait_for(lambda line: "/file.txt" in line)
    assert len(entries(server)) == 2
    assert all(line.isascii() and line.isprintable() for line in server.log_lines())


def test_log_off_writes_nothing(start, fixture_site):
    server = start(fixture_site, "--log", "off")
    for _ in range(3):
        assert raw.ask(server.port, "/file.txt").status == 200
    server.stop()
    assert server.out.wait_for_end() == []


def test_the_log_format_case_study_for_a_directory(start, fixture_site):
    server = start(fixture_site, "--log", "case-study")
    request_bytes = raw.request("/file.txt", connection="close")
    raw.exchange(server.port, request_bytes)
    assert server.out.wait_for(f"Connection received, bytes read: {len(request_bytes)}".__eq__)


def test_a_log_that_nobody_reads_does_not_block_clients(start, fixture_site, loop):
    server = start(fixture_site, "--loop", loop)
    server.out.reading.clear()
    try:
        with raw.Connection(server.port) as connection:
            for _ in range(4000):
                assert connection.ask("/empty.txt").status == 200
    finally:
        server.out.reading.set()

    def said_again():
        # While the backlog is being read, a line may still be dropped.
        raw.ask(server.port, "/file.txt")
        return any("/file.txt" in line for line in server.log_lines())

    assert wait_until(said_again), "the log goes on once it is read again"
    assert server.out.wait_for(lambda line: "dropped" in line) or server.err.wait_for(lambda line: "dropped" in line)


def test_a_log_reader_that_leaves_does_not_stop_the_server(start, fixture_site, loop):
    # head leaves after the first line, so every later one meets a broken pipe.
    server = start(fixture_site, "--loop", loop, before=["bash", "-c", 'exec "$@" > >(head -n 1)', "bash"])
    for _ in range(50):
        assert raw.ask(server.port, "/file.txt").status == 200
