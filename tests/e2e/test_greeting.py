# SPDX-License-Identifier: MIT
"""The face without a directory: the case study's answer to everybody who speaks HTTP."""

import shutil
import subprocess

import pytest

import raw
from server import DEADLINE

GREETING = (
    b"HTTP/1.0 200 OK\r\n"
    b"Content-Type: text/plain\r\n"
    b"Connection: close\r\n"
    b"\r\n"
    b"Hello from assembly!\n"
)

pytestmark = pytest.mark.portable


@pytest.fixture
def server(start, loop):
    return start("--loop", loop)


def test_start_up_line(server):
    assert server.start_line == f"minhttp listening on port {server.port}..."


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n",
        b"GET /any/path?at=all HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n",
        b"DELETE /x HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello",
    ],
)
def test_every_request_gets_the_greeting(server, request_bytes):
    assert raw.exchange(server.port, request_bytes) == GREETING


@pytest.mark.parametrize(
    "other_bytes",
    [
        b"hello?\r\n\r\n",
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n",  # how TLS begins
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_a_malformed_request_gets_400(server, other_bytes):
    answer = raw.exchange(server.port, other_bytes)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"Hello" not in answer


def test_one_log_line_for_each_connection(server):
    requests = [b"GET / HTTP/1.0\r\n\r\n", b"GET /" + b"a" * 500 + b" HTTP/1.0\r\n\r\n"]
    for request_bytes in requests:
        assert raw.exchange(server.port, request_bytes) == GREETING
    expected = [f"Connection received, bytes read: {len(request_bytes)}" for request_bytes in requests]
    assert server.out.wait_for(expected[-1].__eq__)
    assert server.log_lines() == expected


def test_a_request_in_many_pieces_is_logged_once(server):
    request_bytes = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with raw.Connection(server.port) as connection:
        for byte in request_bytes:
            connection.send(bytes([byte]))
        assert connection.rest() == GREETING
    assert server.out.wait_for(f"Connection received, bytes read: {len(request_bytes)}".__eq__)


def test_an_ipv6_client(server):
    assert raw.exchange(server.port, b"GET / HTTP/1.0\r\n\r\n", host="::1") == GREETING


def test_curl_as_in_the_case_study(server):
    result = subprocess.run(
        ["curl", "-sSv", "--noproxy", "*", f"http://127.0.0.1:{server.port}/"],
        capture_output=True, text=True, timeout=DEADLINE, check=True,
    )
    assert result.stdout == "Hello from assembly!\n"
    assert "< Content-Type: text/plain" in result.stderr


def test_nc_as_in_the_case_study(server):
    assert shutil.which("nc"), "netcat-openbsd is missing"
    result = subprocess.run(
        ["nc", "127.0.0.1", str(server.port)],
        # echo -e adds a newline behind the blank line; it must not turn the answer into a reset.
        input=b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n\n",
        capture_output=True, timeout=DEADLINE, check=True,
    )
    assert result.stdout == GREETING
